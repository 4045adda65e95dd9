// The vdpbf16ps micro-kernel: up to 24 accumulators, each of 16 columns.
#if defined(__AVX512BF16__)

#include "gemm_avx512bf16.h"

#include <cstring>

#include "simd_avx512bf16.h"

namespace cm4j::fast::avx512 {
namespace {

enum class Result { store, add, half };

struct Tile {
    int64_t pairs;
    LeftPairs a;
    RightPairs b;
    float* c;  // store, add
    int64_t c_row;
    HalfOutput half;
};

// Reads 32 bits that stand for two bfloat16 values.
inline __m512bh broadcast_pair(const bf16* p) {
    int32_t bits;
    std::memcpy(&bits, p, sizeof bits);
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(bits));
}

template <int Rows, int Vectors, Result result>
void tile(const Tile& t) {
    __m512 sum[Rows][Vectors];
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; j++) {
            sum[i][j] = result == Result::add ? _mm512_loadu_ps(t.c + i * t.c_row + 16 * j) : _mm512_setzero_ps();
        }
    }
    const bf16* a = t.a.data;
    const bf16* b = t.b.data;
    for (int64_t p = 0; p < t.pairs; p++, a += t.a.pair, b += t.b.pair) {
        __m512bh right[Vectors];
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; j++) right[j] = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + 32 * j));
#pragma GCC unroll 16
        for (int i = 0; i < Rows; i++) {
            const __m512bh left = broadcast_pair(a + i * t.a.row);
#pragma GCC unroll 4
            for (int j = 0; j < Vectors; j++) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], left, right[j]);
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; j++) {
            if constexpr (result == Result::half) {
                __m512 v = sum[i][j];
                if (t.half.bias) v = _mm512_add_ps(v, _mm512_loadu_ps(t.half.bias + 16 * j));
                if (t.half.add) v = _mm512_add_ps(v, load16(t.half.add + i * t.half.add_row + 16 * j));
                store16(t.half.c + i * t.half.c_row + 16 * j, v);
            } else {
                _mm512_storeu_ps(t.c + i * t.c_row + 16 * j, sum[i][j]);
            }
        }
    }
}

// All rows for one group of columns, in steps of the tallest tile that fits.
template <int Vectors, Result result>
void columns(int64_t m, Tile t) {
    constexpr int tallest = Vectors == 4 ? 6 : 12;
    const auto advance = [&](int rows) {
        t.a.data += rows * t.a.row;
        if constexpr (result == Result::half) {
            t.half.c += rows * t.half.c_row;
            if (t.half.add) t.half.add += rows * t.half.add_row;
        } else {
            t.c += rows * t.c_row;
        }
        m -= rows;
    };
    while (m >= tallest) tile<tallest, Vectors, result>(t), advance(tallest);
    if constexpr (tallest > 6) {
        while (m >= 6) tile<6, Vectors, result>(t), advance(6);
    }
    while (m >= 4) tile<4, Vectors, result>(t), advance(4);
    while (m >= 2) tile<2, Vectors, result>(t), advance(2);
    while (m >= 1) tile<1, Vectors, result>(t), advance(1);
}

template <Result result>
void gemm(int64_t m, int64_t n, Tile t) {
    const auto advance = [&](int vectors) {
        t.b.data += 32 * vectors;
        if constexpr (result == Result::half) {
            t.half.c += 16 * vectors;
            if (t.half.bias) t.half.bias += 16 * vectors;
            if (t.half.add) t.half.add += 16 * vectors;
        } else {
            t.c += 16 * vectors;
        }
        n -= 16 * vectors;
    };
    while (n >= 64) columns<4, result>(m, t), advance(4);
    while (n >= 32) columns<2, result>(m, t), advance(2);
    while (n >= 16) columns<1, result>(m, t), advance(1);
}

}  // namespace

void gemm_store(int64_t m, int64_t n, int64_t pairs, LeftPairs a, RightPairs b, float* c, int64_t c_row) {
    gemm<Result::store>(m, n, Tile{pairs, a, b, c, c_row, {}});
}

void gemm_add(int64_t m, int64_t n, int64_t pairs, LeftPairs a, RightPairs b, float* c, int64_t c_row) {
    gemm<Result::add>(m, n, Tile{pairs, a, b, c, c_row, {}});
}

void gemm_half(int64_t m, int64_t n, int64_t pairs, LeftPairs a, RightPairs b, const HalfOutput& output) {
    gemm<Result::half>(m, n, Tile{pairs, a, b, nullptr, 0, output});
}

}  // namespace cm4j::fast::avx512

#endif
