#include "kernels.h"

namespace cm4j::device {
namespace {

constexpr int kThreads = 256;
constexpr int kMaxBlocks = 4096;

struct Averages {
    kernels::AverageScalars of[kMaxAverages];
    int32_t count;
};

template <bool rectified>
__global__ void step(kernels::StepScalars s, kernels::StepRange r, Averages averages) {
    const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < r.count; i += stride) {
        float p = r.weights[i];
        const float g = s.gradient_scale * r.gradients[i] + s.decay * p;
        const float m = r.exp_avg[i] + s.one_minus_beta1 * (g - r.exp_avg[i]);
        const float v = s.beta2 * r.exp_avg_sq[i] + s.one_minus_beta2 * g * g;
        const float direction = rectified ? m / (s.root_scale * sqrtf(v) + s.eps) : m;
        p = s.keep * p - s.rate * direction;
        r.exp_avg[i] = m;
        r.exp_avg_sq[i] = v;
        r.weights[i] = p;
        for (int k = 0; k < averages.count; ++k) {
            const kernels::AverageScalars a = averages.of[k];
            a.average[i] = a.rate * a.average[i] + a.complement * p;
        }
    }
}

__global__ void average_elements(kernels::AverageScalars a, const float* weights, int64_t count) {
    const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count; i += stride)
        a.average[i] = a.rate * a.average[i] + a.complement * weights[i];
}

unsigned blocks(int64_t count) {
    const int64_t needed = (count + kThreads - 1) / kThreads;
    return static_cast<unsigned>(needed < kMaxBlocks ? needed : kMaxBlocks);
}

}  // namespace

cudaError_t optim_step(const kernels::StepScalars& scalars, const kernels::StepRange& range,
                       const kernels::AverageScalars* averages, int32_t average_count, cudaStream_t stream) {
    if (average_count > kMaxAverages) return cudaErrorInvalidValue;
    if (range.count == 0) return cudaSuccess;
    Averages all{};
    all.count = average_count;
    for (int32_t k = 0; k < average_count; ++k) all.of[k] = averages[k];
    if (scalars.rectified)
        step<true><<<blocks(range.count), kThreads, 0, stream>>>(scalars, range, all);
    else
        step<false><<<blocks(range.count), kThreads, 0, stream>>>(scalars, range, all);
    return cudaGetLastError();
}

cudaError_t average(const kernels::AverageScalars& scalars, const float* weights, int64_t count, cudaStream_t stream) {
    if (count == 0) return cudaSuccess;
    average_elements<<<blocks(count), kThreads, 0, stream>>>(scalars, weights, count);
    return cudaGetLastError();
}

}  // namespace cm4j::device
