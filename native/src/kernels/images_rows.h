// The arithmetic of images.h, included by one file per instruction set.
#pragma once

#include <algorithm>
#include <cmath>

#include "images.h"

namespace cm4j::kernels {
namespace {

// Partial sums that no instruction set adds in another order, and numbers added in float32 before double takes over.
constexpr int64_t kLanes = 16;
constexpr int64_t kBlock = 1024;

inline void combine_all(const Combination& row) {
    const float a = row.a;
    const float b = row.b;
    const float* __restrict x = row.x;
    const float* __restrict y = row.y;
    float* __restrict out = row.out;
    if (y == nullptr) {
#pragma omp simd
        for (int64_t i = 0; i < row.count; ++i) out[i] = a * x[i];
        return;
    }
#pragma omp simd
    for (int64_t i = 0; i < row.count; ++i) out[i] = a * x[i] + b * y[i];
}

template <Difference kind>
inline float term(float a, float b) {
    const float d = a - b;
    return kind == Difference::square ? d * d : std::fabs(d);
}

template <Difference kind>
double sum_all(const float* __restrict a, const float* __restrict b, int64_t count) {
    double total = 0;
    for (int64_t start = 0; start < count; start += kBlock) {
        const int64_t end = std::min(count, start + kBlock);
        const int64_t whole = start + (end - start) / kLanes * kLanes;
        float lanes[kLanes] = {};
        for (int64_t i = start; i < whole; i += kLanes) {
#pragma omp simd
            for (int64_t l = 0; l < kLanes; ++l) lanes[l] += term<kind>(a[i + l], b[i + l]);
        }
        for (int64_t i = whole; i < end; ++i) lanes[i - whole] += term<kind>(a[i], b[i]);
        for (const float lane : lanes) total += lane;
    }
    return total;
}

inline double sum_all(Difference kind, const float* a, const float* b, int64_t count) {
    return kind == Difference::square ? sum_all<Difference::square>(a, b, count)
                                      : sum_all<Difference::absolute>(a, b, count);
}

inline void gradient_all(const DifferenceGradient& row) {
    const float factor = row.factor;
    const float* __restrict a = row.a;
    const float* __restrict b = row.b;
    float* __restrict out = row.out;
    if (row.kind == Difference::square) {
#pragma omp simd
        for (int64_t i = 0; i < row.count; ++i) out[i] = factor * (a[i] - b[i]);
        return;
    }
#pragma omp simd
    for (int64_t i = 0; i < row.count; ++i) {
        const float d = a[i] - b[i];
        const float sign = static_cast<float>(d > 0) - static_cast<float>(d < 0);
        out[i] = std::isnan(d) ? d : factor * sign;
    }
}

}  // namespace
}  // namespace cm4j::kernels
