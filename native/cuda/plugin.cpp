// The one exported function of libcm4j_cuda: the table that libcm4j asks for.
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/headeronly/version.h>

#include <exception>
#include <string>

#include "capture.h"
#include "cm4j.h"
#include "cuda_plugin.h"
#include "kernels.h"

namespace {

namespace device = cm4j::device;

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

// Runs something that may throw; the status is 0 or an error's, the sentence stays in `reason`.
template <class Work>
int32_t attempt(const Work& work) {
    try {
        const cudaError_t status = work();
        reason = status == cudaSuccess ? "" : cudaGetErrorString(status);
        return status;
    } catch (const c10::Error& e) {
        reason = e.what_without_backtrace();
    } catch (const std::exception& e) {
        reason = e.what();
    }
    return cudaErrorUnknown;
}

// One launch on the current stream of a device.
template <class Launch>
int32_t launch(int32_t index, const Launch& run) {
    return attempt([&] {
        const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(index));
        return run(c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(index)).stream());
    });
}

int32_t noise(int32_t law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw, int64_t per_image,
              float* out, int32_t index) {
    return launch(index, [&](cudaStream_t stream) {
        return device::noise(static_cast<cm4j::kernels::NoiseLaw>(law), seed, images, image_count, draw, per_image, out,
                             stream);
    });
}

int32_t average(const cm4j::kernels::AverageScalars* scalars, const float* weights, int64_t count, int32_t index) {
    return launch(index, [&](cudaStream_t stream) { return device::average(*scalars, weights, count, stream); });
}

// The entry of an operation that is one call of a kernel.
template <class Operation, cudaError_t (*kernel)(const Operation&, cudaStream_t)>
int32_t entry(const Operation* op, int32_t index) {
    return launch(index, [&](cudaStream_t stream) { return kernel(*op, stream); });
}

int32_t side_stream(int32_t index, device::Body body, void* context) {
    return attempt([&] {
        device::on_side_stream(index, body, context);
        return cudaSuccess;
    });
}

int32_t capture(int32_t index, device::Body body, void* context, void** graph) {
    return attempt([&] {
        *graph = new device::Graph(index, body, context);
        return cudaSuccess;
    });
}

int32_t replay(void* graph) {
    return attempt([&] {
        static_cast<device::Graph*>(graph)->replay();
        return cudaSuccess;
    });
}

void release(void* graph) {
    attempt([&] {
        delete static_cast<device::Graph*>(graph);
        return cudaSuccess;
    });
}

int32_t synchronise(int32_t index) {
    return launch(index, [](cudaStream_t stream) { return cudaStreamSynchronize(stream); });
}

using namespace cm4j::operations;

const cm4j_cuda_table table = {
    CM_ABI_VERSION,
    static_cast<int32_t>(sizeof(cm4j_cuda_table)),
    TORCH_VERSION,
    device_count,
    last_reason,
    noise,
    average,
    entry<Optimise, device::optimise>,
    entry<CopyWeights, device::copy_weights>,
    entry<NormForward, device::norm_forward>,
    entry<NormBackward, device::norm_backward>,
    entry<Dropout, device::dropout>,
    entry<PairInput, device::pair_input>,
    entry<PairLoss, device::pair_loss>,
    entry<SampleStep, device::sample_step>,
    side_stream,
    capture,
    replay,
    release,
    synchronise,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const cm4j_cuda_table* cm4j_cuda_register() { return &table; }
