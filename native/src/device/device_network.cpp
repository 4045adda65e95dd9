#include "device_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/pixel_shuffle.h>
#include <ATen/ops/pixel_unshuffle.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../unet/blocks.h"
#include "../unet/checkpoint.h"
#include "../unet/unet.h"
#include "fused.h"

namespace cm4j {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The copied weight as a child of the float32 one: its gradient is added to the flat gradients as it arrives.
struct Copied : torch::autograd::Function<Copied> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& leaf, const at::Tensor& half,
                              const at::Tensor& gradient) {
        static_cast<void>(leaf);
        context->saved_data["gradient"] = gradient;
        return half.detach();
    }
    static variable_list backward(AutogradContext* context, const variable_list& upstream) {
        if (upstream[0].defined()) {
            at::Tensor gradient = context->saved_data["gradient"].toTensor();
            gradient.add_(upstream[0]);
        }
        return {at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

// [N, C, H, W] channels-last -> its pixels as rows [N, H W, C]; a view.
at::Tensor rows(const at::Tensor& x) {
    return x.permute({0, 2, 3, 1}).reshape({x.size(0), x.size(2) * x.size(3), x.size(1)});
}

}  // namespace

DeviceNetwork::DeviceNetwork(const UNetConfig& config, std::shared_ptr<const ParameterTable> table,
                             const Leaves& leaves, const at::Tensor& weights, at::ScalarType type)
    : config_(config), table_(std::move(table)), copy_(WeightCopy::create(*table_, weights, type)) {
    for (const Parameter& p : table_->parameters) leaves_.push_back(leaves.at(p.name));
    const Architecture architecture(config_);
    uint32_t stream = 0;
    for (const auto& plan : architecture.input) input_.push_back(block(plan, stream));
    middle_ = block(architecture.middle, stream);
    for (const auto& plan : architecture.output) output_.push_back(block(plan, stream));
    time_in_ = pair("time_embed.0");
    time_out_ = pair("time_embed.2");
    head_norm_ = pair("out.0");
    head_conv_ = pair("out.2");
    if (config_.num_classes > 0) labels_ = static_cast<size_t>(table_->index.at("label_emb.weight"));
}

DeviceNetwork::Pair DeviceNetwork::pair(const std::string& name) const {
    return {static_cast<size_t>(table_->index.at(name + ".weight")), static_cast<size_t>(table_->index.at(name + ".bias"))};
}

DeviceNetwork::Block DeviceNetwork::block(const BlockPlan& plan, uint32_t& stream) const {
    using Kind = LayerPlan::Kind;
    Block layers;
    for (const LayerPlan& p : plan) {
        Layer l{};
        l.plan = p;
        switch (p.kind) {
            case Kind::conv: l.convolution = pair(p.name); break;
            case Kind::resblock:
                l.norm_in = pair(p.name + ".in_layers.0");
                l.conv_in = pair(p.name + ".in_layers.2");
                l.emb = pair(p.name + ".emb_layers.1");
                l.norm_out = pair(p.name + ".out_layers.0");
                l.conv_out = pair(p.name + ".out_layers.3");
                if (p.in != p.out) l.skip = pair(p.name + ".skip_connection");
                l.stream = stream++;
                break;
            case Kind::attention:
                l.norm_in = pair(p.name + ".norm");
                l.conv_in = pair(p.name + ".qkv");
                l.conv_out = pair(p.name + ".proj_out");
                break;
            case Kind::resample:
                if (p.convolution) l.convolution = pair(p.name + (p.resize == Resize::down ? ".op" : ".conv"));
                break;
        }
        layers.push_back(std::move(l));
    }
    return layers;
}

at::Tensor DeviceNetwork::half(size_t i, const Pass& pass) const {
    if (!at::GradMode::is_enabled()) return copy_->at(i);
    return Copied::apply(leaves_[i], copy_->at(i), view_of(pass.gradients, table_->parameters[i]));
}

at::Tensor DeviceNetwork::norm(const Pair& p, const at::Tensor& x, const std::optional<at::Tensor>& modulation,
                               bool silu) const {
    return fused::norm(x, leaf(p.weight), leaf(p.bias), modulation, silu);
}

at::Tensor DeviceNetwork::conv(const Pair& p, const at::Tensor& x, int64_t stride, int64_t padding,
                               const Pass& pass) const {
    return at::conv2d(x, half(p.weight, pass), half(p.bias, pass), stride, padding);
}

at::Tensor DeviceNetwork::embedding(const at::Tensor& t, const std::optional<at::Tensor>& labels) const {
    const at::Tensor features = timestep_embedding(t, config_.model_channels);
    const at::Tensor hidden = at::silu(at::linear(features, leaf(time_in_.weight), leaf(time_in_.bias)));
    at::Tensor emb = at::linear(hidden, leaf(time_out_.weight), leaf(time_out_.bias));  // [N, 4 M]
    if (labels) {
        // A product with one-hot rows: exact, and its backward pass adds in a fixed order without waiting for the host.
        const at::Tensor classes = at::arange(config_.num_classes, labels->options());
        const at::Tensor chosen = labels->unsqueeze(1).eq(classes.unsqueeze(0)).to(at::kFloat);  // [N, classes]
        emb = emb + chosen.matmul(leaf(*labels_));
    }
    return at::silu(emb).to(type());
}

at::Tensor DeviceNetwork::resblock(const Layer& l, const at::Tensor& x, const at::Tensor& emb, const Pass& pass) const {
    at::Tensor h = conv(l.conv_in, resize(norm(l.norm_in, x, std::nullopt, true), l.plan.resize), 1, 1, pass);
    const at::Tensor time = at::linear(emb, half(l.emb.weight, pass), half(l.emb.bias, pass));
    if (config_.use_scale_shift_norm)
        h = norm(l.norm_out, h, time, true);  // [N, 2 C]: scale, shift
    else
        h = norm(l.norm_out, h + time.unsqueeze(-1).unsqueeze(-1), std::nullopt, true);
    if (pass.dropout > 0) h = fused::dropout(h, pass.seed, l.stream, pass.dropout);
    h = conv(l.conv_out, h, 1, 1, pass);
    const at::Tensor shortcut = resize(x, l.plan.resize);
    return (l.skip ? conv(*l.skip, shortcut, 1, 0, pass) : shortcut) + h;
}

at::Tensor DeviceNetwork::attention(const Layer& l, const at::Tensor& x, const Pass& pass) const {
    const int64_t n = x.size(0), c = x.size(1), t = x.size(2) * x.size(3), heads = l.plan.heads, d = c / heads;
    const auto matrix = [&](size_t i) {
        const at::Tensor weight = half(i, pass);
        return weight.reshape({weight.size(0), weight.size(1)});
    };
    const at::Tensor qkv =
        at::linear(rows(norm(l.norm_in, x, std::nullopt, false)), matrix(l.conv_in.weight), half(l.conv_in.bias, pass));
    at::Tensor split;  // [N, T, 3, heads, d]
    switch (config_.qkv_order) {
        case QkvOrder::three_head: split = qkv.view({n, t, 3, heads, d}); break;
        case QkvOrder::head_three: split = qkv.view({n, t, heads, 3, d}).transpose(2, 3); break;
        case QkvOrder::head_dim_three: split = qkv.view({n, t, heads, d, 3}).permute({0, 1, 4, 2, 3}).contiguous(); break;
    }
    const auto part = [&](int64_t i) { return split.select(2, i).transpose(1, 2); };  // [N, heads, T, d]
    const at::Tensor mixed =
        at::scaled_dot_product_attention(part(0), part(1), part(2)).transpose(1, 2).reshape({n, t, c});
    const at::Tensor out = at::linear(mixed, matrix(l.conv_out.weight), half(l.conv_out.bias, pass));
    return x + out.view({n, x.size(2), x.size(3), c}).permute({0, 3, 1, 2});
}

at::Tensor DeviceNetwork::layer(const Layer& l, const at::Tensor& x, const at::Tensor& emb, const Pass& pass) const {
    using Kind = LayerPlan::Kind;
    switch (l.plan.kind) {
        case Kind::conv: return conv(l.convolution, x, 1, 1, pass);
        case Kind::resblock: return resblock(l, x, emb, pass);
        case Kind::attention: return attention(l, x, pass);
        case Kind::resample: break;
    }
    if (!l.plan.convolution) return resize(x, l.plan.resize);
    return l.plan.resize == Resize::down ? conv(l.convolution, x, 2, 1, pass)
                                         : conv(l.convolution, resize(x, Resize::up), 1, 1, pass);
}

at::Tensor DeviceNetwork::run(const Block& layers, at::Tensor h, const at::Tensor& emb, const Pass& pass) const {
    for (const Layer& l : layers) {
        const bool whole = l.plan.kind == LayerPlan::Kind::resblock || l.plan.kind == LayerPlan::Kind::attention;
        if (pass.checkpoint && whole && at::GradMode::is_enabled())
            h = checkpoint([self = shared_from_this(), &l, pass](const auto& x, const auto& e) {
                return self->layer(l, x, e, pass);
            }, h, emb);
        else
            h = layer(l, h, emb, pass);
    }
    return h;
}

at::Tensor DeviceNetwork::forward(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                                  const Pass& pass) const {
    const at::Tensor emb = embedding(t, labels);
    const auto last = at::MemoryFormat::ChannelsLast;
    at::Tensor h = config_.patch > 1 ? at::pixel_unshuffle(x, config_.patch).contiguous(last) : x;
    std::vector<at::Tensor> kept;
    for (const Block& b : input_) kept.push_back(h = run(b, h, emb, pass));
    h = run(middle_, h, emb, pass);
    for (const Block& b : output_) {
        h = run(b, at::cat({h, kept.back()}, 1), emb, pass);
        kept.pop_back();
    }
    h = conv(head_conv_, norm(head_norm_, h, std::nullopt, true), 1, 1, pass);
    return (config_.patch > 1 ? at::pixel_shuffle(h, config_.patch) : h).contiguous(last);
}

}  // namespace cm4j
