#include "mistakes.h"

#include <cuda_runtime_api.h>

namespace mistakes {
namespace {

__global__ void right_kernel(const float* in, float* out) {
    extern __shared__ float all[];
    __shared__ float warps[kThreads / 32];
    __shared__ float total;
    const unsigned i = blockIdx.x * kThreads + threadIdx.x;
    all[threadIdx.x] = in[i];
    __syncthreads();
    float value = all[kThreads - 1 - threadIdx.x];
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xFFFFFFFFU, value, distance);
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = value;
    __syncthreads();
    if (threadIdx.x == 0) {
        total = 0;
        for (float warp : warps) total += warp;
    }
    __syncthreads();
    out[i] = total;
}

__global__ void barrier_for_some_kernel(float* out) {
    if (threadIdx.x < 40) __syncthreads();
    out[threadIdx.x] = 1;
}

__global__ void different_barriers_kernel(float* out) {
    if (threadIdx.x < 40) {
        __syncthreads();
    } else {
        __syncthreads();
    }
    out[threadIdx.x] = 1;
}

__global__ void no_barrier_kernel(const float* in, float* out) {
    extern __shared__ float all[];
    all[threadIdx.x] = in[threadIdx.x];
    // The threads before this one have written in any order but the backward one.
    out[threadIdx.x] = all[threadIdx.x / 2];
}

__global__ void no_barrier_before_writing_kernel(const float* in, float* out) {
    extern __shared__ float all[];
    all[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    const float value = all[(threadIdx.x + 1) % kThreads];
    all[threadIdx.x] = 0;
    out[threadIdx.x] = value;
}

__global__ void shuffle_without_a_lane_kernel(float* out) {
    float value = 1;
    if (threadIdx.x != 5) value = __shfl_xor_sync(0xFFFFFFFFU, value, 1);
    out[threadIdx.x] = value;
}

__global__ void shuffle_beyond_the_block_kernel(float* out) {
    out[threadIdx.x] = __shfl_xor_sync(0xFFFFFFFFU, 1.0F, 1);
}

__global__ void shared_at_kernel(float* out, int at) {
    extern __shared__ float all[];
    all[static_cast<int>(threadIdx.x) + at] = 1;
    __syncthreads();
    out[threadIdx.x] = 1;
}

__global__ void variable_overrun_kernel(float* out, int count) {
    __shared__ float some[8];
    if (threadIdx.x == 0)
        for (int i = 0; i < count; ++i) some[i] = 1;
    __syncthreads();
    out[threadIdx.x] = some[threadIdx.x % 8];
}

__global__ void shared_unwritten_kernel(float* out) {
    extern __shared__ float all[];
    if (threadIdx.x != 3) all[threadIdx.x] = 1;
    __syncthreads();
    out[threadIdx.x] = all[threadIdx.x];
}

__global__ void copy_kernel(const float* in, float* out, int count) {
    if (static_cast<int>(threadIdx.x) < count) out[threadIdx.x] = in[threadIdx.x];
}

__global__ void add_kernel(float* out) { out[threadIdx.x] += 1; }

__global__ void blocks_share_kernel(float* out) { out[threadIdx.x] = static_cast<float>(blockIdx.x); }

__global__ void block_reads_another_kernel(float* out) {
    out[2 * blockIdx.x] = 1;
    out[2 * blockIdx.x + 1] = blockIdx.x == 0 ? 1 : out[0];
}

__global__ void odd_vector_kernel(const float* in, float* out) {
    uint4 whole{};
    whole = *reinterpret_cast<const uint4*>(in + 2);
    out[threadIdx.x] = static_cast<float>(whole.x);
}

__global__ void too_much_shared_kernel(float* out) {
    extern __shared__ float all[];
    __shared__ float more[1024];
    more[threadIdx.x] = all[threadIdx.x] = 1;
    out[threadIdx.x] = more[threadIdx.x];
}

__global__ void nothing() {}

}  // namespace

constexpr size_t kBytes = kThreads * sizeof(float);

void right(const float* in, float* out, int blocks) {
    right_kernel<<<static_cast<unsigned>(blocks), kThreads, kBytes, cuda_model::stream()>>>(in, out);
}
void barrier_for_some(float* out) { barrier_for_some_kernel<<<1, kThreads, 0, cuda_model::stream()>>>(out); }
void different_barriers(float* out) { different_barriers_kernel<<<1, kThreads, 0, cuda_model::stream()>>>(out); }
void no_barrier(const float* in, float* out) {
    no_barrier_kernel<<<1, kThreads, kBytes, cuda_model::stream()>>>(in, out);
}
void no_barrier_before_writing(const float* in, float* out) {
    no_barrier_before_writing_kernel<<<1, kThreads, kBytes, cuda_model::stream()>>>(in, out);
}
void shuffle_without_a_lane(float* out) {
    shuffle_without_a_lane_kernel<<<1, kThreads, 0, cuda_model::stream()>>>(out);
}
void shuffle_beyond_the_block(float* out) {
    shuffle_beyond_the_block_kernel<<<1, 40, 0, cuda_model::stream()>>>(out);
}
void shared_overrun(float* out) { shared_at_kernel<<<1, kThreads, kBytes, cuda_model::stream()>>>(out, 1); }
void shared_underrun(float* out) { shared_at_kernel<<<1, kThreads, kBytes, cuda_model::stream()>>>(out, -1); }
void variable_overrun(float* out) { variable_overrun_kernel<<<1, kThreads, 0, cuda_model::stream()>>>(out, 9); }
void shared_unwritten(float* out) { shared_unwritten_kernel<<<1, kThreads, kBytes, cuda_model::stream()>>>(out); }
void global_overrun(const float* in, float* out, int count) {
    copy_kernel<<<1, kThreads, 0, cuda_model::stream()>>>(in, out, count);
}
void global_unwritten(float* out) { add_kernel<<<1, kThreads, 0, cuda_model::stream()>>>(out); }
void blocks_share(float* out) { blocks_share_kernel<<<2, kThreads, 0, cuda_model::stream()>>>(out); }
void block_reads_another(float* out) { block_reads_another_kernel<<<2, 1, 0, cuda_model::stream()>>>(out); }
void odd_vector(const float* in, float* out) { odd_vector_kernel<<<1, 1, 0, cuda_model::stream()>>>(in, out); }
void too_much_shared_in_variables(float* out) {
    too_much_shared_kernel<<<1, kThreads, 46 * 1024, cuda_model::stream()>>>(out);
}

cudaError_t launch(dim3 blocks, dim3 threads, size_t shared, cudaStream_t stream) {
    nothing<<<blocks, threads, shared, stream>>>();
    return cudaGetLastError();
}

}  // namespace mistakes
