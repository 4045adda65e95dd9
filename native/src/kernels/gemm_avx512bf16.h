// Products of small bfloat16 matrices with float32 sums, the core of convolutions and attention.
//
//   c[i][j] = sum over p of a[i, 2p] b[2p][j] + a[i, 2p + 1] b[2p + 1][j]
//
// The left operand is read as 32-bit pairs at data + i row + p pair, which covers row-major rows (row = row length,
// pair = 2) and reductions over pairs of interleaved rows (row = 2, pair = 2 x row length). The right operand has
// its rows interleaved in pairs: b[p][j][2]. Sums run over p in order, so that a value depends on nothing else.
#pragma once

#include <cstdint>

#include "bf16.h"

namespace cm4j::fast::avx512 {

struct LeftPairs {
    const bf16* data;
    int64_t row;
    int64_t pair;
};

struct RightPairs {
    const bf16* data;
    int64_t pair;  // elements between pair rows, 2 x columns as a rule
};

// c[m][n], n a multiple of 16; overwritten, or added to.
void gemm_store(int64_t m, int64_t n, int64_t pairs, LeftPairs a, RightPairs b, float* c, int64_t c_row);
void gemm_add(int64_t m, int64_t n, int64_t pairs, LeftPairs a, RightPairs b, float* c, int64_t c_row);

// c = bfloat16(a b + bias + add); bias [n] and add [m][n] may be null.
struct HalfOutput {
    bf16* c;
    int64_t c_row;
    const float* bias;
    const bf16* add;
    int64_t add_row;
};
void gemm_half(int64_t m, int64_t n, int64_t pairs, LeftPairs a, RightPairs b, const HalfOutput& output);

}  // namespace cm4j::fast::avx512
