// The one exported function of libcm4j_cuda: the table that libcm4j asks for.
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/headeronly/version.h>

#include <exception>
#include <string>

#include "cm4j.h"
#include "cuda_plugin.h"
#include "kernels.h"

namespace {

thread_local std::string reason;

int32_t device_count() {
    try {
        const int count = c10::cuda::device_count_ensure_non_zero();
        reason.clear();
        return count;
    } catch (const c10::Error& e) {
        reason = e.what_without_backtrace();
    } catch (const std::exception& e) {
        reason = e.what();
    }
    return 0;
}

const char* last_reason() { return reason.c_str(); }

// Runs one launch on the current stream of a device; the status is CUDA's, the sentence stays in `reason`.
template <class Launch>
int32_t launch(int32_t device, const Launch& run) {
    try {
        const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
        const cudaError_t status = run(c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(device)).stream());
        reason = status == cudaSuccess ? "" : cudaGetErrorString(status);
        return status;
    } catch (const std::exception& e) {
        reason = e.what();
        return cudaErrorUnknown;
    }
}

int32_t noise(int32_t law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw, int64_t per_image,
              float* out, int32_t device) {
    return launch(device, [&](cudaStream_t stream) {
        return cm4j::device::noise(static_cast<cm4j::kernels::NoiseLaw>(law), seed, images, image_count, draw, per_image,
                                 out, stream);
    });
}

int32_t optim_step(const cm4j::kernels::StepScalars* scalars, const cm4j::kernels::StepRange* range,
                   const cm4j::kernels::AverageScalars* averages, int32_t average_count, int32_t device) {
    return launch(device, [&](cudaStream_t stream) {
        return cm4j::device::optim_step(*scalars, *range, averages, average_count, stream);
    });
}

int32_t average(const cm4j::kernels::AverageScalars* scalars, const float* weights, int64_t count, int32_t device) {
    return launch(device,
                  [&](cudaStream_t stream) { return cm4j::device::average(*scalars, weights, count, stream); });
}

const cm4j_cuda_table table = {CM_ABI_VERSION, TORCH_VERSION, device_count, last_reason, noise, optim_step, average};

}  // namespace

extern "C" __attribute__((visibility("default"))) const cm4j_cuda_table* cm4j_cuda_register() { return &table; }
