// The CUDA twins of native/src/kernels: same arithmetic, device pointers, the current stream of a device.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/noise.h"
#include "kernels/optim.h"

namespace cm4j::device {

// out [image_count, per_image] on the device; images lie on the host. Equal to the CPU's values up to the rounding of
// the device's square root and multiply-adds.
cudaError_t noise(kernels::NoiseLaw law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw,
                  int64_t per_image, float* out, cudaStream_t stream);

constexpr int32_t kMaxAverages = 8;

// One pass over all elements: optimiser step, then up to kMaxAverages moving averages.
cudaError_t optim_step(const kernels::StepScalars& scalars, const kernels::StepRange& range,
                       const kernels::AverageScalars* averages, int32_t average_count, cudaStream_t stream);
cudaError_t average(const kernels::AverageScalars& scalars, const float* weights, int64_t count, cudaStream_t stream);

}  // namespace cm4j::device
