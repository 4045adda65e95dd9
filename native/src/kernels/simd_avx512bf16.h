// Sixteen float32 lanes over bfloat16 memory. Only for files compiled with the AVX-512 BF16 flags.
#pragma once

// GCC 12 calls the undefined pass-through operands of its own intrinsics uninitialised (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <immintrin.h>

#include "bf16.h"

namespace cm4j::fast::avx512 {

static inline __m512 load16(const bf16* p) {
    const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

static inline void store16(bf16* p, __m512 v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)));
}

static inline void store32(bf16* p, __m512 low, __m512 high) {
    _mm512_storeu_si512(p, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)));
}

// 16 pairs (even[i], odd[i]), the operand form of vdpbf16ps.
static inline __m512i interleave(__m512 even, __m512 odd) {
    const __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(odd, even));
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                           21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, both);
}

// The same for two rows of 16 bfloat16 values.
static inline __m512i interleave(__m256i even, __m256i odd) {
    return _mm512_or_si512(_mm512_cvtepu16_epi32(even), _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16));
}

// 2^t, relative error 3e-6 (the rounding of bfloat16 is 4e-3); 0 and infinity beyond the range of float32.
static inline __m512 power_of_two(__m512 t) {
    const __m512 f = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);  // t - floor(t)
    // Minimax polynomial of degree 4 for 2^f on [0, 1].
    __m512 p = _mm512_set1_ps(0.0135341676f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.0520114612f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.241442757f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.693003835f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.00000259f));
    return _mm512_scalef_ps(p, t);  // p 2^floor(t)
}

constexpr float log2_e = 1.44269504f;

static inline __m512 exponential(__m512 x) { return power_of_two(_mm512_mul_ps(x, _mm512_set1_ps(log2_e))); }

static inline __m512 sigmoid(__m512 z) {
    const __m512 e = power_of_two(_mm512_mul_ps(z, _mm512_set1_ps(-log2_e)));
    return _mm512_rcp14_ps(_mm512_add_ps(e, _mm512_set1_ps(1.f)));
}

}  // namespace cm4j::fast::avx512
