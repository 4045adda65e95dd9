// Eight float32 lanes over bfloat16 or float32 memory. Only for files compiled with the flags of AVX2 and FMA;
// simd_avx512.h says what the members are.
#pragma once

#include <immintrin.h>

#include "bf16.h"
#include "vector/exponential.h"
#include "vector/gemm.h"

namespace cm4j::fast::avx2 {
namespace {

struct Vectors {
    using Vec = __m256;
    static constexpr int lanes = 8;
    static constexpr int accumulators = 12;

    static Vec zero() { return _mm256_setzero_ps(); }
    static Vec set(float v) { return _mm256_set1_ps(v); }
    static Vec load(const float* p) { return _mm256_loadu_ps(p); }
    static void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }

    static Vec load(const bf16* p) {
        const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
    }
    static void store(bf16* p, Vec v) {
        const __m256i bits = _mm256_castps_si256(v);
        const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
        const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
        const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));  // a NaN stays one
        const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
        const __m256i upper = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
        const __m128i low = _mm256_castsi256_si128(upper), high = _mm256_extracti128_si256(upper, 1);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(low, high));
    }

    static Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
    static Vec fnma(Vec a, Vec b, Vec c) { return _mm256_fnmadd_ps(a, b, c); }
    static Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
    static Vec reciprocal(Vec v) { return _mm256_div_ps(set(1.f), v); }  // vrcpps has 12 bits only
    static float sum(Vec v) {
        const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
        const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }
    static float largest(Vec v) {
        const __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
        const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
    }

    static Vec first(int64_t count, Vec v, Vec rest) {
        const int limit = count >= lanes ? lanes : count <= 0 ? 0 : static_cast<int>(count);
        const __m256i kept = _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), lane_numbers());
        return _mm256_blendv_ps(rest, v, _mm256_castsi256_ps(kept));
    }
    static Vec gather(const float* p, int64_t stride) {
        return _mm256_i32gather_ps(p, _mm256_mullo_epi32(lane_numbers(), _mm256_set1_epi32(static_cast<int>(stride))),
                                   sizeof(float));
    }

    // The operands of min and max stand so that a NaN passes through.
    template <typename Fraction>
    static Vec power_of_two(Vec t, Fraction&& fraction) {
        t = _mm256_max_ps(set(-127.f), _mm256_min_ps(set(128.f), t));
        const Vec whole = _mm256_floor_ps(t);
        const __m256i exponent = _mm256_add_epi32(_mm256_cvttps_epi32(whole), _mm256_set1_epi32(127));
        return fraction(t - whole) * _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
    }

    // Transposes 8 x 8 values of 32 bits.
    static void transpose(Vec r[8]) {
        Vec t[8];
        for (int i = 0; i < 4; i++) {
            t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
            t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
        }
        for (int i = 0; i < 2; i++) {
            r[4 * i + 0] = _mm256_shuffle_ps(t[4 * i + 0], t[4 * i + 2], 0x44);
            r[4 * i + 1] = _mm256_shuffle_ps(t[4 * i + 0], t[4 * i + 2], 0xee);
            r[4 * i + 2] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0x44);
            r[4 * i + 3] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0xee);
        }
        // r[4 i + j] holds, in its two 128-bit lanes l, column 4 l + j of rows 4 i .. 4 i + 3.
        for (int j = 0; j < 4; j++) {
            const Vec upper = r[j], lower = r[4 + j];
            r[j] = _mm256_permute2f128_ps(upper, lower, 0x20);
            r[4 + j] = _mm256_permute2f128_ps(upper, lower, 0x31);
        }
    }

private:
    static __m256i lane_numbers() { return _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0); }
};

struct Simd : Vectors {
    using Element = bf16;
    using Operand = Floats<Vectors>;
    using Gemm = VectorGemm<Vectors, Operand>;
    using FloatGemm = Gemm;
};

struct FullSimd : Simd {
    using Element = float;
};

}  // namespace
}  // namespace cm4j::fast::avx2
