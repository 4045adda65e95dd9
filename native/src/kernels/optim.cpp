#include <algorithm>

#include "isa.h"
#include "optim_rows.h"

namespace cm4j::kernels {

void step_range(const StepScalars& scalars, const StepRange& range) { step_all(scalars, range); }

void average_range(const AverageScalars& scalars, const float* weights, int64_t count) {
    average_all(scalars, weights, count);
}

namespace {

// Elements one thread takes at a time: the vectors of a piece stay in its cache while the averages follow the step.
constexpr int64_t kPiece = 8192;

struct Loops {
    decltype(&step_range) step;
    decltype(&average_range) average;
};

Loops best() {
#if defined(__x86_64__)
    if (isa_at_least(Isa::avx2)) return {step_range_avx2, average_range_avx2};
#endif
    return {step_range, average_range};
}

const Loops& loops() {
    static const Loops chosen = best();
    return chosen;
}

}  // namespace

void optim_step(const StepScalars& scalars, const StepRange& range, const AverageScalars* averages,
                int32_t average_count, int threads) {
    const Loops& use = loops();
#pragma omp parallel for num_threads(threads) if (range.count > kPiece) schedule(static)
    for (int64_t start = 0; start < range.count; start += kPiece) {
        const int64_t count = std::min(kPiece, range.count - start);
        use.step(scalars, {range.weights + start, range.gradients + start, range.exp_avg + start,
                           range.exp_avg_sq + start, count});
        for (int32_t i = 0; i < average_count; ++i)
            use.average({averages[i].average + start, averages[i].rate, averages[i].complement},
                        range.weights + start, count);
    }
}

void average(const AverageScalars& scalars, const float* weights, int64_t count, int threads) {
    const Loops& use = loops();
#pragma omp parallel for num_threads(threads) if (count > kPiece) schedule(static)
    for (int64_t start = 0; start < count; start += kPiece)
        use.average({scalars.average + start, scalars.rate, scalars.complement}, weights + start,
                    std::min(kPiece, count - start));
}

}  // namespace cm4j::kernels
