// Stands in for the header of CUDA: bfloat16.
#pragma once

#include <cstdint>

struct __nv_bfloat16 {
    uint16_t bits;
};

inline float __bfloat162float(__nv_bfloat16 x) {
    const uint32_t wide = static_cast<uint32_t>(x.bits) << 16;
    float value;
    __builtin_memcpy(&value, &wide, sizeof value);
    return value;
}

// To the nearest, ties to even.
inline __nv_bfloat16 __float2bfloat16_rn(float x) {
    uint32_t wide;
    __builtin_memcpy(&wide, &x, sizeof wide);
    if ((wide & 0x7FFFFFFFU) > 0x7F800000U) return {0x7FFF};
    return {static_cast<uint16_t>((wide + 0x7FFFU + (wide >> 16 & 1U)) >> 16)};
}
