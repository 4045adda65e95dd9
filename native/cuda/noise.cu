#include "kernels.h"

namespace cm4j::device {
namespace {

constexpr int kThreads = 256;

// Philox4x32-10. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
__device__ uint4 philox(uint4 counter, uint2 key) {
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const uint32_t high0 = __umulhi(0xD2511F53U, counter.x);
        const uint32_t high1 = __umulhi(0xCD9E8D57U, counter.z);
        counter = make_uint4(high1 ^ counter.y ^ key.x, 0xCD9E8D57U * counter.z, high0 ^ counter.w ^ key.y,
                             0xD2511F53U * counter.x);
        key.x += 0x9E3779B9U;
        key.y += 0xBB67AE85U;
    }
    return counter;
}

__device__ float uniform(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24F; }

// Box and Muller 1958; the angle is a quarter turn of the top two bits plus a part of [-pi/4, pi/4), as on the CPU.
__device__ float2 normal_pair(uint32_t radial, uint32_t angular) {
    const float u = static_cast<float>((radial >> 8) + 1) * 0x1p-24F;
    const float radius = sqrtf(-2.0F * logf(u));
    const int part = static_cast<int>((angular >> 8) & 0x3FFFFFU) - 0x200000;
    float sine, cosine;
    sincosf(static_cast<float>(part) * (0x1p-22F * 1.57079632679489662F), &sine, &cosine);
    switch (angular >> 30) {
        case 0: return make_float2(radius * cosine, radius * sine);
        case 1: return make_float2(-radius * sine, radius * cosine);
        case 2: return make_float2(-radius * cosine, -radius * sine);
        default: return make_float2(radius * sine, -radius * cosine);
    }
}

// One thread makes one block of four values of image blockIdx.y.
template <bool normal>
__global__ void fill(uint64_t seed, const int64_t* images, uint32_t draw, int64_t per_image, float* out) {
    const int64_t block = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t first = 4 * block;
    if (first >= per_image) return;
    const auto image = static_cast<uint64_t>(images[blockIdx.y]);
    const uint4 w = philox(make_uint4(static_cast<uint32_t>(block), static_cast<uint32_t>(image),
                                      static_cast<uint32_t>(image >> 32), draw),
                           make_uint2(static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)));
    float v[4];
    if (normal) {
        const float2 a = normal_pair(w.x, w.y), b = normal_pair(w.z, w.w);
        v[0] = a.x, v[1] = a.y, v[2] = b.x, v[3] = b.y;
    } else {
        v[0] = uniform(w.x), v[1] = uniform(w.y), v[2] = uniform(w.z), v[3] = uniform(w.w);
    }
    float* row = out + blockIdx.y * per_image;
    for (int k = 0; k < 4 && first + k < per_image; ++k) row[first + k] = v[k];
}

}  // namespace

cudaError_t noise(kernels::NoiseLaw law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw,
                  int64_t per_image, float* out, cudaStream_t stream) {
    if (image_count == 0 || per_image == 0) return cudaSuccess;
    int64_t* on_device = nullptr;
    const size_t bytes = static_cast<size_t>(image_count) * sizeof(int64_t);
    cudaError_t status = cudaMallocAsync(&on_device, bytes, stream);
    if (status != cudaSuccess) return status;
    status = cudaMemcpyAsync(on_device, images, bytes, cudaMemcpyHostToDevice, stream);
    if (status == cudaSuccess) {
        const dim3 grid(static_cast<unsigned>((per_image + 4 * kThreads - 1) / (4 * kThreads)),
                        static_cast<unsigned>(image_count));
        if (law == kernels::NoiseLaw::normal)
            fill<true><<<grid, kThreads, 0, stream>>>(seed, on_device, draw, per_image, out);
        else
            fill<false><<<grid, kThreads, 0, stream>>>(seed, on_device, draw, per_image, out);
        status = cudaGetLastError();
    }
    const cudaError_t freed = cudaFreeAsync(on_device, stream);
    return status != cudaSuccess ? status : freed;
}

}  // namespace cm4j::device
