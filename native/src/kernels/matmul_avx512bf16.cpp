// Float32 matrix product for the time and class embedding.
#if defined(__AVX512BF16__)

#include <algorithm>

#include "buffers.h"
#include "simd_avx512bf16.h"
#include "table_avx512bf16.h"

namespace cm4j::fast::avx512 {
namespace {

template <int Rows, int Vectors>
void tile(const Matmul& p, int64_t row, int64_t column) {
    __m512 sum[Rows][Vectors];
    float* c = p.c + row * p.c_row + column;
#pragma GCC unroll 8
    for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; j++) {
            sum[i][j] = p.accumulate ? _mm512_loadu_ps(c + i * p.c_row + 16 * j) : _mm512_setzero_ps();
        }
    }
    const float* a = p.a + row * p.a_row;
    const float* b = p.b + column;
    for (int64_t k = 0; k < p.k; k++, a += p.a_column, b += p.b_row) {
        __m512 right[Vectors];
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; j++) right[j] = _mm512_loadu_ps(b + 16 * j);
#pragma GCC unroll 8
        for (int i = 0; i < Rows; i++) {
            const __m512 left = _mm512_set1_ps(a[i * p.a_row]);
#pragma GCC unroll 4
            for (int j = 0; j < Vectors; j++) sum[i][j] = _mm512_fmadd_ps(left, right[j], sum[i][j]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; j++) _mm512_storeu_ps(c + i * p.c_row + 16 * j, sum[i][j]);
    }
}

template <int Vectors>
void rows(const Matmul& p, int64_t column) {
    int64_t row = 0;
    for (; row + 6 <= p.m; row += 6) tile<6, Vectors>(p, row, column);
    for (; row + 2 <= p.m; row += 2) tile<2, Vectors>(p, row, column);
    for (; row < p.m; row++) tile<1, Vectors>(p, row, column);
}

}  // namespace

void matmul(const Matmul& args) {
    const int64_t panels = divide_up(args.n, 64);
    // Panels of 64 columns, and stripes of rows where these are too few for the threads.
    const int64_t stripes = std::max<int64_t>(1, std::min<int64_t>(args.m / 24, 8 / panels));
#pragma omp parallel for schedule(static)
    for (int64_t item = 0; item < panels * stripes; item++) {
        const int64_t stripe = item % stripes;
        const int64_t begin = args.m * stripe / stripes;
        Matmul part = args;
        part.m = args.m * (stripe + 1) / stripes - begin;
        part.a += begin * args.a_row;
        part.c += begin * args.c_row;
        const int64_t end = std::min(args.n, (item / stripes + 1) * 64);
        int64_t column = item / stripes * 64;
        if (column + 64 <= end) rows<4>(part, column), column += 64;
        if (column + 32 <= end) rows<2>(part, column), column += 32;
        if (column + 16 <= end) rows<1>(part, column);
    }
}

}  // namespace cm4j::fast::avx512

#endif
