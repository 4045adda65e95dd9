// AVX-512 vectors with the instructions for bfloat16: products of pairs, and rounding.
#pragma once

#include "simd_avx512.h"

#include <cstring>

namespace cm4j::fast::avx512bf16 {
namespace {

struct Vectors : avx512::Vectors {
    using avx512::Vectors::store;
    static void store(bf16* p, Vec v) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)));
    }
};

// Operands in bfloat16, two summed indices side by side: what vdpbf16ps multiplies.
struct Pairs {
    using Value = bf16;
    using Register = __m512bh;
    static constexpr int group = 2;

    static bf16 from_float(float v) { return to_bf16(v); }

    static Register broadcast(const bf16* p) {
        int32_t bits;
        std::memcpy(&bits, p, sizeof bits);
        return reinterpret_cast<Register>(_mm512_set1_epi32(bits));
    }
    static Register load(const bf16* p) { return reinterpret_cast<Register>(_mm512_loadu_si512(p)); }
    static __m512 add_product(Register a, Register b, __m512 sum) { return _mm512_dpbf16_ps(sum, a, b); }

    static void store(bf16* p, __m512 v) { Vectors::store(p, v); }
    // Columns [c, c + 16) of two rows of `length` values that are summed one after the other.
    static void store_two_rows(bf16* rows, int64_t /*length*/, int64_t c, __m512 even, __m512 odd) {
        const __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(odd, even));
        const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
                                               6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
        _mm512_storeu_si512(rows + 2 * c, _mm512_permutexvar_epi16(order, both));
    }
    static void copy_two_rows(bf16* rows, int64_t /*length*/, int64_t c, const bf16* even, const bf16* odd) {
        const auto load = [](const bf16* p) {
            return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
        };
        _mm512_storeu_si512(rows + 2 * c, _mm512_or_si512(load(even + c), _mm512_slli_epi32(load(odd + c), 16)));
    }
    // The `count` <= 16 pairs of a row, zeros behind them.
    static __m512 load_groups(const bf16* p, int64_t count) {
        const auto mask = static_cast<__mmask16>((1u << count) - 1);
        return _mm512_castsi512_ps(_mm512_maskz_loadu_epi32(mask, p));
    }
};

struct Simd : Vectors {
    using Element = bf16;
    using Operand = Pairs;
    using Gemm = VectorGemm<Vectors, Pairs>;
    using FloatGemm = VectorGemm<Vectors, Floats<Vectors>>;
};

}  // namespace
}  // namespace cm4j::fast::avx512bf16
