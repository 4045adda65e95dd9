#include "attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sum.h>

#include <cmath>

#include "dual.h"

namespace cm4j {

namespace {

// Over the last dimension. LibTorch's own rule for tangents overwrites what a backward pass would read.
at::Tensor softmax(const at::Tensor& scores) {
    if (!has_tangent(scores)) return at::softmax(scores, -1);
    if (at::GradMode::is_enabled()) {
        const at::Tensor powers = at::exp(scores - scores.detach().amax(-1, true));
        return powers / powers.sum(-1, true);
    }
    const auto [value, tangent] = split(scores);
    const at::Tensor shares = at::softmax(value, -1);
    // Its Jacobian is symmetric: it serves tangents as it serves gradients.
    return join(shares, at::_softmax_backward_data(tangent, shares, -1, shares.scalar_type()));
}

}  // namespace

at::Tensor softmax_attention(const at::Tensor& qkv, int64_t heads, QkvOrder order) {
    const int64_t n = qkv.size(0);
    const int64_t d = qkv.size(1) / (3 * heads);
    const int64_t t = qkv.size(2);
    at::Tensor split;  // [N, 3, heads, d, T]
    switch (order) {
        case QkvOrder::three_head: split = qkv.reshape({n, 3, heads, d, t}); break;
        case QkvOrder::head_three: split = qkv.reshape({n, heads, 3, d, t}).transpose(1, 2); break;
        case QkvOrder::head_dim_three: split = qkv.reshape({n, heads, d, 3, t}).permute({0, 3, 1, 2, 4}); break;
    }
    const auto part = [&](int64_t i) { return split.select(1, i).reshape({n * heads, d, t}); };
    // Both factors carry the fourth root: the products stay small before the softmax.
    const double scale = 1.0 / std::sqrt(std::sqrt(static_cast<double>(d)));
    const at::Tensor q = part(0).mul(scale).transpose(1, 2);  // [N heads, T, d]
    const at::Tensor k = part(1).mul(scale);
    const at::Tensor weights = softmax(at::bmm(q, k));  // [N heads, T, T]
    return at::bmm(part(2), weights.transpose(1, 2)).reshape({n, heads * d, t});
}

AttentionBlock::AttentionBlock(const Leaves& leaves, const LayerPlan& plan, QkvOrder order)
    : norm_(leaves.affine(plan.name + ".norm")),
      qkv_(leaves.affine(plan.name + ".qkv")),
      proj_out_(leaves.affine(plan.name + ".proj_out")),
      heads_(plan.heads),
      order_(order) {}

at::Tensor AttentionBlock::forward(const at::Tensor& x) const {
    const auto sizes = x.sizes();  // [N, C, H, W]
    const at::Tensor qkv = qkv_.convolve(norm_.normalise(x));
    const at::Tensor mixed = softmax_attention(qkv.flatten(2), heads_, order_).view(sizes);
    return x + proj_out_.convolve(mixed);
}

}  // namespace cm4j
