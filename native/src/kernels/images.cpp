#include "images_rows.h"
#include "isa.h"

namespace cm4j::kernels {

void combine_row(const Combination& row) { combine_all(row); }

double difference_sum(Difference kind, const float* a, const float* b, int64_t count) {
    return sum_all(kind, a, b, count);
}

void gradient_row(const DifferenceGradient& row) { gradient_all(row); }

namespace {

struct Loops {
    decltype(&combine_row) combine;
    decltype(&difference_sum) sum;
    decltype(&gradient_row) gradient;
};

Loops best() {
#if defined(__x86_64__)
    if (isa_at_least(Isa::avx2)) return {combine_row_avx2, difference_sum_avx2, gradient_row_avx2};
#endif
    return {combine_row, difference_sum, gradient_row};
}

const Loops& loops() {
    static const Loops chosen = best();
    return chosen;
}

// Below this many numbers a second thread costs more than it saves.
constexpr int64_t kAlone = 1 << 15;

}  // namespace

void combine(const float* x, const float* y, const double* coefficients, int64_t images, int64_t count, float* out,
             int threads) {
    const Loops& use = loops();
#pragma omp parallel for num_threads(threads) if (images * count > kAlone) schedule(static)
    for (int64_t n = 0; n < images; ++n) {
        const auto a = static_cast<float>(coefficients[n]);
        const auto b = y == nullptr ? 0 : static_cast<float>(coefficients[images + n]);
        use.combine({x + n * count, y == nullptr ? nullptr : y + n * count, a, b, out + n * count, count});
    }
}

void difference_sums(Difference kind, const float* a, const float* b, int64_t images, int64_t count, double* sums,
                     int threads) {
    const Loops& use = loops();
#pragma omp parallel for num_threads(threads) if (images * count > kAlone) schedule(static)
    for (int64_t n = 0; n < images; ++n) sums[n] = use.sum(kind, a + n * count, b + n * count, count);
}

void difference_gradient(Difference kind, const float* a, const float* b, const float* factors, int64_t images,
                         int64_t count, float* out, int threads) {
    const Loops& use = loops();
#pragma omp parallel for num_threads(threads) if (images * count > kAlone) schedule(static)
    for (int64_t n = 0; n < images; ++n)
        use.gradient({kind, a + n * count, b + n * count, factors[n], out + n * count, count});
}

}  // namespace cm4j::kernels
