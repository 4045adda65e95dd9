// Noise and optimiser kernels: against arithmetic in double, and every instruction set against the plain one.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "kernels/isa.h"
#include "kernels/noise.h"
#include "kernels/optim.h"

using namespace cm4j::kernels;

namespace {

int failures = 0;

void check(bool condition, const char* what) {
    if (condition) return;
    ++failures;
    std::fprintf(stderr, "failed: %s\n", what);
}

struct Words {
    uint32_t word[4];
};

// Philox4x32-10, one block at a time.
Words philox(Words counter, uint32_t key0, uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        const uint64_t a = uint64_t{0xD2511F53U} * counter.word[0];
        const uint64_t b = uint64_t{0xCD9E8D57U} * counter.word[2];
        counter = {{static_cast<uint32_t>(b >> 32) ^ counter.word[1] ^ key0, static_cast<uint32_t>(b),
                    static_cast<uint32_t>(a >> 32) ^ counter.word[3] ^ key1, static_cast<uint32_t>(a)}};
        key0 += 0x9E3779B9U;
        key1 += 0xBB67AE85U;
    }
    return counter;
}

// The published test vectors of the Random123 distribution.
void published_vectors() {
    const Words zero = philox({{0, 0, 0, 0}}, 0, 0);
    check(zero.word[0] == 0x6627E8D5U && zero.word[3] == 0x9B00DBD8U, "Philox of zeros");
    const Words ones = philox({{~0U, ~0U, ~0U, ~0U}}, ~0U, ~0U);
    check(ones.word[0] == 0x408F276DU && ones.word[3] == 0x6D5451FDU, "Philox of ones");
}

void noise_values() {
    constexpr int64_t per_image = 4001;  // leaves a rest of every size of group
    const uint64_t seed = 0x123456789ABCDEFULL;
    const int64_t images[] = {3, int64_t{7} << 40};
    std::vector<float> normal(2 * per_image), uniform(2 * per_image);
    noise_normal(seed, images, 2, 9, per_image, normal.data(), 2);
    noise_uniform(seed, images, 2, 9, per_image, uniform.data(), 2);
    double worst = 0;
    bool equal = true;
    for (int64_t n = 0; n < 2; ++n) {
        for (int64_t i = 0; i < per_image; ++i) {
            const auto image = static_cast<uint64_t>(images[n]);
            const Words w = philox({{static_cast<uint32_t>(i / 4), static_cast<uint32_t>(image),
                                     static_cast<uint32_t>(image >> 32), 9}},
                                   static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
            const size_t at = static_cast<size_t>(n * per_image + i);
            equal = equal && uniform[at] == static_cast<float>(w.word[i % 4] >> 8) * 0x1p-24F;
            const uint32_t radial = w.word[i % 4 / 2 * 2];
            const uint32_t angular = w.word[i % 4 / 2 * 2 + 1];
            const double radius = std::sqrt(-2 * std::log(((radial >> 8) + 1) * 0x1p-24));
            const double part = (static_cast<double>(angular >> 8 & 0x3FFFFFU) - 0x200000) * 0x1p-22;
            const double angle = ((angular >> 30) + part) * std::acos(0.0);
            const double expected = radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
            worst = std::fmax(worst, std::fabs(normal[at] - expected));
        }
    }
    check(equal, "uniform noise is the top 24 bits of each word");
    check(worst < 1e-6, "normal noise is Box and Muller's transform");
    std::printf("normal noise: %.2g from double\n", worst);
}

void noise_moments() {
    constexpr int64_t count = 1 << 22;
    const int64_t image = 0;
    std::vector<float> v(count);
    noise_normal(1, &image, 1, 0, count, v.data(), 2);
    double sum = 0, square = 0, fourth = 0, neighbour = 0;
    for (int64_t i = 0; i < count; ++i) {
        const double x = v[static_cast<size_t>(i)];
        sum += x;
        square += x * x;
        fourth += x * x * x * x;
        if (i > 0) neighbour += x * v[static_cast<size_t>(i - 1)];
    }
    const double n = static_cast<double>(count);
    // Five standard deviations of each estimate.
    check(std::fabs(sum / n) < 5 / std::sqrt(n), "mean 0");
    check(std::fabs(square / n - 1) < 5 * std::sqrt(2 / n), "variance 1");
    check(std::fabs(fourth / n - 3) < 5 * std::sqrt(96 / n), "fourth moment 3");
    check(std::fabs(neighbour / n) < 5 / std::sqrt(n), "neighbours independent");
}

void masks() {
    constexpr int64_t rows = 2, per_row = 100000;
    std::vector<float> mask(rows * per_row), other(rows * per_row);
    dropout_mask(5, 1, .25, rows, per_row, mask.data(), 2);
    dropout_mask(5, 2, .25, rows, per_row, other.data(), 2);
    double kept = 0;
    bool valid = true;
    for (float m : mask) {
        valid = valid && (m == 0 || m == static_cast<float>(1 / .75));
        kept += m != 0;
    }
    check(valid, "a mask holds 0 and 1 / (1 - p)");
    check(std::fabs(kept / (rows * per_row) - .75) < .006, "three quarters are kept");
    check(mask != other, "streams differ");
    check(std::memcmp(mask.data(), mask.data() + per_row, per_row * sizeof(float)) != 0, "rows differ");
}

void sets_agree() {
    if (!isa_at_least(Isa::avx2)) {
        std::printf("skipped: this processor has no AVX2 to compare\n");
        return;
    }
    constexpr int64_t count = 10007;
    std::vector<float> a(count), b(count);
    for (const NoiseLaw law : {NoiseLaw::normal, NoiseLaw::uniform, NoiseLaw::mask}) {
        NoiseRun run{{1, 2}, {3, 4}, 5, 6, count, a.data(), .3F, 1.5F};
        noise_run(law, run);
        run.out = b.data();
        noise_run_avx2(law, run);
        check(std::memcmp(a.data(), b.data(), count * sizeof(float)) == 0, "noise is equal bit for bit");
    }
}

// One step of all vectors, by the given loop.
struct Vectors {
    std::vector<float> p, g, m, v;
    explicit Vectors(int64_t count) : p(count), g(count), m(count), v(count) {
        const int64_t image = 1;
        noise_normal(1, &image, 1, 0, count, p.data(), 1);
        noise_normal(2, &image, 1, 0, count, g.data(), 1);
        noise_normal(3, &image, 1, 0, count, m.data(), 1);
        noise_uniform(4, &image, 1, 0, count, v.data(), 1);
    }
    StepRange range() { return {p.data(), g.data(), m.data(), v.data(), static_cast<int64_t>(p.size())}; }
};

void steps() {
    constexpr int64_t count = 20011;
    for (const bool rectified : {false, true}) {
        const StepScalars s{.5F, .01F, .999F, .1F, .999F, .001F, .002F, 1.5F, 1e-8F, rectified};
        Vectors before(count), plain(count), fast(count), threaded(count);
        std::vector<float> average(count, 2.0F);
        const AverageScalars follow{average.data(), .75F, .25F};
        step_range(s, plain.range());
        optim_step(s, threaded.range(), &follow, 1, 2);
        check(plain.p == threaded.p && plain.m == threaded.m && plain.v == threaded.v, "threads change nothing");
#if defined(__x86_64__)
        if (isa_at_least(Isa::avx2)) {
            step_range_avx2(s, fast.range());
            check(plain.p == fast.p && plain.m == fast.m && plain.v == fast.v, "steps are equal bit for bit");
        }
#endif
        double worst = 0;
        for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
            const double g = .5 * before.g[i] + .01 * before.p[i];
            const double m = before.m[i] + .1 * (g - before.m[i]);
            const double v = .999 * before.v[i] + .001 * g * g;
            const double p = .999 * before.p[i] - .002 * (rectified ? m / (1.5 * std::sqrt(v) + 1e-8) : m);
            worst = std::fmax(worst, std::fabs(p - plain.p[i]) / (1 + std::fabs(p)));
            worst = std::fmax(worst, std::fabs(.75 * 2 + .25 * p - average[i]) / (1 + std::fabs(p)));
        }
        check(worst < 1e-6, "a step is its formula");
    }
}

}  // namespace

int main() {
    published_vectors();
    noise_values();
    noise_moments();
    masks();
    sets_agree();
    steps();
    if (failures == 0) std::printf("ok\n");
    return failures == 0 ? 0 : 1;
}
