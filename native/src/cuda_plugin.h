// What the CUDA plug-in hands to the library: one table of functions, asked for by name when it is loaded.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/noise.h"
#include "kernels/optim.h"

extern "C" {

// Exported by the plug-in as `const cm4j_cuda_table* cm4j_cuda_register(void)`. No entry may throw. The last three
// work on the current stream of a device, with vectors on that device, and return 0 or CUDA's error.
struct cm4j_cuda_table {
    int32_t abi;                    // CM_ABI_VERSION it was built with
    const char* torch_version;      // LibTorch it was built with
    int32_t (*device_count)();      // usable devices
    const char* (*last_reason)();   // this thread's sentence after an entry failed, or counted no device
    int32_t (*noise)(int32_t law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw,
                     int64_t per_image, float* out, int32_t device);
    int32_t (*optim_step)(const cm4j::kernels::StepScalars* scalars, const cm4j::kernels::StepRange* range,
                          const cm4j::kernels::AverageScalars* averages, int32_t average_count, int32_t device);
    int32_t (*average)(const cm4j::kernels::AverageScalars* scalars, const float* weights, int64_t count,
                       int32_t device);
};

}  // extern "C"

namespace cm4j {

// Opens the plug-in and LibTorch's CUDA half; throws Unsupported with the reason where that cannot be.
void load_cuda(const char* path);

// Devices usable through the loaded plug-in, 0 without one.
int32_t cuda_device_count() noexcept;

// The table of the loaded plug-in; throws Unsupported without one.
const cm4j_cuda_table& cuda();

// Throws with the plug-in's sentence unless status is 0.
void cuda_check(int32_t status);

}  // namespace cm4j
