// Combinations and distances of batches of images, with gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

namespace cm4j {

// Row n: coefficients[n] x, or coefficients[n] x + coefficients[N + n] y.
at::Tensor combine(const at::Tensor& x, const std::optional<at::Tensor>& y, std::vector<double> coefficients);

enum class DistanceKind { l1, l2, norm, pseudo_huber };

// [N]
at::Tensor distance(DistanceKind kind, double c, const at::Tensor& a, const at::Tensor& b);

}  // namespace cm4j
