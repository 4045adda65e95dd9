// The arithmetic of optim.h, included by one file per instruction set.
#pragma once

#include <cmath>

#include "optim.h"

namespace cm4j::kernels {
namespace {

template <bool rectified>
void step_elements(const StepScalars& scalars, const StepRange& range) {
    const StepScalars s = scalars;  // a copy, which the stores below cannot alias
    float* __restrict p = range.weights;
    const float* __restrict gradients = range.gradients;
    float* __restrict m = range.exp_avg;
    float* __restrict v = range.exp_avg_sq;
#pragma omp simd
    for (int64_t i = 0; i < range.count; ++i) {
        const float g = s.gradient_scale * gradients[i] + s.decay * p[i];
        const float mean = m[i] + s.one_minus_beta1 * (g - m[i]);
        const float square = s.beta2 * v[i] + s.one_minus_beta2 * g * g;
        m[i] = mean;
        v[i] = square;
        const float direction = rectified ? mean / (s.root_scale * std::sqrt(square) + s.eps) : mean;
        p[i] = s.keep * p[i] - s.rate * direction;
    }
}

inline void step_all(const StepScalars& scalars, const StepRange& range) {
    if (scalars.rectified)
        step_elements<true>(scalars, range);
    else
        step_elements<false>(scalars, range);
}

inline void average_all(const AverageScalars& scalars, const float* weights, int64_t count) {
    const float rate = scalars.rate;
    const float complement = scalars.complement;
    float* __restrict a = scalars.average;
    const float* __restrict w = weights;
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) a[i] = a[i] == w[i] ? a[i] : rate * a[i] + complement * w[i];
}

}  // namespace
}  // namespace cm4j::kernels
