// What the CUDA plug-in hands to the library: one table of functions, asked for by name when it is loaded.
#pragma once

#include <cstdint>
#include <string>

#include "device/operations.h"
#include "kernels/noise.h"
#include "kernels/optim.h"

extern "C" {

// Exported by the plug-in as `const cm4j_cuda_table* cm4j_cuda_register(void)`. No entry may throw. What returns a
// status gives 0 or an error, works on the current stream of a device and takes pointers to that device's memory.
struct cm4j_cuda_table {
    int32_t abi;                    // CM_ABI_VERSION it was built with
    int32_t bytes;                  // size of this table
    const char* torch_version;      // LibTorch it was built with
    int32_t (*device_count)();      // usable devices
    const char* (*last_reason)();   // this thread's sentence after an entry failed, or counted no device
    int32_t (*noise)(int32_t law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw,
                     int64_t per_image, float* out, int32_t device);
    int32_t (*average)(const cm4j::kernels::AverageScalars* scalars, const float* weights, int64_t count,
                       int32_t device);
    int32_t (*optimise)(const cm4j::operations::Optimise* op, int32_t device);
    int32_t (*copy_weights)(const cm4j::operations::CopyWeights* op, int32_t device);
    int32_t (*norm_forward)(const cm4j::operations::NormForward* op, int32_t device);
    int32_t (*norm_backward)(const cm4j::operations::NormBackward* op, int32_t device);
    int32_t (*dropout)(const cm4j::operations::Dropout* op, int32_t device);
    int32_t (*pair_input)(const cm4j::operations::PairInput* op, int32_t device);
    int32_t (*pair_loss)(const cm4j::operations::PairLoss* op, int32_t device);
    int32_t (*sample_step)(const cm4j::operations::SampleStep* op, int32_t device);
    // Graphs: a body, which must not throw, on a stream of its own; the same recorded; launched; freed.
    int32_t (*side_stream)(int32_t device, void (*body)(void*), void* context);
    int32_t (*capture)(int32_t device, void (*body)(void*), void* context, void** graph);
    int32_t (*replay)(void* graph);
    void (*release)(void* graph);
    int32_t (*synchronise)(int32_t device);
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
