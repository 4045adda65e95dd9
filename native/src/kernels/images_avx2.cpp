#include "images_rows.h"

namespace cm4j::kernels {

void combine_row_avx2(const Combination& row) { combine_all(row); }

double difference_sum_avx2(Difference kind, const float* a, const float* b, int64_t count) {
    return sum_all(kind, a, b, count);
}

void gradient_row_avx2(const DifferenceGradient& row) { gradient_all(row); }

}  // namespace cm4j::kernels
