// bfloat16 as raw bits: the upper half of a float32, rounded to nearest even.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace cm4j::fast {

using bf16 = uint16_t;

static inline float to_float(bf16 v) { return std::bit_cast<float>(static_cast<uint32_t>(v) << 16); }
static inline float to_float(float v) { return v; }

static inline bf16 to_bf16(float v) {
    const auto bits = std::bit_cast<uint32_t>(v);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<bf16>((bits >> 16) | 0x40);  // stays a NaN
    return static_cast<bf16>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// What stands in memory for v where values are kept as E: rounded, or v itself.
template <typename E>
static inline E rounded(float v) {
    if constexpr (std::is_same_v<E, bf16>) {
        return to_bf16(v);
    } else {
        return v;
    }
}

}  // namespace cm4j::fast
