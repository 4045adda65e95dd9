// float32, float16 and bfloat16 as the kernels read and write them.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "kernels.h"

namespace cm4j::device {

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(__half x) { return __half2float(x); }
__device__ __forceinline__ float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }

template <class T>
__device__ __forceinline__ T from_float(float x);
template <>
__device__ __forceinline__ float from_float<float>(float x) {
    return x;
}
template <>
__device__ __forceinline__ __half from_float<__half>(float x) {
    return __float2half_rn(x);
}
template <>
__device__ __forceinline__ __nv_bfloat16 from_float<__nv_bfloat16>(float x) {
    return __float2bfloat16_rn(x);
}

// Sixteen bytes of elements, moved at once.
template <class T>
struct Pack {
    static constexpr int size = 16 / static_cast<int>(sizeof(T));
    union {
        uint4 whole;
        T part[size];
    };
    __device__ __forceinline__ Pack() : whole{} {}
};
template <class T>
__device__ __forceinline__ Pack<T> load_pack(const T* from) {
    Pack<T> pack;
    pack.whole = *reinterpret_cast<const uint4*>(from);
    return pack;
}
template <class T>
__device__ __forceinline__ void store_pack(T* to, const Pack<T>& pack) {
    *reinterpret_cast<uint4*>(to) = pack.whole;
}

// Calls launch with a null pointer of the element's type.
template <class Launch>
cudaError_t by_type(operations::Element type, const Launch& launch) {
    switch (type) {
        case operations::Element::f32: return launch(static_cast<float*>(nullptr));
        case operations::Element::f16: return launch(static_cast<__half*>(nullptr));
        case operations::Element::bf16: return launch(static_cast<__nv_bfloat16*>(nullptr));
    }
    return cudaErrorInvalidValue;
}

inline unsigned ceiling(int64_t count, int64_t by) { return static_cast<unsigned>((count + by - 1) / by); }

}  // namespace cm4j::device
