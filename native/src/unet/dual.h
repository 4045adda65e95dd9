// Tensors that carry a tangent, inside UNet::jvp.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/_make_dual.h>
#include <ATen/ops/_unpack_dual.h>
#include <ATen/ops/zeros_like.h>

#include <utility>

namespace cm4j {

// A value and its derivative along a direction.
struct Dual {
    at::Tensor value, tangent;
};

// LibTorch has one level of tangents for the whole process.
constexpr int64_t kTangentLevel = 0;

inline bool has_tangent(const at::Tensor& x) { return x._fw_grad(kTangentLevel).defined(); }

inline at::Tensor join(const at::Tensor& value, const at::Tensor& tangent) {
    return at::_make_dual(value, tangent, kTangentLevel);
}

inline Dual split(const at::Tensor& x) {
    auto [value, tangent] = at::_unpack_dual(x, kTangentLevel);
    if (!tangent.defined() || tangent._is_zerotensor()) tangent = at::zeros_like(value);
    return {std::move(value), std::move(tangent)};
}

}  // namespace cm4j
