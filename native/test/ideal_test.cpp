// The means of kernels/ideal.h in every instruction set that this machine has, against sums in double precision.
#include "../src/kernels/ideal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "../src/kernels/isa.h"

namespace {

using namespace cm4j::kernels;

int failures = 0;

void expect(bool good, const std::string& what) {
    if (good) return;
    std::printf("FAILED %s\n", what.c_str());
    failures++;
}

// Not a number is as wrong as can be.
double error(double found, double wanted) {
    return std::isnan(found) ? std::numeric_limits<double>::infinity() : std::fabs(found - wanted);
}

size_t size(int64_t count) { return static_cast<size_t>(count); }

// Images beside one another and noise on some of them, at levels from where one image is certain to where none is.
struct Case {
    int64_t rows, count, images;
    std::vector<uint8_t> pixels;
    std::vector<float> half_norms, x, precisions;

    Case(int64_t rows, int64_t count, int64_t images)
        : rows(rows), count(count), images(images), pixels(size(images * count)), half_norms(size(images)) {
        std::mt19937_64 engine(7);
        for (uint8_t& p : pixels) p = engine() % 4 == 0 ? static_cast<uint8_t>(engine() % 256) : 0;
        for (int64_t k = 0; k < images; ++k)
            for (int64_t i = 0; i < count; ++i)
                half_norms[size(k)] += static_cast<float>(y(k, i) * y(k, i) / 2);
        std::normal_distribution<double> normal;
        const double levels[] = {0.002, 0.5, 1, 2, 5, 20, 80};
        for (int64_t n = 0; n < rows; ++n) {
            const double sigma = levels[n % 7];
            precisions.push_back(static_cast<float>(1 / (sigma * sigma)));
            const auto origin = static_cast<int64_t>(engine() % size(images));
            for (int64_t i = 0; i < count; ++i)
                x.push_back(static_cast<float>(y(origin, i) + sigma * normal(engine)));
        }
    }

    double y(int64_t k, int64_t i) const { return pixels[size(k * count + i)] / 127.5 - 1; }

    std::vector<double> expected(int64_t n) const {
        std::vector<double> logits(size(images)), mean(size(count));
        for (int64_t k = 0; k < images; ++k) {
            double distance = 0;
            for (int64_t i = 0; i < count; ++i) distance += std::pow(x[size(n * count + i)] - y(k, i), 2);
            logits[size(k)] = -distance * precisions[size(n)] / 2;
        }
        const double highest = *std::max_element(logits.begin(), logits.end());
        double sum = 0;
        for (int64_t k = 0; k < images; ++k) {
            const double weight = std::exp(logits[size(k)] - highest);
            sum += weight;
            for (int64_t i = 0; i < count; ++i) mean[size(i)] += weight * y(k, i);
        }
        for (double& m : mean) m /= sum;
        return mean;
    }

    void check(const std::vector<float>& found, const std::string& what) const {
        for (int64_t n = 0; n < rows; ++n) {
            const std::vector<double> wanted = expected(n);
            double worst = 0;
            for (int64_t i = 0; i < count; ++i)
                worst = std::max(worst, error(found[size(n * count + i)], wanted[size(i)]));
            expect(worst < 1e-4, what + ": row " + std::to_string(n) + " is off by " + std::to_string(worst));
        }
    }
};

// One loop over all images at once.
void test_loop(decltype(&ideal_part) loop, const Case& c, const std::string& what) {
    const int64_t stride = (c.count + 15) / 16 * 16;
    std::vector<float> x(size(c.rows * stride)), maxima(size(c.rows)), sums(size(c.rows)), totals(x.size());
    std::vector<uint8_t> padded(size(kIdealBlock * stride));
    for (int64_t n = 0; n < c.rows; ++n)
        std::copy_n(c.x.data() + n * c.count, c.count, x.data() + n * stride);
    loop({x.data(), c.precisions.data(), c.rows, stride, c.count, c.pixels.data(), c.half_norms.data(), c.images,
          maxima.data(), sums.data(), totals.data(), padded.data()});
    std::vector<float> found(c.x.size());
    for (int64_t n = 0; n < c.rows; ++n)
        for (int64_t i = 0; i < c.count; ++i)
            found[size(n * c.count + i)] = totals[size(n * stride + i)] / sums[size(n)] / 127.5F - 1;
    c.check(found, what);
}

void test(const Case& c) {
    const std::string shape =
        std::to_string(c.rows) + " of " + std::to_string(c.count) + " among " + std::to_string(c.images);
    test_loop(ideal_part, c, "portable, " + shape);
#if defined(__x86_64__)
    if (isa_at_least(Isa::avx2)) test_loop(ideal_part_avx2, c, "AVX2, " + shape);
    if (isa_at_least(Isa::avx512)) test_loop(ideal_part_avx512, c, "AVX-512, " + shape);
#endif
    const IdealBatch batch{c.x.data(),        c.precisions.data(), c.rows, c.count, c.pixels.data(),
                           c.half_norms.data(), c.images};
    std::vector<float> alone(c.x.size()), together(c.x.size());
    std::vector<float> workspace(size(ideal_workspace(batch) / 4 + 1));
    ideal_means(batch, workspace.data(), alone.data(), 1);
    std::fill(workspace.begin(), workspace.end(), std::nanf(""));  // what an earlier call left
    ideal_means(batch, workspace.data(), together.data(), 3);
    c.check(alone, "all parts, " + shape);
    expect(std::memcmp(alone.data(), together.data(), alone.size() * sizeof(float)) == 0, "threads, " + shape);
}

// A row that is no number spoils no other.
void test_nan() {
    Case c(3, 40, 300);
    const std::vector<double> first = c.expected(0), last = c.expected(2);
    c.x[size(c.count + 7)] = std::nanf("");
    const IdealBatch batch{c.x.data(),          c.precisions.data(), c.rows, c.count, c.pixels.data(),
                           c.half_norms.data(), c.images};
    std::vector<float> workspace(size(ideal_workspace(batch) / 4 + 1)), found(c.x.size());
    ideal_means(batch, workspace.data(), found.data(), 2);
    for (int64_t i = 0; i < c.count; ++i) {
        expect(std::isnan(found[size(c.count + i)]), "a row that is no number has a mean");
        expect(error(found[size(i)], first[size(i)]) < 1e-4, "the row before one that is no number");
        expect(error(found[size(2 * c.count + i)], last[size(i)]) < 1e-4, "the row after one that is no number");
    }
}

void test_half_norms() {
    const Case c(1, 40, 33);
    std::vector<float> found(size(c.images));
    half_norms(c.pixels.data(), c.images, c.count, found.data(), 2);
    for (int64_t k = 0; k < c.images; ++k)
        expect(error(found[size(k)], c.half_norms[size(k)]) < 1e-4, "half the norm of image " + std::to_string(k));
}

}  // namespace

int main() {
    if (!isa_at_least(Isa::avx512)) std::puts("skipped AVX-512, which this processor lacks");
    if (!isa_at_least(Isa::avx2)) std::puts("skipped AVX2, which this processor lacks");
    test_nan();
    test_half_norms();
    test(Case(3, 16, 5000));
    for (const int64_t rows : {1, 2, 3, 7, 8, 19})
        for (const int64_t count : {5, 16, 40, 64})
            for (const int64_t images : {1, 2, 33, 700}) test(Case(rows, count, images));
    std::printf("%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
