#include "attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sum.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "dual.h"

namespace cm4j {

namespace {

// Over the last dimension. LibTorch's own rule for tangents overwrites what a backward pass would read.
at::Tensor softmax(const at::Tensor& scores) {
    if (!has_tangent(scores)) return at::softmax(scores, -1);
    const at::Tensor powers = at::exp(scores - scores.detach().amax(-1, true));
    return powers / powers.sum(-1, true);
}

struct Heads {
    at::Tensor q;     // [N heads, T, d]
    at::Tensor k, v;  // [N heads, d, T]
};

Heads take_apart(const at::Tensor& qkv, int64_t heads, QkvOrder order) {
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
    return {part(0).mul(scale).transpose(1, 2), part(1).mul(scale), part(2)};
}

// W = softmax(q k), v Wᵀ and, where there is a direction, their tangents. A few heads at a time: the matrices [T, T]
// then stay in the processor's cache, while whole they would be most of what a pass of a small network costs.
Dual attend(const Heads& at, const std::optional<Heads>& direction) {
    const int64_t all = at.v.size(0), t = at.v.size(2);
    const int64_t some = heads_at_once(t, all);
    const auto matrices = [&] { return at::empty({some, t, t}, at.v.options()); };
    Dual out{at::empty_like(at.v), {}};
    at::Tensor scores = matrices(), shares = matrices(), moved, flow;
    if (direction) {
        out.tangent = at::empty_like(at.v);
        moved = matrices();
        flow = matrices();
    }
    for (int64_t i = 0; i < all; i += some) {
        const int64_t count = std::min(some, all - i);
        const auto these = [&](const at::Tensor& x) { return x.narrow(0, i, count); };
        const auto room = [&](const at::Tensor& x) { return x.narrow(0, 0, count); };
        at::Tensor s = room(scores), w = room(shares), y = these(out.value);
        at::bmm_out(s, these(at.q), these(at.k));
        at::_softmax_out(w, s, -1, false);
        at::bmm_out(y, these(at.v), w.transpose(1, 2));
        if (!direction) continue;
        const Heads& along = *direction;
        at::Tensor ds = room(moved), dw = room(flow), dy = these(out.tangent);
        at::bmm_out(ds, these(along.q), these(at.k)).baddbmm_(these(at.q), these(along.k));
        // The Jacobian of softmax is symmetric: it serves tangents as it serves gradients.
        at::_softmax_backward_data_out(dw, ds, w, -1, at.v.scalar_type());
        at::bmm_out(dy, these(along.v), w.transpose(1, 2)).baddbmm_(these(at.v), dw.transpose(1, 2));
    }
    return out;
}

}  // namespace

int64_t heads_at_once(int64_t tokens, int64_t heads) {
    constexpr int64_t side = 256;  // of a matrix of 256 KiB
    if (tokens >= side) return 1;
    return std::clamp<int64_t>(side * side / (tokens * tokens), 1, heads);
}

at::Tensor softmax_attention(const at::Tensor& qkv, int64_t heads, QkvOrder order) {
    const auto sizes = {qkv.size(0), qkv.size(1) / 3, qkv.size(2)};
    if (!at::GradMode::is_enabled() && qkv.is_cpu()) {
        if (!has_tangent(qkv)) return attend(take_apart(qkv, heads, order), {}).value.reshape(sizes);
        const auto [value, tangent] = split(qkv);
        const Dual mixed = attend(take_apart(value, heads, order), take_apart(tangent, heads, order));
        return join(mixed.value.reshape(sizes), mixed.tangent.reshape(sizes));
    }
    const auto [q, k, v] = take_apart(qkv, heads, order);
    const at::Tensor weights = softmax(at::bmm(q, k));  // [N heads, T, T]
    return at::bmm(v, weights.transpose(1, 2)).reshape(sizes);
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
