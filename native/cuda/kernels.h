// The CUDA kernels: the operations of native/src/device with device pointers, on a stream. Their plain twins are in
// native/src/device/plain_twins.cpp and share the arithmetic of single elements. All but pair_loss take at most 65535
// images at once; more are cudaErrorInvalidConfiguration.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "device/operations.h"
#include "kernels/noise.h"
#include "kernels/optim.h"

namespace cm4j::device {

// out [image_count, per_image] on the device; images lie on the host. The same bits as on the processor.
cudaError_t noise(kernels::NoiseLaw law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw,
                  int64_t per_image, float* out, cudaStream_t stream);
cudaError_t dropout(const operations::Dropout& op, cudaStream_t stream);

// One pass over all elements: optimiser step, moving averages, copies in half precision.
cudaError_t optimise(const operations::Optimise& op, cudaStream_t stream);
cudaError_t average(const kernels::AverageScalars& scalars, const float* weights, int64_t count, cudaStream_t stream);
cudaError_t copy_weights(const operations::CopyWeights& op, cudaStream_t stream);

cudaError_t norm_forward(const operations::NormForward& op, cudaStream_t stream);
cudaError_t norm_backward(const operations::NormBackward& op, cudaStream_t stream);

cudaError_t pair_input(const operations::PairInput& op, cudaStream_t stream);
cudaError_t pair_loss(const operations::PairLoss& op, cudaStream_t stream);
cudaError_t sample_step(const operations::SampleStep& op, cudaStream_t stream);

}  // namespace cm4j::device
