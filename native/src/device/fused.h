// The fused operations on tensors: kernels of the CUDA plug-in for tensors on a device, their plain twins on the
// processor. Images are channels-last.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "operations.h"

namespace cm4j::fused {

operations::Element element_of(at::ScalarType type);
// Images in the layout of the operations: channels-last without gaps.
at::Tensor channels_last(const at::Tensor& x);
operations::PairShape shape_of(const at::Tensor& x);

// act(norm(x) (1 + scale) + shift): x [N, C, H, W]; weight, bias [C] f32; modulation [N, 2 C] (scale, then shift) in
// the type of x. Gradients flow to all of them.
at::Tensor norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                const std::optional<at::Tensor>& modulation, bool silu);

// x times the dropout mask that the plain path draws; seed [2] i64 on the device of x: the seed and the
// place of the first image in its batch.
at::Tensor dropout(const at::Tensor& x, const at::Tensor& seed, uint32_t stream, double probability);

// The operations themselves.
void run(const operations::PairInput& op, at::Device device);
void run(const operations::PairLoss& op, at::Device device);
void run(const operations::SampleStep& op, at::Device device);
void run(const operations::Optimise& op, at::Device device);
void run(const operations::CopyWeights& op, at::Device device);

}  // namespace cm4j::fused
