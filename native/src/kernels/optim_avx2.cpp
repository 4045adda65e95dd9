#include "optim_rows.h"

namespace cm4j::kernels {

void step_range_avx2(const StepScalars& scalars, const StepRange& range) { step_all(scalars, range); }

void average_range_avx2(const AverageScalars& scalars, const float* weights, int64_t count) {
    average_all(scalars, weights, count);
}

}  // namespace cm4j::kernels
