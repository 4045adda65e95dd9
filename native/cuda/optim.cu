#include "element_types.cuh"

namespace cm4j::device {
namespace {

using operations::Copy;
using operations::Element;

constexpr int kThreads = 256;
constexpr int kMaxBlocks = 4096;

__device__ __forceinline__ void store_copy(const Copy& copy, int64_t i, float value) {
    switch (copy.type) {
        case Element::f32: static_cast<float*>(copy.half)[i] = value; break;
        case Element::f16: static_cast<__half*>(copy.half)[i] = __float2half_rn(value); break;
        case Element::bf16: static_cast<__nv_bfloat16*>(copy.half)[i] = __float2bfloat16_rn(value); break;
    }
}

// Each thread takes four elements at a time, which never straddle two parameters: those begin at multiples of 16.
constexpr int kRun = 4;

__global__ void optimise_elements(operations::Optimise op, bool copies) {
    const float factor = elements::gradient_factor(op.scalars, op.norm == nullptr ? 0.0F : *op.norm,
                                                   op.loss == nullptr ? 0.0F : *op.loss);
    if (!elements::finite(factor)) return;
    const float* rates = op.scalars + elements::kStepScalars;
    const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads * kRun;
    for (int64_t first = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * kRun; first < op.count;
         first += stride) {
        elements::Segment segment{};
        if (copies) segment = op.segments[elements::segment_of(op.segments, op.segment_count, first)];
        const int64_t end = first + kRun < op.count ? first + kRun : op.count;
        for (int64_t i = first; i < end; ++i) {
            const elements::Moments e = elements::step(op.scalars, factor, op.gradients[i],
                                                       {op.weights[i], op.exp_avg[i], op.exp_avg_sq[i]});
            op.weights[i] = e.p;
            op.exp_avg[i] = e.m;
            op.exp_avg_sq[i] = e.v;
            const int64_t at = copies ? elements::half_index(segment, i) : i;
            if (op.weights_copy.half != nullptr) store_copy(op.weights_copy, at, e.p);
            for (int k = 0; k < op.average_count; ++k) {
                const float a = elements::average(op.averages[k][i], e.p, rates[2 * k], rates[2 * k + 1]);
                op.averages[k][i] = a;
                if (op.average_copies[k].half != nullptr) store_copy(op.average_copies[k], at, a);
            }
        }
    }
}

__global__ void average_elements(kernels::AverageScalars a, const float* weights, int64_t count) {
    const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count; i += stride)
        a.average[i] = elements::average(a.average[i], weights[i], a.rate, a.complement);
}

__global__ void copy_elements(operations::CopyWeights op) {
    const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < op.count; i += stride) {
        const elements::Segment& segment = op.segments[elements::segment_of(op.segments, op.segment_count, i)];
        store_copy(op.copy, elements::half_index(segment, i), op.weights[i]);
    }
}

unsigned blocks(int64_t count) {
    const unsigned needed = ceiling(count, kThreads);
    return needed < kMaxBlocks ? needed : kMaxBlocks;
}

}  // namespace

cudaError_t optimise(const operations::Optimise& op, cudaStream_t stream) {
    if (op.average_count > elements::kMaxAverages) return cudaErrorInvalidValue;
    if (op.count == 0) return cudaSuccess;
    bool copies = op.weights_copy.half != nullptr;
    for (int32_t k = 0; k < op.average_count; ++k) copies |= op.average_copies[k].half != nullptr;
    optimise_elements<<<blocks((op.count + kRun - 1) / kRun), kThreads, 0, stream>>>(op, copies);
    return cudaGetLastError();
}

cudaError_t average(const kernels::AverageScalars& scalars, const float* weights, int64_t count, cudaStream_t stream) {
    if (count == 0) return cudaSuccess;
    average_elements<<<blocks(count), kThreads, 0, stream>>>(scalars, weights, count);
    return cudaGetLastError();
}

cudaError_t copy_weights(const operations::CopyWeights& op, cudaStream_t stream) {
    if (op.count == 0) return cudaSuccess;
    copy_elements<<<blocks(op.count), kThreads, 0, stream>>>(op);
    return cudaGetLastError();
}

}  // namespace cm4j::device
