// The kernels of native/cuda, run by the model of cuda_model/, against their plain twins. Every run has the same
// cases; a seed as argument makes others.
#include "../cuda/kernels.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "cuda_model/arrays.h"
#include "device/plain_twins.h"

namespace {

using namespace cm4j;
using namespace cm4j::operations;
using cuda_model::Array;
using cuda_model::Numbers;
using cuda_model::Order;
using cuda_model::precision;
using cuda_model::rounded;

using Floats = std::vector<float>;

std::mt19937_64 engine;
int failures = 0;

constexpr Element kTypes[] = {Element::f32, Element::f16, Element::bf16};
constexpr Order kOrders[] = {Order::forward, Order::backward, Order::shuffled};

Floats floats(int64_t count, float spread = 1, float centre = 0) {
    std::normal_distribution<float> normal(centre, spread);
    Floats v(static_cast<size_t>(count));
    for (float& x : v) x = normal(engine);
    return v;
}

void expect(bool good, const std::string& what) {
    if (good) return;
    failures++;
    std::printf("FAILED %s\n", what.c_str());
}

bool same(float a, float b) { return elements::bits_of(a) == elements::bits_of(b) || (a != a && b != b); }

void same(const Floats& actual, const Floats& expected, const std::string& what) {
    for (size_t i = 0; i < expected.size(); i++)
        if (!same(actual[i], expected[i]))
            return expect(false, what + " at " + std::to_string(i) + ": " + std::to_string(actual[i]) + ", not " +
                                     std::to_string(expected[i]));
    expect(actual.size() == expected.size(), what + ": the length");
}

double root_mean_square(const Floats& values) {
    double sum = 0;
    for (float x : values) sum += static_cast<double>(x) * x;
    return std::sqrt(sum / static_cast<double>(values.size()));
}

// Each number within tolerance of its own size and that of all. terms: the size of what was added up, where it may
// cancel.
void near(const Floats& actual, const Floats& expected, double tolerance, const std::string& what, double terms = 0) {
    const double size = root_mean_square(expected) + terms;
    for (size_t i = 0; i < expected.size(); i++)
        if (!(std::fabs(actual[i] - expected[i]) <= tolerance * (std::fabs(expected[i]) + size)))
            return expect(false, what + " at " + std::to_string(i) + ": " + std::to_string(actual[i]) + ", not " +
                                     std::to_string(expected[i]));
    expect(actual.size() == expected.size(), what + ": the length");
}

// A launch that must give that status, and no fault.
void launch(cudaError_t expected, const std::function<cudaError_t()>& run, const std::string& what) {
    const cudaError_t status = run();
    expect(status == expected, what + ": status " + std::to_string(status));
    for (const std::string& fault : cuda_model::take_faults()) expect(false, what + ": " + fault);
}
void launch(const std::function<cudaError_t()>& run, const std::string& what) { launch(cudaSuccess, run, what); }

// Runs under each order of threads and blocks; the numbers it gives must have the same bits.
Floats under_all_orders(const std::function<Floats()>& run, const std::string& what) {
    Floats first;
    for (Order order : kOrders) {
        cuda_model::set_order(order);
        const Floats found = run();
        if (order == kOrders[0])
            first = found;
        else
            same(found, first, what + ": another order of threads");
    }
    cuda_model::set_order(Order::forward);
    return first;
}

void append(Floats& to, const Floats& what) { to.insert(to.end(), what.begin(), what.end()); }

// Cuts off and returns the first numbers.
Floats cut(Floats& from, size_t count) {
    const auto end = from.begin() + static_cast<std::ptrdiff_t>(count);
    Floats head(from.begin(), end);
    from.erase(from.begin(), end);
    return head;
}

// ---- group norm -----------------------------------------------------------------------------------------------------

void norm(NormShape s, bool modulated) {
    const std::string what = std::string("norm ") + cuda_model::name(s.type) + " " + std::to_string(s.images) + "x" +
                             std::to_string(s.pixels) + "x" + std::to_string(s.channels) + " in " +
                             std::to_string(s.groups) + (s.silu != 0 ? " silu" : "") + (modulated ? " modulated" : "");
    const int64_t count = s.images * s.pixels * s.channels, c = s.channels;
    // A mean far from zero must not cost digits.
    const Floats x = rounded(floats(count, 2, engine() % 2 != 0 ? 10 : 0), s.type), dy = rounded(floats(count), s.type);
    const Floats weight = floats(c, .5F, 1), bias = floats(c, .5F);
    const Floats time = rounded(floats(2 * s.images * c, .5F), s.type);  // scale and shift side by side
    const size_t statistics_count = static_cast<size_t>(2 * s.images * s.groups);

    const auto kernels = [&] {
        const Numbers x_there(x, s.type), dy_there(dy, s.type), time_there(time, s.type), y(x.size(), s.type),
            dx(x.size(), s.type), dtime(time.size(), s.type);
        const Array<float> weight_there(weight), bias_there(bias), statistics(statistics_count),
            forward_space(static_cast<size_t>(norm_workspace(s))),
            backward_space(static_cast<size_t>(norm_workspace(s))), dw(weight.size()), db(bias.size());
        const auto of_time = [&](const Numbers& numbers, int64_t at) { return modulated ? numbers.at(at) : nullptr; };
        launch([&] {
            return device::norm_forward({s, x_there.data(), weight_there.data(), bias_there.data(),
                                         of_time(time_there, 0), of_time(time_there, c), 2 * c, y.data(),
                                         statistics.data(), forward_space.data()},
                                        cuda_model::stream());
        }, what);
        launch([&] {
            return device::norm_backward({s, x_there.data(), dy_there.data(), weight_there.data(), bias_there.data(),
                                          of_time(time_there, 0), of_time(time_there, c), 2 * c, statistics.data(),
                                          dx.data(), dw.data(), db.data(), of_time(dtime, 0), of_time(dtime, c),
                                          backward_space.data()},
                                         cuda_model::stream());
        }, what + " backward");
        Floats all = y.host();
        append(all, statistics.host());
        append(all, dx.host());
        append(all, dw.host());
        append(all, db.host());
        if (modulated) append(all, dtime.host());
        return all;
    };
    Floats found = under_all_orders(kernels, what);

    NormShape exact = s;
    exact.type = Element::f32;
    Floats y(x.size()), statistics(statistics_count), dx(x.size()), dw(weight.size()), db(bias.size()),
        dtime(time.size());
    const float* scale = modulated ? time.data() : nullptr;
    const float* shift = modulated ? time.data() + c : nullptr;
    twins::norm_forward({exact, x.data(), weight.data(), bias.data(), scale, shift, 2 * c, y.data(), statistics.data(),
                         nullptr});
    twins::norm_backward({exact, x.data(), dy.data(), weight.data(), bias.data(), scale, shift, 2 * c,
                          statistics.data(), dx.data(), dw.data(), db.data(), modulated ? dtime.data() : nullptr,
                          modulated ? dtime.data() + c : nullptr, nullptr});
    const double tolerance = 2e-4 + precision(s.type);
    near(cut(found, y.size()), y, tolerance, what + " forward");
    near(cut(found, statistics.size()), statistics, 2e-4, what + " statistics");
    double largest_rstd = 0;  // of a group of one element, whose gradient is what cancelling leaves
    for (size_t i = 1; i < statistics.size(); i += 2) largest_rstd = std::max<double>(largest_rstd, statistics[i]);
    near(cut(found, dx.size()), dx, tolerance, what + " towards x", root_mean_square(dy) * largest_rstd);
    near(cut(found, dw.size()), dw, 2e-4, what + " towards weight");
    near(cut(found, db.size()), db, 2e-4, what + " towards bias");
    if (modulated) near(found, dtime, tolerance, what + " towards scale and shift");
}

void norms() {
    struct Case {
        int64_t images, pixels, channels, groups;
    };
    // A pixel, odd numbers, threads that are no multiple of a warp, one piece to the most, wide and narrow groups.
    const Case cases[] = {{1, 1, 32, 32},    {1, 1, 8, 1},      {2, 9, 32, 32},  {1, 65, 64, 32},  {3, 130, 96, 32},
                          {1, 4097, 16, 4},  {2, 16, 1536, 32}, {1, 7, 2048, 32}, {2, 35, 24, 2},   {1, 3, 264, 1},
                          {2, 5, 40, 5},     {1, 70, 288, 32},  {40, 3, 32, 8}, {20, 129, 16, 2}};
    int turn = 0;
    for (const Case& c : cases)
        for (Element type : kTypes) {
            turn++;
            norm({c.images, c.pixels, c.channels, c.groups, 1e-5F, turn % 2, type}, turn % 4 < 2);
            if (c.pixels <= 9 && c.channels <= 64)
                norm({c.images, c.pixels, c.channels, c.groups, 1e-5F, (turn + 1) % 2, type}, turn % 4 >= 2);
        }
    for (Element type : {Element::f16, Element::bf16}) norm({1, 5, 4096, 32, 1e-5F, 1, type}, true);
    for (int32_t silu : {0, 1})
        for (bool modulated : {false, true}) norm({2, 100, 64, 32, 1e-5F, silu, Element::bf16}, modulated);

    const auto refused = [](NormShape s, const std::string& what) {
        launch(cudaErrorInvalidValue, [&] { return device::norm_forward({s, {}, {}, {}, {}, {}, 0, {}, {}, {}}, cuda_model::stream()); },
               what);
        NormBackward op{};
        op.shape = s;
        launch(cudaErrorInvalidValue, [&] { return device::norm_backward(op, cuda_model::stream()); },
               what + " backward");
    };
    refused({1, 4, 12, 4, 1e-5F, 0, Element::bf16}, "channels that are no multiple of eight");
    refused({1, 4, 6, 2, 1e-5F, 0, Element::f32}, "channels that are no multiple of four");
    refused({1, 4, 2056, 1, 1e-5F, 0, Element::f32}, "channels beyond 2048 of float32");
    refused({1, 4, 4104, 1, 1e-5F, 0, Element::f16}, "channels beyond 4096 of float16");
    refused({1, 4, 264, 33, 1e-5F, 0, Element::f32}, "more than 32 groups");
    refused({1, 4, 16, 3, 1e-5F, 0, Element::f32}, "groups that do not divide the channels");
    refused({1, 4, 16, 0, 1e-5F, 0, Element::f32}, "no group");
    refused({1, 4, 0, 1, 1e-5F, 0, Element::f32}, "no channel");
    for (Element type : kTypes)
        launch([&] { return device::norm_forward({{0, 4, 32, 32, 1e-5F, 0, type}, {}, {}, {}, {}, {}, 0, {}, {}, {}}, cuda_model::stream()); },
               "norm of no image");
}

// ---- consistency pairs and sampling ---------------------------------------------------------------------------------

std::string text(const PairShape& s) {
    return std::string(" ") + cuda_model::name(s.type) + " " + std::to_string(s.images) + "x" +
           std::to_string(s.channels) + "x" + std::to_string(s.pixels);
}

void pair(const PairShape& s) {
    const int64_t count = s.images * s.channels * s.pixels;
    PairShape exact = s;
    exact.type = Element::f32;
    const Floats x0 = floats(count), z = floats(count);
    Floats k = floats(kCoefficients * s.images);
    for (float& v : k) v = std::fabs(v) + .1F;
    const Array<float> x0_there(x0), z_there(z), k_there(k);

    const std::string input = "pair_input" + text(s);
    Floats found = under_all_orders([&] {
        const Numbers t(x0.size(), s.type), r(x0.size(), s.type);
        launch([&] {
            return device::pair_input({s, x0_there.data(), z_there.data(), k_there.data(), t.data(), r.data()},
                                      cuda_model::stream());
        }, input);
        Floats both = t.host();
        append(both, r.host());
        return both;
    }, input);
    Floats t(x0.size()), r(x0.size());
    twins::pair_input({exact, x0.data(), z.data(), k.data(), t.data(), r.data()});
    same(cut(found, t.size()), rounded(t, s.type), input + " of the student");
    same(found, rounded(r, s.type), input + " of the target");

    for (const auto kind : {elements::Distance::l2, elements::Distance::pseudo_huber})
        for (const int broken : {0, 1, 2}) {  // numbers; a goal that is none; the same, taken as zero
            const Floats raw_t = rounded(floats(count), s.type);
            Floats raw_r = rounded(floats(count), s.type);
            if (broken != 0) raw_r[engine() % raw_r.size()] = NAN;
            const int32_t nan_is_zero = broken == 2;
            const std::string what = "pair_loss" + text(s) + (kind == elements::Distance::l2 ? " L2" : " PseudoHuber") +
                                     (broken == 0 ? "" : broken == 1 ? " broken" : " mended");
            const Numbers t_there(raw_t, s.type), r_there(raw_r, s.type);
            Floats both = under_all_orders([&] {
                const Numbers gradient(raw_t.size(), s.type);
                const Array<float> losses(static_cast<size_t>(s.images));
                launch([&] {
                    return device::pair_loss({s, x0_there.data(), z_there.data(), t_there.data(), r_there.data(),
                                              k_there.data(), kind, .3F, nan_is_zero, losses.data(), gradient.data()},
                                             cuda_model::stream());
                }, what);
                Floats all = losses.host();
                append(all, gradient.host());
                return all;
            }, what);
            Floats losses(static_cast<size_t>(s.images)), gradient(x0.size());
            twins::pair_loss({exact, x0.data(), z.data(), raw_t.data(), raw_r.data(), k.data(), kind, .3F, nan_is_zero,
                              losses.data(), gradient.data()});
            // Both or neither are numbers; then the numbers are near.
            for (Floats* numbers : {&losses, &gradient}) {
                Floats part = cut(both, numbers->size());
                const size_t images = losses.size(), each = numbers->size() / images;
                for (size_t i = 0; i < part.size(); i++)
                    if (std::isnan((*numbers)[i])) {
                        expect(std::isnan(part[i]) && broken == 1, what + ": no number at " + std::to_string(i / each));
                        part[i] = (*numbers)[i] = 0;
                    }
                const double tolerance = 2e-5 + precision(s.type);
                const double least = s.type == Element::f16 && numbers == &gradient ? 0x1p-24 : 0;  // step near zero
                near(part, *numbers, tolerance, what + (each == 1 ? " losses" : " gradient"), least / tolerance);
            }
        }
}

void sample(const PairShape& s, bool first, bool last, bool clip) {
    const int64_t count = s.images * s.channels * s.pixels;
    const std::string what = "sample_step" + text(s) + (first ? " first" : "") + (last ? " last" : "");
    PairShape exact = s;
    exact.type = Element::f32;
    const Floats k{.3F, 1.5F, .7F, .4F}, noise = floats(count);
    Floats x = floats(count), raw = rounded(floats(count), s.type);
    raw[engine() % raw.size()] = NAN;
    const Array<float> k_there(k), noise_there(noise);
    const Numbers raw_there(raw, s.type);
    Floats found = under_all_orders([&] {
        const Array<float> x_there(x);
        const Numbers input(x.size(), s.type);
        launch([&] {
            return device::sample_step({s, x_there.data(), first ? nullptr : raw_there.data(),
                                        last ? nullptr : noise_there.data(), k_there.data(), clip,
                                        last ? nullptr : input.data()},
                                       cuda_model::stream());
        }, what);
        Floats both = x_there.host();
        if (!last) append(both, input.host());
        return both;
    }, what);
    Floats input(x.size());
    twins::sample_step({exact, x.data(), first ? nullptr : raw.data(), last ? nullptr : noise.data(), k.data(), clip,
                        last ? nullptr : input.data()});
    same(cut(found, x.size()), x, what);
    if (!last) same(found, rounded(input, s.type), what + ": the next input");
}

// As many images as a launch takes, and one more.
void most_images() {
    const int64_t most = 65535;
    const Floats x = floats(most + 1), k{0, 0, .7F, .4F};
    const Array<float> x_there(x), noise_there(x), k_there(k);
    const auto step = [&](int64_t images) {
        return device::sample_step({{images, 1, 1, Element::f32}, x_there.data(), nullptr, noise_there.data(),
                                    k_there.data(), 0, nullptr},
                                   cuda_model::stream());
    };
    launch([&] { return step(most); }, "as many images as a launch takes");
    launch(cudaErrorInvalidConfiguration, [&] { return step(most + 1); }, "one image more");
    Floats expected = x;
    for (int64_t i = 0; i < most; i++) expected[static_cast<size_t>(i)] += .7F * x[static_cast<size_t>(i)];
    same(x_there.host(), expected, "a step of many images");
}

void pairs() {
    const int64_t shapes[][3] = {{1, 1, 1}, {1, 3, 1}, {2, 3, 35}, {3, 1, 257}, {1, 4, 1100}, {24, 2, 4}};
    for (const auto& s : shapes)
        for (Element type : kTypes) {
            pair({s[0], s[1], s[2], type});
            sample({s[0], s[1], s[2], type}, true, false, false);
            sample({s[0], s[1], s[2], type}, false, false, engine() % 2 != 0);
            sample({s[0], s[1], s[2], type}, false, true, true);
        }
    for (const PairShape& nothing : {PairShape{0, 3, 4, Element::f32}, PairShape{2, 3, 0, Element::bf16}}) {
        launch([&] { return device::pair_input({nothing, {}, {}, {}, {}, {}}, cuda_model::stream()); }, "no input");
        launch([&] { return device::pair_loss({nothing, {}, {}, {}, {}, {}, {}, 0, 0, {}, {}}, cuda_model::stream()); }, "no loss");
        launch([&] { return device::sample_step({nothing, {}, {}, {}, {}, 0, {}}, cuda_model::stream()); }, "no step");
    }
}

// ---- noise and dropout ----------------------------------------------------------------------------------------------

void noise(int64_t image_count, int64_t per_image) {
    const uint64_t seed = engine();
    std::vector<int64_t> images(static_cast<size_t>(image_count));
    for (int64_t& image : images) image = static_cast<int64_t>(engine());
    const std::string what = "noise " + std::to_string(image_count) + "x" + std::to_string(per_image);
    for (const auto law : {kernels::NoiseLaw::normal, kernels::NoiseLaw::uniform}) {
        const size_t count = static_cast<size_t>(image_count * per_image), held = cuda_model::allocations();
        const Floats found = under_all_orders([&] {
            const Array<float> out(count);
            launch([&] {
                return device::noise(law, seed, images.data(), image_count, 7, per_image, out.data(),
                                     cuda_model::stream());
            }, what);
            expect(cuda_model::allocations() == held + 1, what + " gives back its memory");
            return out.host();
        }, what);
        Floats expected(count);
        (law == kernels::NoiseLaw::normal ? kernels::noise_normal : kernels::noise_uniform)(
            seed, images.data(), image_count, 7, per_image, expected.data(), 1);
        same(found, expected, what + " has the processor's bits");
    }
}

void drop(const PairShape& s) {
    const int64_t per_image = s.channels * s.pixels, first = static_cast<int64_t>(engine() % 1000);
    const std::string what = "dropout" + text(s);
    const std::vector<int64_t> seed{static_cast<int64_t>(engine()), first};
    const Array<int64_t> seed_there(seed);
    const Floats x = rounded(floats(s.images * per_image), s.type);
    const Numbers x_there(x, s.type);
    const double probability = .3;
    const Floats found = under_all_orders([&] {
        const Numbers y(x.size(), s.type);
        launch([&] {
            return device::dropout({s, x_there.data(), y.data(), seed_there.data(), 11, probability},
                                   cuda_model::stream());
        }, what);
        return y.host();
    }, what);
    Floats mask(x.size()), expected(x.size()), twin(x.size());
    kernels::dropout_mask(static_cast<uint64_t>(seed[0]), 11, probability, s.images, per_image, mask.data(), 1, first);
    for (int64_t n = 0; n < s.images; n++)
        for (int64_t c = 0; c < s.channels; c++)
            for (int64_t p = 0; p < s.pixels; p++) {
                const int64_t last = (n * s.pixels + p) * s.channels + c;
                expected[last] = mask[(n * s.channels + c) * s.pixels + p] * x[last];
            }
    PairShape exact = s;
    exact.type = Element::f32;
    twins::dropout({exact, x.data(), twin.data(), seed.data(), 11, probability});
    same(found, rounded(expected, s.type), what + " has the processor's bits");
    same(found, rounded(twin, s.type), what);
}

void noises() {
    for (int64_t count : {1, 3, 4, 5, 1023, 1024, 1025, 5000}) noise(count % 7 + 1, count);
    noise(300, 12);
    launch([] { return device::noise(kernels::NoiseLaw::normal, 1, nullptr, 0, 0, 5, nullptr, cuda_model::stream()); },
           "noise for no image");
    const int64_t shapes[][3] = {{1, 1, 1}, {2, 3, 35}, {1, 32, 81}, {300, 5, 2}};
    for (const auto& s : shapes)
        for (Element type : kTypes) drop({s[0], s[1], s[2], type});
    launch([] { return device::dropout({{0, 3, 4, Element::f16}, {}, {}, {}, 1, .5}, cuda_model::stream()); },
           "dropout of nothing");
}

// ---- optimiser ------------------------------------------------------------------------------------------------------

// Averages with a copy in each type, and without; the copy of the weights in one.
void optimise(int64_t count, std::vector<elements::Segment> segments, int32_t average_count, Element type,
              bool copies) {
    const std::string what = "optimise " + std::to_string(count) + " with " + std::to_string(average_count) +
                             " averages, " + (copies ? cuda_model::name(type) : "no copies");
    const Floats p = floats(count), m = floats(count), g = floats(count);
    Floats v = floats(count);
    for (float& x : v) x = std::fabs(x);
    std::vector<Floats> averages;
    for (int32_t k = 0; k < average_count; k++) averages.push_back(floats(count));
    const auto copied = [&](int32_t k) { return copies && k % 4 != 3; };
    const auto type_of = [&](int32_t k) { return kTypes[(static_cast<int32_t>(type == Element::f32) + k) % 3]; };

    for (const int kind : {0, 1, 2, 3}) {  // rectified, not; a norm or a loss that is none
        Floats s{.5F, .01F, .999F, .1F, .99F, .01F, .002F, 1.5F, 1e-8F, kind == 0 ? 1.0F : 0.0F, 2.0F};
        for (int32_t k = 0; k < elements::kMaxAverages; k++) {
            s.push_back(1 - .1F / static_cast<float>(k + 1));
            s.push_back(.1F / static_cast<float>(k + 1));
        }
        const Floats norm{kind == 2 ? INFINITY : 3}, loss{kind == 3 ? NAN : 1};
        const Array<float> s_there(s), norm_there(norm), loss_there(loss), g_there(g);
        const Array<elements::Segment> segments_there(segments);

        // Kernel, or twin with copies in float32: all that it leaves.
        const auto run = [&](bool on_device) {
            Floats p_host = p, m_host = m, v_host = v;
            std::vector<Floats> host = averages, half_host;
            const Array<float> p_there(p), m_there(m), v_there(v);
            std::vector<std::unique_ptr<Array<float>>> there;
            std::vector<std::unique_ptr<Numbers>> half_there;
            Optimise op{};
            op.count = count;
            op.weights = on_device ? p_there.data() : p_host.data();
            op.exp_avg = on_device ? m_there.data() : m_host.data();
            op.exp_avg_sq = on_device ? v_there.data() : v_host.data();
            op.gradients = on_device ? g_there.data() : g.data();
            op.scalars = on_device ? s_there.data() : s.data();
            op.norm = kind == 1 ? nullptr : on_device ? norm_there.data() : norm.data();
            op.loss = kind == 1 ? nullptr : on_device ? loss_there.data() : loss.data();
            op.segments = on_device ? segments_there.data() : segments.data();
            op.segment_count = static_cast<int32_t>(segments.size());
            op.average_count = average_count;
            half_host.assign(static_cast<size_t>(average_count) + 1, Floats(static_cast<size_t>(count), 9));
            const auto copy = [&](size_t i, Element of) -> Copy {
                half_there.push_back(std::make_unique<Numbers>(half_host[i], of));
                if (on_device) return {half_there.back()->data(), of};
                return {half_host[i].data(), Element::f32};
            };
            if (copies) op.weights_copy = copy(0, type);
            for (int32_t k = 0; k < average_count; k++) {
                const auto i = static_cast<size_t>(k);
                there.push_back(std::make_unique<Array<float>>(averages[i]));
                op.averages[k] = on_device ? there[i]->data() : host[i].data();
                if (copied(k)) op.average_copies[k] = copy(i + 1, type_of(k));
            }
            if (on_device)
                launch([&] { return device::optimise(op, cuda_model::stream()); }, what);
            else
                twins::optimise(op);
            Floats all;
            append(all, on_device ? p_there.host() : p_host);
            append(all, on_device ? m_there.host() : m_host);
            append(all, on_device ? v_there.host() : v_host);
            for (size_t i = 0; i < averages.size(); i++) append(all, on_device ? there[i]->host() : host[i]);
            size_t next = 0;
            if (copies) append(all, on_device ? half_there[next++]->host() : rounded(half_host[0], type));
            for (int32_t k = 0; k < average_count; k++)
                if (copied(k))
                    append(all, on_device ? half_there[next++]->host()
                                          : rounded(half_host[static_cast<size_t>(k) + 1], type_of(k)));
            return all;
        };
        same(under_all_orders([&] { return run(true); }, what), run(false), what + ", kind " + std::to_string(kind));
    }
}

void average(int64_t count) {
    const Floats a = floats(count), p = floats(count);
    const std::string what = "average of " + std::to_string(count);
    const Array<float> p_there(p);
    const Floats found = under_all_orders([&] {
        const Array<float> there(a);
        launch([&] { return device::average({there.data(), .9F, .1F}, p_there.data(), count, cuda_model::stream()); },
               what);
        return there.host();
    }, what);
    Floats expected = a;
    kernels::average({expected.data(), .9F, .1F}, p.data(), count, 1);
    same(found, expected, what + " has the processor's bits");
}

void copy(int64_t count, const std::vector<elements::Segment>& segments) {
    const Floats p = floats(count);
    const Array<float> p_there(p);
    const Array<elements::Segment> segments_there(segments);
    const auto segment_count = static_cast<int32_t>(segments.size());
    for (Element type : kTypes) {
        const std::string what = "copy of " + std::to_string(count) + " to " + cuda_model::name(type);
        const Floats found = under_all_orders([&] {
            const Numbers there(p.size(), type);
            launch([&] {
                return device::copy_weights({count, p_there.data(), {there.data(), type}, segments_there.data(),
                                             segment_count},
                                            cuda_model::stream());
            }, what);
            return there.host();
        }, what);
        Floats expected(p.size());
        twins::copy_weights({count, p.data(), {expected.data(), Element::f32}, segments.data(), segment_count});
        same(found, rounded(expected, type), what);
    }
}

void optimisers() {
    // A vector, a 3x3 convolution, a matrix, with gaps between them.
    const std::vector<elements::Segment> segments{{0, 10, 10, 1}, {16, 2 * 3 * 9, 3, 9}, {80, 24, 6, 1}};
    const std::vector<elements::Segment> large{{0, 5, 5, 1}, {16, 64 * 32 * 9, 32, 9}, {16 + 64 * 32 * 9, 3000, 1, 1}};
    const int64_t large_count = 16 + 64 * 32 * 9 + 3008;
    for (Element type : kTypes) {
        for (int32_t averages : {0, 1, 8}) optimise(112, segments, averages, type, true);
        optimise(large_count, large, 3, type, true);
    }
    optimise(1, {{0, 1, 1, 1}}, 0, Element::f32, false);
    optimise(1027, {{0, 1027, 1, 1}}, 2, Element::f32, false);
    Optimise many{};
    many.count = 1;
    many.average_count = elements::kMaxAverages + 1;
    launch(cudaErrorInvalidValue, [&] { return device::optimise(many, cuda_model::stream()); }, "nine averages");
    launch([] { return device::optimise({}, cuda_model::stream()); }, "no weights");

    copy(112, segments);
    copy(large_count, large);
    launch([] { return device::copy_weights({}, cuda_model::stream()); }, "no copy");
    for (int64_t count : {1, 255, 257, 10000}) average(count);
    launch([] { return device::average({nullptr, 0, 0}, nullptr, 0, cuda_model::stream()); }, "no average");
}

// More elements than a launch has threads.
void strides() {
    const int64_t count = 4096 * 256 + 77;
    average(count);
    const Floats p = floats(4 * count), g = floats(4 * count), zero(p.size());
    Floats s(elements::kStepScalars + 2 * elements::kMaxAverages);
    s[elements::kGradientScale] = 1, s[elements::kKeep] = 1, s[elements::kOneMinusBeta1] = 1, s[elements::kRate] = .5F;
    const Array<float> p_there(p), g_there(g), m(zero), v(zero), s_there(s);
    Optimise op{};
    op.count = 4 * count;
    op.weights = p_there.data(), op.gradients = g_there.data(), op.exp_avg = m.data(), op.exp_avg_sq = v.data();
    op.scalars = s_there.data();
    launch([&] { return device::optimise(op, cuda_model::stream()); }, "optimise with strides");
    Floats expected = p;
    for (size_t i = 0; i < p.size(); i++) expected[i] = p[i] - .5F * g[i];
    same(p_there.host(), expected, "optimise with strides");
}

}  // namespace

int main(int count, char** arguments) {
    const auto seed = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1;
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    if (!cuda_model::sees_accesses()) std::printf("single accesses are not watched in this build\n");
    engine.seed(seed);
    norms();
    pairs();
    most_images();
    noises();
    optimisers();
    strides();
    expect(cuda_model::allocations() == 0 && cuda_model::take_faults().empty(), "nothing is left");
    if (failures == 0) std::printf("ok\n");
    return failures == 0 ? 0 : 1;
}
