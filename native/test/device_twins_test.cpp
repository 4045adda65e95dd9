// The arithmetic that CUDA kernels share with their plain twins, against independent formulas in double precision,
// central differences and the kernels of the processor. Prints its seed; an argument replaces it.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "../src/device/plain_twins.h"
#include "../src/kernels/noise.h"
#include "../src/kernels/optim.h"

namespace {

using namespace cm4j;
using namespace cm4j::operations;

std::mt19937_64 engine;
int failures = 0;

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

int64_t pick(std::initializer_list<int64_t> values) { return values.begin()[engine() % values.size()]; }

Floats floats(int64_t count, float spread = 1, float centre = 0) {
    std::normal_distribution<float> normal(centre, spread);
    Floats v(static_cast<size_t>(count));
    for (float& x : v) x = normal(engine);
    return v;
}

Doubles wide(const Floats& v) { return {v.begin(), v.end()}; }

void expect(bool good, const std::string& what) {
    if (good) return;
    failures++;
    std::printf("FAILED %s\n", what.c_str());
}

// Relative L2 distance.
template <class Expected>
void near(const Floats& actual, const Expected& expected, double tolerance, const std::string& what) {
    double distance = 0, size = 1e-12;
    for (size_t i = 0; i < expected.size(); i++) {
        distance += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
        size += std::pow(static_cast<double>(expected[i]), 2);
    }
    const double error = std::sqrt(distance / size);
    expect(actual.size() == expected.size() && error <= tolerance, what + ": error " + std::to_string(error));
}

// d(loss)/d(v) by central differences.
Doubles slopes(Doubles& v, const std::function<double()>& loss) {
    Doubles g(v.size());
    for (size_t i = 0; i < v.size(); i++) {
        const double kept = v[i];
        v[i] = kept + 1e-5;
        const double above = loss();
        v[i] = kept - 1e-5;
        g[i] = (above - loss()) / 2e-5;
        v[i] = kept;
    }
    return g;
}

// Group norm, scale and shift, SiLU, in double precision.
struct Norm {
    int64_t n, p, c, groups;
    bool silu, modulated;
    Doubles x, weight, bias, scale, shift;

    Doubles forward() const {
        Doubles y(x.size());
        const int64_t width = c / groups;
        for (int64_t i = 0; i < n; i++)
            for (int64_t g = 0; g < groups; g++) {
                double mean = 0, square = 0;
                const auto at = [&](int64_t pixel, int64_t k) { return (i * p + pixel) * c + g * width + k; };
                const auto over = [&](const auto& body) {
                    for (int64_t pixel = 0; pixel < p; pixel++)
                        for (int64_t k = 0; k < width; k++) body(at(pixel, k), g * width + k);
                };
                over([&](int64_t e, int64_t) { mean += x[e] / (width * p); });
                over([&](int64_t e, int64_t) { square += (x[e] - mean) * (x[e] - mean) / (width * p); });
                over([&](int64_t e, int64_t k) {
                    double z = (x[e] - mean) / std::sqrt(square + 1e-5) * weight[k] + bias[k];
                    if (modulated) z = z * (1 + scale[i * c + k]) + shift[i * c + k];
                    y[e] = silu ? z / (1 + std::exp(-z)) : z;
                });
            }
        return y;
    }
};

void norms() {
    const int64_t n = pick({1, 2, 3}), groups = pick({1, 2, 4}), c = groups * pick({1, 2, 3}), p = pick({1, 2, 6, 9});
    const bool silu = engine() % 2 != 0, modulated = engine() % 2 != 0;
    const std::string what = "norm " + std::to_string(n) + "x" + std::to_string(p) + "x" + std::to_string(c) + " in " +
                             std::to_string(groups) + (silu ? " silu" : "") + (modulated ? " modulated" : "");
    // A mean far from zero must not cost digits.
    const Floats x = floats(n * p * c, 2, static_cast<float>(pick({0, 30}))), upstream = floats(n * p * c);
    const Floats weight = floats(c, .5F, 1), bias = floats(c, .5F);
    Floats time = floats(2 * n * c, .5F);  // scale and shift side by side
    Norm exact{n, p, c, groups, silu, modulated, wide(x), wide(weight), wide(bias), {}, {}};
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < c; k++) {
            exact.scale.push_back(time[2 * i * c + k]);
            exact.shift.push_back(time[2 * i * c + c + k]);
        }
    const NormShape shape{n, p, c, groups, 1e-5F, silu, Element::f32};
    Floats y(x.size()), statistics(2 * n * groups), workspace(norm_workspace(shape));
    const float* scale = modulated ? time.data() : nullptr;
    const float* shift = modulated ? time.data() + c : nullptr;
    twins::norm_forward({shape, x.data(), weight.data(), bias.data(), scale, shift, 2 * c, y.data(), statistics.data(),
                         workspace.data()});
    near(y, exact.forward(), 1e-4, what + " forward");

    if (p * c / groups < 3) return;  // a group of one or two elements has no smooth gradient
    Floats dx(x.size()), dw(c), db(c), dtime(time.size());
    twins::norm_backward({shape, x.data(), upstream.data(), weight.data(), bias.data(), scale, shift, 2 * c,
                          statistics.data(), dx.data(), dw.data(), db.data(), modulated ? dtime.data() : nullptr,
                          modulated ? dtime.data() + c : nullptr, workspace.data()});
    const auto loss = [&] {
        const Doubles out = exact.forward();
        double sum = 0;
        for (size_t i = 0; i < out.size(); i++) sum += out[i] * upstream[i];
        return sum;
    };
    near(dx, slopes(exact.x, loss), 2e-3, what + " towards x");
    near(dw, slopes(exact.weight, loss), 2e-3, what + " towards weight");
    near(db, slopes(exact.bias, loss), 2e-3, what + " towards bias");
    if (!modulated) return;
    Floats dscale, dshift;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < c; k++) {
            dscale.push_back(dtime[2 * i * c + k]);
            dshift.push_back(dtime[2 * i * c + c + k]);
        }
    near(dscale, slopes(exact.scale, loss), 2e-3, what + " towards scale");
    near(dshift, slopes(exact.shift, loss), 2e-3, what + " towards shift");
}

void pairs() {
    const int64_t n = pick({1, 2, 3}), c = pick({1, 3}), p = pick({1, 4, 7});
    const PairShape shape{n, c, p, Element::f32};
    const Floats x0 = floats(n * c * p), z = floats(n * c * p);
    const Floats raw_t = floats(n * c * p), raw_r = floats(n * c * p);
    Floats k = floats(kCoefficients * n);
    for (float& v : k) v = std::fabs(v) + .1F;
    const auto of = [&](int32_t row, int64_t i) { return static_cast<double>(k[row * n + i]); };
    const auto first = [&](int64_t i, int64_t channel, int64_t pixel) { return (i * c + channel) * p + pixel; };
    const auto last = [&](int64_t i, int64_t channel, int64_t pixel) { return (i * p + pixel) * c + channel; };

    Floats input_t(x0.size()), input_r(x0.size());
    twins::pair_input({shape, x0.data(), z.data(), k.data(), input_t.data(), input_r.data()});
    Floats expected_t(x0.size()), expected_r(x0.size());
    for (int64_t i = 0; i < n; i++)
        for (int64_t ch = 0; ch < c; ch++)
            for (int64_t q = 0; q < p; q++) {
                const auto a = first(i, ch, q);
                expected_t[last(i, ch, q)] = of(kInT, i) * (x0[a] + of(kSigmaT, i) * z[a]);
                expected_r[last(i, ch, q)] = of(kInR, i) * (x0[a] + of(kSigmaR, i) * z[a]);
            }
    near(input_t, expected_t, 1e-6, "input of the student");
    near(input_r, expected_r, 1e-6, "input of the target");

    for (const auto kind : {elements::Distance::l2, elements::Distance::pseudo_huber}) {
        const double constant = .3;
        Doubles raw = wide(raw_t), per(static_cast<size_t>(n));
        const auto loss = [&] {
            double mean = 0;
            for (int64_t i = 0; i < n; i++) {
                double squares = 0;
                for (int64_t ch = 0; ch < c; ch++)
                    for (int64_t q = 0; q < p; q++) {
                        const auto a = first(i, ch, q), b = last(i, ch, q);
                        const double student = of(kSkipT, i) * (x0[a] + of(kSigmaT, i) * z[a]) + of(kOutT, i) * raw[b];
                        const double goal = of(kSkipR, i) * (x0[a] + of(kSigmaR, i) * z[a]) + of(kOutR, i) * raw_r[b];
                        squares += (student - goal) * (student - goal);
                    }
                per[i] = of(kWeight, i) * (kind == elements::Distance::l2
                                               ? squares / static_cast<double>(c * p)
                                               : std::sqrt(squares + constant * constant) - constant);
                mean += per[i] / static_cast<double>(n);
            }
            return mean;
        };
        loss();
        const Doubles exact = per;
        Floats losses(static_cast<size_t>(n)), gradient(x0.size());
        twins::pair_loss({shape, x0.data(), z.data(), raw_t.data(), raw_r.data(), k.data(), kind,
                          static_cast<float>(constant), 0, losses.data(), gradient.data()});
        near(losses, exact, 1e-5, "losses");
        near(gradient, slopes(raw, loss), 1e-4, "gradient of the loss");
    }

    // A goal that is no number counts as zero where that is asked for.
    Floats broken = raw_r, losses(static_cast<size_t>(n)), gradient(x0.size());
    broken[0] = NAN;
    twins::pair_loss({shape, x0.data(), z.data(), raw_t.data(), broken.data(), k.data(), elements::Distance::l2, 0, 1,
                      losses.data(), gradient.data()});
    expect(std::isfinite(losses[0]), "NaN of the goal is taken as zero");
}

void samples() {
    const PairShape shape{2, 3, 5, Element::f32};
    Floats x = floats(30), raw = floats(30), noise = floats(30), input(30);
    const Floats before = x;
    const Floats k{.3F, 1.5F, .7F, .4F};
    twins::sample_step({shape, x.data(), raw.data(), noise.data(), k.data(), 1, input.data()});
    for (int64_t i = 0; i < 30; i++) {
        const int64_t n = i / 15, c = i / 5 % 3, p = i % 5, last = (n * 5 + p) * 3 + c;
        const float clean = std::fmin(1.0F, std::fmax(-1.0F, .3F * before[i] + 1.5F * raw[last]));
        expect(std::fabs(x[i] - (clean + .7F * noise[i])) < 1e-6F, "a sampler's step");
        expect(std::fabs(input[last] - .4F * x[i]) < 1e-6F, "the input of a sampler's next step");
    }
}

void noises() {
    const uint64_t seed = engine();
    const std::vector<int64_t> images{static_cast<int64_t>(engine()), 5};
    const int64_t count = pick({1, 3, 64, 1001});
    Floats expected(2 * count);
    kernels::noise_normal(seed, images.data(), 2, 7, count, expected.data(), 1);
    Floats uniforms(2 * count), masks(2 * count);
    kernels::noise_uniform(seed, images.data(), 2, 7, count, uniforms.data(), 1);
    kernels::dropout_mask(seed, 11, .3, 2, count, masks.data(), 1);
    for (int64_t i = 0; i < 2 * count; i++) {
        const int64_t at = i % count, n = i / count;
        const auto words =
            elements::words_of(seed, static_cast<uint32_t>(at / 4), static_cast<uint64_t>(images[n]), 7);
        float pair[2];
        elements::normal_pair(words.w[at % 4 / 2 * 2], words.w[at % 4 / 2 * 2 + 1], pair[0], pair[1]);
        expect(pair[at % 2] == expected[i], "normal noise has the processor's bits");
        expect(elements::uniform(words.w[at % 4]) == uniforms[i], "uniform noise has the processor's bits");
        const float factor = elements::dropout_factor(seed, 11, static_cast<uint32_t>(n), at, .3F,
                                                      static_cast<float>(1.0 / (1.0 - .3)));
        expect(factor == masks[i], "dropout has the processor's bits");
    }
}

float from_bf16(uint16_t half) { return elements::float_of(static_cast<uint32_t>(half) << 16); }

void optimisers() {
    // Three parameters with padding between them: a vector, a 3x3 convolution, a matrix.
    const std::vector<elements::Segment> segments{{0, 10, 10, 1}, {16, 2 * 3 * 9, 3, 9}, {80, 24, 6, 1}};
    const int64_t count = 112;
    Floats p = floats(count), m = floats(count), v = floats(count), a = floats(count), b = floats(count);
    for (float& x : v) x = std::fabs(x);
    const Floats g = floats(count);
    for (const bool rectified : {true, false}) {
        Floats s(elements::kStepScalars + 2 * elements::kMaxAverages);
        const kernels::StepScalars scalars{.5F, .01F, .999F, .1F, .99F, .01F, .002F, 1.5F, 1e-8F, rectified};
        const float flat[] = {.5F, .01F, .999F, .1F, .99F, .01F, .002F, 1.5F, 1e-8F, rectified ? 1.0F : 0.0F, 0};
        std::copy(std::begin(flat), std::end(flat), s.begin());
        s[elements::kStepScalars] = .9F, s[elements::kStepScalars + 1] = 1 - .9F;
        s[elements::kStepScalars + 2] = .99F, s[elements::kStepScalars + 3] = 1 - .99F;

        Floats p2 = p, m2 = m, v2 = v, a2 = a, b2 = b;
        const kernels::AverageScalars averages[] = {{a2.data(), .9F, 1 - .9F}, {b2.data(), .99F, 1 - .99F}};
        kernels::optim_step(scalars, {p2.data(), g.data(), m2.data(), v2.data(), count}, averages, 2, 1);

        std::vector<uint16_t> half(count), half_b(count);
        const float norm = 3, loss = 1, broken = NAN;
        Optimise op{};
        op.count = count;
        op.weights = p.data(), op.exp_avg = m.data(), op.exp_avg_sq = v.data(), op.gradients = g.data();
        op.scalars = s.data(), op.norm = &norm, op.loss = &broken;
        op.weights_copy = {half.data(), Element::bf16};
        op.average_count = 2, op.averages[0] = a.data(), op.averages[1] = b.data();
        op.average_copies[1] = {half_b.data(), Element::bf16};
        op.segments = segments.data(), op.segment_count = 3;
        const Floats before = p;
        twins::optimise(op);
        expect(p == before, "no step where the loss is not finite");
        op.loss = &loss;
        twins::optimise(op);
        expect(p == p2 && m == m2 && v == v2 && a == a2 && b == b2, "the step has the processor's bits");
        for (int64_t o = 0; o < 2; o++)
            for (int64_t c = 0; c < 3; c++)
                for (int64_t t = 0; t < 9; t++) {
                    const float exact = p[16 + (o * 3 + c) * 9 + t], copied = from_bf16(half[16 + (o * 9 + t) * 3 + c]);
                    expect(std::fabs(copied - exact) <= std::fabs(exact) / 256, "the copy of a convolution is transposed");
                }
        for (int64_t i = 80; i < 104; i++)
            expect(std::fabs(from_bf16(half_b[i]) - b[i]) <= std::fabs(b[i]) / 256, "the copy of a matrix keeps its order");

        Floats copied(count), plain(count);
        twins::copy_weights({count, p.data(), {copied.data(), Element::f32}, segments.data(), 3});
        std::vector<bool> met(count);
        for (int64_t i = 0; i < count; i++) {
            const auto& segment = segments[elements::segment_of(segments.data(), 3, i)];
            expect(i >= segment.offset, "a segment begins at or before its elements");
            const int64_t to = elements::half_index(segment, i);
            expect(to >= 0 && to < count && !met[to] && copied[to] == p[i], "the copy is a permutation");
            met[to] = true;
        }
        s[elements::kClipNorm] = 1.5F;
        expect(std::fabs(elements::gradient_factor(s.data(), norm, loss) - .25F) < 1e-7F, "clipping halves twice the norm");
        expect(elements::gradient_factor(s.data(), 1, loss) == .5F, "short gradients are left alone");
    }
}

}  // namespace

int main(int count, char** arguments) {
    const auto seed = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : static_cast<uint64_t>(std::time(nullptr));
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    engine.seed(seed);
    for (int round = 0; round < 60; round++) norms();
    for (int round = 0; round < 20; round++) pairs();
    for (int round = 0; round < 5; round++) noises();
    samples();
    optimisers();
    if (failures == 0) std::printf("ok\n");
    return failures == 0 ? 0 : 1;
}
