// Sixteen float32 lanes over bfloat16 or float32 memory. Only for files compiled with the flags of AVX-512 F, BW, VL
// and DQ.
//
// Every instruction set has such a struct, and the kernels in vector/ are templates over it:
//   Vec, lanes         a register of float32 values; + - * work on it
//   accumulators       registers that a product of matrices may fill with sums
//   load, store        from and to float32 or bfloat16, rounded to nearest even
//   power_of_two       2^t, 0 and infinity beyond the range of float32, from a function for t in [0, 1]
//   Element            of activations in memory; exponentials and reciprocals need be no better than it
//   Operand, Gemm      how multiplied matrices are stored, and who multiplies them (vector/gemm.h)
//   FloatGemm          the same for float32 matrices
#pragma once

// GCC 12 calls the undefined pass-through operands of its own intrinsics uninitialised (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <immintrin.h>

#include "bf16.h"
#include "vector/exponential.h"
#include "vector/gemm.h"

namespace cm4j::fast::avx512 {
namespace {

struct Vectors {
    using Vec = __m512;
    static constexpr int lanes = 16;
    static constexpr int accumulators = 24;

    static Vec zero() { return _mm512_setzero_ps(); }
    static Vec set(float v) { return _mm512_set1_ps(v); }
    static Vec load(const float* p) { return _mm512_loadu_ps(p); }
    static void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }

    static Vec load(const bf16* p) {
        const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
    }
    static void store(bf16* p, Vec v) {
        const __m512i bits = _mm512_castps_si512(v);
        const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
        const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));  // a NaN stays one
        const __m512i kept = _mm512_mask_mov_epi32(rounded, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), quiet);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(_mm512_srli_epi32(kept, 16)));
    }

    static Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }    // a b + c
    static Vec fnma(Vec a, Vec b, Vec c) { return _mm512_fnmadd_ps(a, b, c); }  // c - a b
    static Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
    static Vec reciprocal(Vec v) { return _mm512_rcp14_ps(v); }
    static float sum(Vec v) { return _mm512_reduce_add_ps(v); }
    static float largest(Vec v) { return _mm512_reduce_max_ps(v); }

    // The first `count` lanes of v, the others of `rest`; any count.
    static Vec first(int64_t count, Vec v, Vec rest) {
        const unsigned bits = count >= lanes ? 0xffffu : count <= 0 ? 0u : (1u << count) - 1;
        return _mm512_mask_mov_ps(rest, static_cast<__mmask16>(bits), v);
    }
    static Vec gather(const float* p, int64_t stride) {
        const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        return _mm512_i32gather_ps(_mm512_mullo_epi32(lane, _mm512_set1_epi32(static_cast<int>(stride))), p,
                                   sizeof(float));
    }

    template <typename Fraction>
    static Vec power_of_two(Vec t, Fraction&& fraction) {
        const Vec f = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);  // t - floor(t)
        return _mm512_scalef_ps(fraction(f), t);                                       // p 2^floor(t)
    }

    // Transposes 16 x 16 values of 32 bits.
    static void transpose(Vec v[16]) {
        __m512i r[16], t[16];
        for (int i = 0; i < 16; i++) r[i] = _mm512_castps_si512(v[i]);
        for (int i = 0; i < 8; i++) {
            t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
            t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
        }
        for (int i = 0; i < 4; i++) {
            r[4 * i + 0] = _mm512_unpacklo_epi64(t[4 * i + 0], t[4 * i + 2]);
            r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i + 0], t[4 * i + 2]);
            r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
            r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
        }
        // r[4 i + j] holds, in its four 128-bit lanes l, column 4 l + j of rows 4 i .. 4 i + 3.
        for (int j = 0; j < 4; j++) {
            const __m512i low01 = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x88);   // lanes 0, 2 of rows 0-3, 4-7
            const __m512i high01 = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xdd);  // lanes 1, 3
            const __m512i low23 = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x88);
            const __m512i high23 = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xdd);
            v[j] = _mm512_castsi512_ps(_mm512_shuffle_i32x4(low01, low23, 0x88));
            v[4 + j] = _mm512_castsi512_ps(_mm512_shuffle_i32x4(high01, high23, 0x88));
            v[8 + j] = _mm512_castsi512_ps(_mm512_shuffle_i32x4(low01, low23, 0xdd));
            v[12 + j] = _mm512_castsi512_ps(_mm512_shuffle_i32x4(high01, high23, 0xdd));
        }
    }
};

struct Simd : Vectors {
    using Element = bf16;
    using Operand = Floats<Vectors>;
    using Gemm = VectorGemm<Vectors, Operand>;
    using FloatGemm = Gemm;
};

struct FullSimd : Simd {
    using Element = float;
    static Vec reciprocal(Vec v) { return _mm512_div_ps(set(1.f), v); }  // vrcp14ps has 14 bits only
};

}  // namespace
}  // namespace cm4j::fast::avx512
