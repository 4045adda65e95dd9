// Recomputation: a layer whose activations are dropped after the forward pass and made again in the backward pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace cm4j {

using TwoInputs = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& emb)>;

// layer(x, emb), keeping only x and emb for the backward pass. The layer must give the same result each time and must
// stay callable until then.
at::Tensor checkpoint(TwoInputs layer, const at::Tensor& x, const at::Tensor& emb);

}  // namespace cm4j
