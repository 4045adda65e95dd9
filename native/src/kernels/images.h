// One threaded pass over batches of images, float32: combinations with a coefficient for each image, and distances.
#pragma once

#include <cstdint>

namespace cm4j::kernels {

// out = a x + b y, or a x where y is null.
struct Combination {
    const float* x;
    const float* y;
    float a, b;
    float* out;
    int64_t count;
};

enum class Difference { absolute, square };

// out (+)= factor (a - b), or factor sign(a - b)
struct DifferenceGradient {
    Difference kind;
    const float* a;
    const float* b;
    float factor;
    float* out;
    int64_t count;
};

// Row n of [images, count]: coefficients are those of x, then, with y, those of y.
void combine(const float* x, const float* y, const double* coefficients, int64_t images, int64_t count, float* out,
             int threads);
// sums[n] = sum of |a - b| or (a - b)^2 over row n; the order of addition depends on the count alone.
void difference_sums(Difference kind, const float* a, const float* b, int64_t images, int64_t count, double* sums,
                     int threads);
// Row n of out is factors[n] (a - b) or factors[n] sign(a - b).
void difference_gradient(Difference kind, const float* a, const float* b, const float* factors, int64_t images,
                         int64_t count, float* out, int threads);

// The loops themselves, compiled once for every processor and once for AVX2; equal to the last bit.
void combine_row(const Combination& row);
void combine_row_avx2(const Combination& row);
double difference_sum(Difference kind, const float* a, const float* b, int64_t count);
double difference_sum_avx2(Difference kind, const float* a, const float* b, int64_t count);
void gradient_row(const DifferenceGradient& row);
void gradient_row_avx2(const DifferenceGradient& row);

}  // namespace cm4j::kernels
