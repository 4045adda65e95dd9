// Stands in for the header of CUDA: binary16.
#pragma once

#include <cstdint>

struct __half {
    uint16_t bits;
};

inline float __half2float(__half x) {
    const uint32_t sign = static_cast<uint32_t>(x.bits & 0x8000U) << 16, rest = x.bits & 0x7FFFU;
    float value;
    if (rest >= 0x7C00U) {  // infinite, or no number
        const uint32_t wide = sign | 0x7F800000U | (rest & 0x3FFU) << 13;
        __builtin_memcpy(&value, &wide, sizeof value);
    } else if (rest >= 0x400U) {
        const uint32_t wide = sign | ((rest << 13) + 0x38000000U);
        __builtin_memcpy(&value, &wide, sizeof value);
    } else {
        value = static_cast<float>(rest) * 0x1p-24F;
        value = sign != 0 ? -value : value;
    }
    return value;
}

// To the nearest, ties to even.
inline __half __float2half_rn(float x) {
    uint32_t wide;
    __builtin_memcpy(&wide, &x, sizeof wide);
    const uint32_t sign = wide >> 16 & 0x8000U, rest = wide & 0x7FFFFFFFU;
    if (rest > 0x7F800000U) return {0x7FFF};
    if (rest >= 0x477FF000U) return {static_cast<uint16_t>(sign | 0x7C00U)};
    if (rest >= 0x38800000U)
        return {static_cast<uint16_t>(sign | (rest + 0xFFFU + (rest >> 13 & 1U) - 0x38000000U) >> 13)};
    // Below the smallest normal number a step is 2^-24, as it is for a float32 in [0.5, 1).
    float shifted;
    __builtin_memcpy(&shifted, &rest, sizeof shifted);
    shifted += 0.5F;
    __builtin_memcpy(&wide, &shifted, sizeof wide);
    return {static_cast<uint16_t>(sign | (wide - 0x3F000000U))};
}
