// One threaded pass over flat float32 vectors: optimiser step and moving averages.
#pragma once

#include <cstdint>

namespace cm4j::kernels {

// The step of one element, with all scalars computed beforehand in double:
//   g <- gradient_scale g + decay p;        m <- m + one_minus_beta1 (g - m);   v <- beta2 v + one_minus_beta2 g^2
//   p <- keep p - rate m / (root_scale sqrt(v) + eps)      or, where not rectified,      p <- keep p - rate m
struct StepScalars {
    float gradient_scale, decay, keep;
    float one_minus_beta1, beta2, one_minus_beta2;
    float rate, root_scale, eps;
    bool rectified;
};

// average <- rate average + complement weights, complement being 1 - rate rounded once; what equals its weight stays, so that
// rounding does not move constants among the weights.
struct AverageScalars {
    float* average;
    float rate, complement;
};

// The vectors of one range of elements.
struct StepRange {
    float* weights;
    const float* gradients;
    float* exp_avg;
    float* exp_avg_sq;
    int64_t count;
};

void optim_step(const StepScalars& scalars, const StepRange& range, const AverageScalars* averages,
                int32_t average_count, int threads);
void average(const AverageScalars& scalars, const float* weights, int64_t count, int threads);

// The loops themselves, compiled once for every processor and once for AVX2.
void step_range(const StepScalars& scalars, const StepRange& range);
void step_range_avx2(const StepScalars& scalars, const StepRange& range);
void average_range(const AverageScalars& scalars, const float* weights, int64_t count);
void average_range_avx2(const AverageScalars& scalars, const float* weights, int64_t count);

}  // namespace cm4j::kernels
