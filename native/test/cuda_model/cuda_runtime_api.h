// Stands in for the header of CUDA: of its names, those that native/cuda/*.cu use, as the model understands them.
#pragma once

#include <cstring>

#include "model.h"

// elements.h marks functions for devices, and inlines them, where this is defined.
#define __CUDACC__ 1
#define __global__
#define __host__
#define __device__
#define __launch_bounds__(threads)
#define __forceinline__ inline __attribute__((always_inline))

#define threadIdx (::cuda_model::here.thread)
#define blockIdx (::cuda_model::here.block)
#define blockDim (::cuda_model::here.threads)
#define gridDim (::cuda_model::here.blocks)
#define __syncthreads() ::cuda_model::barrier(__LINE__)
#define __shfl_xor_sync(mask, value, distance) ::cuda_model::exchange(mask, value, distance, __LINE__)

// Sixteen bytes in one access, which must lie at a multiple of sixteen.
struct __attribute__((may_alias, aligned(16))) uint4 {
    unsigned x, y, z, w;
    uint4& operator=(const uint4& from) {
        ::cuda_model::touch(&from, sizeof from, alignof(uint4), false);
        ::cuda_model::touch(this, sizeof from, alignof(uint4), true);
        std::memcpy(static_cast<void*>(this), static_cast<const void*>(&from), sizeof from);
        return *this;
    }
};
