#include "song_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tensor.h>

#include <array>
#include <cmath>

#include "attention.h"
#include "checkpoint.h"
#include "dual.h"

namespace cm4j {

namespace {

constexpr double kEps = 1e-6;
const double kHalf = std::sqrt(0.5);  // a sum of two of equal size keeps it
constexpr double kTau = 6.283185307179586;

at::Tensor conv3(const at::Tensor& x, const Affine& conv) { return conv.convolve(x, 1, 1); }

at::Tensor active(const at::Tensor& x, const Affine& norm) {
    return at::silu(norm.normalise(x, song_groups(norm.weight.numel()), kEps));
}

// A linear map of a tensor, and of its tangent where it carries one.
template <typename Map>
at::Tensor mapped(const at::Tensor& x, const Map& map) {
    if (!has_tangent(x)) return map(x);
    const auto [value, tangent] = split(x);
    return join(map(value), map(tangent));
}

// [1, 3, 3, 1] / 8 in both directions, on the device of the weights.
at::Tensor wide_filter(const at::Tensor& weights) {
    const at::Tensor row = at::tensor({0.125F, 0.375F, 0.375F, 0.125F});
    return at::outer(row, row).to(weights.device());
}

at::Tensor per_channel(const at::Tensor& filter, const at::Tensor& x) {
    return filter.expand({x.size(1), 1, filter.size(0), filter.size(1)}).contiguous();
}

at::Tensor halved(const at::Tensor& x, const at::Tensor& filter, int64_t border) {
    const std::array<int64_t, 2> stride{2, 2}, padding{border, border}, dilation{1, 1};
    return at::conv2d(x, per_channel(filter, x), {}, stride, padding, dilation, x.size(1));
}

}  // namespace

at::Tensor SongResampler::operator()(const at::Tensor& x, Resize direction) const {
    if (!filter_.defined() || direction == Resize::none) return resize(x, direction);
    const int64_t channels = x.size(1);
    return mapped(x, [&](const at::Tensor& v) {
        if (direction == Resize::down) return halved(v, filter_, 1);
        return at::conv_transpose2d(v, per_channel(filter_.mul(4), v), {}, 2, 1, 0, channels);
    });
}

at::Tensor SongResampler::halve_bordered(const at::Tensor& x) const {
    return mapped(x, [&](const at::Tensor& v) { return halved(v, filter_, 0); });
}

SongResBlock::SongResBlock(const Leaves& leaves, const SongBlock& plan, SongResampler resample, uint32_t stream)
    : norm0_(leaves.affine(plan.name + ".norm0")),
      conv0_(leaves.affine(plan.name + ".conv0")),
      affine_(leaves.affine(plan.name + ".affine")),
      norm1_(leaves.affine(plan.name + ".norm1")),
      conv1_(leaves.affine(plan.name + ".conv1")),
      resample_(std::move(resample)),
      resize_(plan.resize),
      stream_(stream) {
    if (leaves.contains(plan.name + ".skip.weight")) skip_ = leaves.affine(plan.name + ".skip");
    if (!plan.attention) return;
    norm2_ = leaves.affine(plan.name + ".norm2");
    qkv_ = leaves.affine(plan.name + ".qkv");
    proj_ = leaves.affine(plan.name + ".proj");
}

at::Tensor SongResBlock::forward(const at::Tensor& x, const at::Tensor& emb, const Dropout& dropout) const {
    at::Tensor h = conv3(resample_(active(x, norm0_), resize_), conv0_);
    h = active(h + at::linear(emb, affine_.weight, affine_.bias).unsqueeze(-1).unsqueeze(-1), norm1_);
    h = conv3(drop(h, dropout, stream_), conv1_);
    h = (h + (skip_ ? skip_->convolve(resample_(x, resize_)) : x)) * kHalf;
    return norm2_ ? attend(h) : h;
}

at::Tensor SongResBlock::attend(const at::Tensor& x) const {
    const at::Tensor normal = norm2_->normalise(x, song_groups(x.size(1)), kEps);
    const at::Tensor rows = qkv_->convolve(normal).flatten(2);  // [N, 3 C, H W]
    const at::Tensor mixed = softmax_attention(rows, 1, QkvOrder::head_dim_three).view(x.sizes());
    return (proj_->convolve(mixed) + x) * kHalf;
}

SongNetwork::SongNetwork(const Leaves& leaves, const UNetConfig& config) : classes_(config.num_classes) {
    const SongArchitecture architecture(config);
    noise_channels_ = architecture.noise_channels;
    first_name_ = architecture.first;
    last_name_ = architecture.last + "_conv";
    first_ = leaves.affine(first_name_);
    norm_ = leaves.affine(architecture.last + "_norm");
    last_ = leaves.affine(last_name_);
    layer0_ = leaves.affine("map_layer0");
    layer1_ = leaves.affine("map_layer1");
    if (classes_ > 0) label_ = leaves.affine("map_label");
    if (config.kind == NetworkKind::ncsnpp) {
        resample_ = SongResampler(wide_filter(first_.weight));
        frequencies_ = leaves.at("map_noise.freqs").detach();
    }
    uint32_t stream = 0;
    for (const SongBlock& plan : architecture.encoder) encoder_.push_back(step(leaves, plan, stream++));
    for (const SongBlock& plan : architecture.decoder) decoder_.push_back(step(leaves, plan, stream++));
}

SongNetwork::Step SongNetwork::step(const Leaves& leaves, const SongBlock& plan, uint32_t stream) const {
    Step step{plan, SongResBlock(leaves, plan, resample_, stream), {}};
    if (!plan.pyramid.empty()) step.pyramid = leaves.affine(plan.pyramid);
    return step;
}

at::Tensor SongNetwork::embedding(const at::Tensor& t, const std::optional<at::Tensor>& labels) const {
    at::Tensor frequencies;
    if (frequencies_.defined()) {
        frequencies = frequencies_.mul(kTau);
    } else {
        // From 1 down to 1/10000, that end included.
        const int64_t half = noise_channels_ / 2;
        const at::Tensor steps = at::arange(0, half, t.options().requires_grad(false));
        frequencies = at::pow(1.0 / 10000, steps.div(static_cast<double>(half - 1)));
    }
    const at::Tensor angles = t.unsqueeze(1) * frequencies.unsqueeze(0);
    at::Tensor e = at::cat({angles.sin(), angles.cos()}, 1);
    // The label is a one-hot vector of length sqrt(n).
    if (labels)
        e = e + label_->weight.index_select(1, *labels).t() * std::sqrt(static_cast<double>(classes_)) + label_->bias;
    e = at::silu(at::linear(e, layer0_.weight, layer0_.bias));
    return at::silu(at::linear(e, layer1_.weight, layer1_.bias));  // [N, 4 M]
}

at::Tensor SongNetwork::forward(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                                const Dropout& dropout, bool recompute, const Look& look) const {
    const at::Tensor emb = embedding(t, labels);
    look("map_layer1", emb);
    const auto run = [&](const Step& step, const at::Tensor& h) {
        // The copy shares the weights and outlives this network, as the graph may.
        const SongResBlock& block = step.block;
        const at::Tensor out =
            recompute ? checkpoint([block, dropout](const auto& v, const auto& e) { return block.forward(v, e, dropout); },
                                   h, emb)
                      : block.forward(h, emb, dropout);
        look(step.plan.name, out);
        return out;
    };
    at::Tensor h = conv3(x, first_);
    look(first_name_, h);
    std::vector<at::Tensor> kept{h};
    at::Tensor picture = x;
    for (const Step& step : encoder_) {
        h = run(step, h);
        if (step.pyramid) {
            // The filter sums to 1: bias in front of it or behind it is the same.
            h = (h + resample_.halve_bordered(step.pyramid->convolve(picture, 1, 2))) * kHalf;
            look(step.plan.pyramid, h);
            picture = h;
        }
        kept.push_back(h);
    }
    for (const Step& step : decoder_) {
        if (step.plan.joins) {
            h = at::cat({h, kept.back()}, 1);
            kept.pop_back();
        }
        h = run(step, h);
    }
    h = conv3(active(h, norm_), last_);
    look(last_name_, h);
    return h;
}

// Source: NVlabs/edm, training/networks.py, weight_init and the arguments SongUNet gives it; the same order of
// operations, so that equal seeds give equal bits.
void initialise_song(const ParameterTable& table, const at::Tensor& flat, at::Generator generator) {
    const at::NoGradGuard no_grad;
    bool norm = false;  // whether the weight that came last was that of a group norm, which draws nothing
    for (const Parameter& parameter : table.parameters) {
        at::Tensor values = view_of(flat, parameter);
        const bool bias = parameter.name.ends_with(".bias");
        if (parameter.name == "map_noise.freqs") {
            values.normal_(0.0, 1.0, generator).mul_(16);
            continue;
        }
        if (!bias) norm = parameter.shape.size() == 1;
        if (norm) {
            values.fill_(bias ? 0.0 : 1.0);
            continue;
        }
        values.uniform_(0.0, 1.0, generator);
        if (bias) {
            values.zero_();  // after its draw
            continue;
        }
        const double fan_in = static_cast<double>(parameter.count / parameter.shape[0]);
        const double fan_out = static_cast<double>(parameter.count / parameter.shape[1]);
        values.mul_(2).sub_(1).mul_(std::sqrt(6 / (fan_in + fan_out)));
        const std::string& name = parameter.name;
        if (name.ends_with(".qkv.weight")) values.mul_(std::sqrt(0.2));
        if (name.ends_with(".conv1.weight") || name.ends_with(".proj.weight") || name.ends_with("_aux_conv.weight"))
            values.mul_(1e-5);
    }
}

}  // namespace cm4j
