// Float32 matrix product for the time and class embedding.
#pragma once

#include <algorithm>

#include "../buffers.h"
#include "../kernels.h"
#include "gemm.h"

namespace cm4j::fast {
namespace {

template <typename S>
void matmul(const Matmul& args) {
    const int64_t panels = divide_up(args.n, 64);
    // Panels of 64 columns, and stripes of rows where these are too few for the threads.
    const int64_t stripes = std::max<int64_t>(1, std::min<int64_t>(args.m / 24, 8 / panels));
#pragma omp parallel for schedule(static)
    for (int64_t item = 0; item < panels * stripes; item++) {
        const int64_t stripe = item % stripes;
        const int64_t begin = args.m * stripe / stripes;
        const int64_t rows = args.m * (stripe + 1) / stripes - begin;
        const int64_t column = item / stripes * 64;
        const int64_t columns = std::min<int64_t>(args.n - column, 64);
        const auto multiply = args.accumulate ? S::FloatGemm::add : S::FloatGemm::store;
        multiply(rows, columns, args.k, {args.a + begin * args.a_row, args.a_row, args.a_column},
                 {args.b + column, args.b_row}, args.c + begin * args.c_row + column, args.c_row);
    }
}

}  // namespace
}  // namespace cm4j::fast
