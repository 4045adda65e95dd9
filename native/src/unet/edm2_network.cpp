#include "edm2_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/silu.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "attention.h"
#include "checkpoint.h"
#include "dual.h"

namespace cm4j {

namespace {

constexpr double kEps = 1e-4;
constexpr double kResidual = 0.3;   // share of the residual branch, and of attention
constexpr double kLabel = 0.5;      // share of the label in the embedding
constexpr double kKept = 0.5;       // share of what the encoder kept
constexpr double kLargest = 256;    // of any activation

// x over the root mean square along a dimension.
at::Tensor pixel_norm(const at::Tensor& x, int64_t dim) {
    const at::Tensor norm = at::linalg_vector_norm(x, 2, at::IntArrayRef{dim}, true);
    return x / (norm / std::sqrt(static_cast<double>(x.size(dim))) + kEps);
}

// Euclidean norm of each row of a weight, [out, 1, …].
at::Tensor row_norms(const at::Tensor& weight) {
    std::vector<int64_t> others(static_cast<size_t>(weight.dim() - 1));
    std::iota(others.begin(), others.end(), 1);
    return at::linalg_vector_norm(weight, 2, others, true);
}

double root_of_fan_in(const at::Tensor& weight) {
    return std::sqrt(static_cast<double>(weight.numel() / weight.size(0)));
}

// Equation 81.
at::Tensor mp_silu(const at::Tensor& x) { return at::silu(x) / 0.596; }

// Equation 88.
at::Tensor mp_sum(const at::Tensor& a, const at::Tensor& b, double t) {
    return at::lerp(a, b, t) / std::sqrt((1 - t) * (1 - t) + t * t);
}

// Equation 103.
at::Tensor mp_cat(const at::Tensor& a, const at::Tensor& b, double t) {
    const auto na = static_cast<double>(a.size(1)), nb = static_cast<double>(b.size(1));
    const double c = std::sqrt((na + nb) / ((1 - t) * (1 - t) + t * t));
    return at::cat({a * (c / std::sqrt(na) * (1 - t)), b * (c / std::sqrt(nb) * t)}, 1);
}

std::optional<MpConv> optional(const Leaves& leaves, const std::string& name) {
    if (!leaves.contains(name + ".weight")) return std::nullopt;
    return MpConv(leaves, name);
}

}  // namespace

at::Tensor MpConv::weight(const at::Tensor& gain) const {
    // Normalised and then divided by the root of the fan-in, in one factor a row.
    const at::Tensor scale = (row_norms(weight_) + root_of_fan_in(weight_) * kEps).reciprocal();
    return weight_ * (gain.defined() ? scale * gain : scale);
}

at::Tensor MpConv::forward(const at::Tensor& x, const at::Tensor& gain) const {
    const at::Tensor w = weight(gain);
    if (w.dim() == 2) return at::linear(x, w);
    const int64_t border = w.size(-1) / 2;
    const auto convolve = [&](const at::Tensor& v) { return at::conv2d(v, w, {}, 1, border); };
    if (!has_tangent(x)) return convolve(x);
    const auto [value, tangent] = split(x);
    return join(convolve(value), convolve(tangent));
}

Edm2Block::Edm2Block(const Leaves& leaves, const Edm2BlockPlan& plan, uint32_t stream)
    : plan_(plan),
      stream_(stream),
      emb_gain_(leaves.at(plan.name + ".emb_gain")),
      conv_res0_(leaves, plan.name + ".conv_res0"),
      emb_linear_(leaves, plan.name + ".emb_linear"),
      conv_res1_(leaves, plan.name + ".conv_res1"),
      conv_skip_(optional(leaves, plan.name + ".conv_skip")),
      attn_qkv_(optional(leaves, plan.name + ".attn_qkv")),
      attn_proj_(optional(leaves, plan.name + ".attn_proj")) {}

at::Tensor Edm2Block::attend(const at::Tensor& x) const {
    const int64_t n = x.size(0), channels = x.size(1), tokens = x.size(2) * x.size(3);
    const at::Tensor qkv = attn_qkv_->forward(x).reshape({n, plan_.heads, channels / plan_.heads, 3, tokens});
    const at::Tensor mixed = softmax_attention(pixel_norm(qkv, 2).reshape({n, 3 * channels, tokens}), plan_.heads,
                                               QkvOrder::head_dim_three);
    return attn_proj_->forward(mixed.view(x.sizes()));
}

at::Tensor Edm2Block::forward(const at::Tensor& input, const at::Tensor& emb, const Dropout& dropout) const {
    at::Tensor x = resize(input, plan_.resize);
    if (!plan_.decoder) x = pixel_norm(conv_skip_ ? conv_skip_->forward(x) : x, 1);
    at::Tensor y = conv_res0_.forward(mp_silu(x));
    const at::Tensor scale = emb_linear_.forward(emb, emb_gain_) + 1;  // [N, out]
    y = drop(mp_silu(y * scale.unsqueeze(-1).unsqueeze(-1)), dropout, stream_);
    y = conv_res1_.forward(y);
    if (plan_.decoder && conv_skip_) x = conv_skip_->forward(x);
    x = mp_sum(x, y, kResidual);
    if (plan_.heads > 0) x = mp_sum(x, attend(x), kResidual);
    return at::clamp(x, -kLargest, kLargest);
}

Edm2Network::Edm2Network(const Leaves& leaves, const UNetConfig& config)
    : freqs_(leaves.at("emb_fourier.freqs").detach()),
      phases_(leaves.at("emb_fourier.phases").detach()),
      out_gain_(leaves.at("out_gain")),
      emb_noise_(leaves, "emb_noise"),
      first_(leaves, Edm2Plan(config).first),
      out_conv_(leaves, "out_conv"),
      emb_label_(optional(leaves, "emb_label")),
      first_name_(Edm2Plan(config).first) {
    const Edm2Plan plan(config);
    uint32_t stream = 0;
    for (const auto& block : plan.encoder) encoder_.emplace_back(leaves, block, stream++);
    for (const auto& block : plan.decoder) decoder_.emplace_back(leaves, block, stream++);
}

at::Tensor Edm2Network::embedding(const at::Tensor& t, const std::optional<at::Tensor>& labels) const {
    // Equation 75: frequencies and phases are constants, which nothing trains.
    const at::Tensor features = at::cos(t.unsqueeze(1) * freqs_ + phases_) * std::numbers::sqrt2;
    at::Tensor emb = emb_noise_.forward(features);
    if (labels) {
        // A one-hot row of magnitude 1 times the weights: one of their columns.
        const at::Tensor weight = emb_label_->weight();  // [E, classes]
        const double magnitude = std::sqrt(static_cast<double>(weight.size(1)));
        emb = mp_sum(emb, weight.index_select(1, *labels).t() * magnitude, kLabel);
    }
    return mp_silu(emb);
}

at::Tensor Edm2Network::forward(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                                const Pass& pass) const {
    const at::Tensor emb = embedding(t, labels);
    pass.look("emb_noise", emb);
    const auto run = [&](const Edm2Block& block, const at::Tensor& h) {
        // The copy shares the weights and outlives this network, as the graph may.
        const auto layer = [block, dropout = pass.dropout](const auto& v, const auto& e) {
            return block.forward(v, e, dropout);
        };
        const at::Tensor out = pass.recompute ? checkpoint(layer, h, emb) : layer(h, emb);
        pass.look(block.plan().name, out);
        return out;
    };
    at::Tensor h = first_.forward(at::cat({x, at::ones_like(x.detach().narrow(1, 0, 1))}, 1));
    pass.look(first_name_, h);
    std::vector<at::Tensor> kept = {h};
    for (const Edm2Block& block : encoder_) kept.push_back(h = run(block, h));
    for (const Edm2Block& block : decoder_) {
        if (block.plan().kept > 0) {
            h = mp_cat(h, kept.back(), kKept);
            kept.pop_back();
        }
        h = run(block, h);
    }
    h = out_conv_.forward(h, out_gain_);
    pass.look("out_conv", h);
    return h;
}

void normalise_stored(const ParameterTable& table, const at::Tensor& flat) {
    const at::NoGradGuard no_grad;
    for (const Parameter& parameter : table.parameters) {
        if (!parameter.name.ends_with(".weight")) continue;
        at::Tensor weight = view_of(flat, parameter);
        weight.div_(row_norms(weight) / root_of_fan_in(weight) + kEps);
    }
}

void initialise_edm2(const ParameterTable& table, const at::Tensor& flat, at::Generator generator) {
    const at::NoGradGuard no_grad;
    constexpr double circle = 2 * std::numbers::pi;
    for (const Parameter& parameter : table.parameters) {
        at::Tensor values = view_of(flat, parameter);
        if (parameter.name.ends_with(".weight")) {
            values.normal_(0.0, 1.0, generator);
        } else if (parameter.name.ends_with(".freqs")) {
            values.normal_(0.0, 1.0, generator).mul_(circle);
        } else if (parameter.name.ends_with(".phases")) {
            values.uniform_(0.0, 1.0, generator).mul_(circle);
        } else {
            values.zero_();
        }
    }
}

}  // namespace cm4j
