// Property test: all kernels that this machine can run against their plain twins, on random shapes, over bfloat16 and
// over float32. Prints its seed; an argument replaces it.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "../src/kernels/dispatch.h"

namespace {

using namespace cm4j::fast;

std::mt19937_64 engine;
int failures = 0;

int64_t pick(std::initializer_list<int64_t> values) { return values.begin()[engine() % values.size()]; }

std::vector<float> floats(int64_t count, float spread = 1, float centre = 0) {
    std::normal_distribution<float> normal(centre, spread);
    std::vector<float> v(static_cast<size_t>(count));
    for (float& x : v) x = normal(engine);
    return v;
}

// Pixels x channels inside wider rows: the borders must stay as they are.
template <typename E>
struct Rows {
    static constexpr E untouched = static_cast<E>(0x4049);

    int64_t pixels, channels, stride, begin;
    std::vector<E> storage;

    Rows(int64_t p, int64_t c, float spread = 1, float centre = 0) : pixels(p), channels(c) {
        begin = 32 * pick({0, 1});
        stride = c % 2 != 0 ? c + 1 + begin : c + begin + 32 * pick({0, 1, 2});
        storage.assign(static_cast<size_t>(p * stride + 64), untouched);
        const auto values = floats(p * c, spread, centre);
        for (int64_t i = 0; i < p * c; i++) at(i / c, i % c) = rounded<E>(values[i]);
        if (c % 2 != 0) {
            for (int64_t i = 0; i < p; i++) at(i, c) = 0;
        }
    }
    E& at(int64_t p, int64_t c) { return storage[p * stride + begin + c]; }
    View<E> view() { return {storage.data() + begin, stride}; }
    std::vector<float> values() {
        std::vector<float> v;
        for (int64_t i = 0; i < pixels * channels; i++) v.push_back(to_float(at(i / channels, i % channels)));
        return v;
    }
    bool border_intact() {
        for (int64_t i = 0; i < pixels * stride; i++) {
            const int64_t c = i % stride - begin;
            if ((c < 0 || c >= round_even()) && storage[i] != untouched) return false;
        }
        return true;
    }
    int64_t round_even() const { return (channels + 1) / 2 * 2; }
};

void expect(bool good, const std::string& what) {
    if (good) return;
    failures++;
    std::printf("FAILED %s\n", what.c_str());
}

// Relative L2 distance; the tolerance is a few roundings of the elements (bfloat16: 2^-9, float32: 2^-24). usual: the
// size of such a number, for sums of which few were made and all may have cancelled.
void near(const std::vector<float>& actual, const std::vector<float>& expected, double tolerance,
          const std::string& what, double usual = 0) {
    double distance = 0, size = 1e-12;
    for (size_t i = 0; i < expected.size(); i++) {
        distance += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
        size += std::pow(static_cast<double>(expected[i]), 2);
    }
    size = std::max(size, static_cast<double>(expected.size()) * usual * usual);
    const double error = std::sqrt(distance / size);
    expect(error <= tolerance, what + ": error " + std::to_string(error) + " > " + std::to_string(tolerance));
}

// How far apart results of float32 elements may be: exponentials, and sums in another order than that of the twins.
constexpr double full_tolerance = 1e-5;

template <typename E>
constexpr bool is_full = std::is_same_v<E, float>;

// The tolerance given is that of kernels that round operands, too. Those that sum float32 operands round results only.
template <typename E>
double rounding(const Kernels<E>& kernels, double tolerance) {
    if (is_full<E>) return full_tolerance;
    const std::string name = kernels.name;
    return name == "avx2" || name == "avx512" ? std::min(tolerance, 0.003) : tolerance;
}

template <typename E>
std::string title(const Kernels<E>& kernels) {
    return std::string(kernels.name) + (is_full<E> ? ", float32, " : ", bfloat16, ");
}

template <typename E>
void near(Rows<E>& actual, Rows<E>& expected, double tolerance, const std::string& what) {
    near(actual.values(), expected.values(), tolerance, what);
    expect(actual.border_intact(), what + ": writes beyond its view");
}

std::string describe(const ConvShape& s, const Extent& e) {
    char text[160];
    std::snprintf(text, sizeof text, "conv %dx%d/%d%s %ld->%ld, %ld x %ldx%ld", s.kernel, s.kernel, s.stride,
                  s.doubled ? " doubled" : s.compact ? " compact" : "",
                  static_cast<long>(s.in), static_cast<long>(s.out), static_cast<long>(e.images),
                  static_cast<long>(e.height), static_cast<long>(e.width));
    return text;
}

template <typename E>
void test_conv(const Kernels<E>& fast, ConvShape s, Extent e) {
    const Kernels<E>& plain = portable_kernels<E>();
    const std::string name = title(fast) + describe(s, e);
    const Extent out = s.output(e);
    const bool picture_in = s.in < 16, picture_out = s.out < 16;
    const auto weight = floats(s.in * s.out * s.taps(), 1 / std::sqrt(static_cast<float>(s.in * s.taps())));
    const auto bias = floats(s.out);
    Rows<E> x(e.pixels(), s.in), dy(out.pixels(), s.out), add(out.pixels(), s.out), add_x(e.pixels(), s.in);
    const bool with_add = engine() % 2 != 0;

    Rows<E> y[2] = {{out.pixels(), s.out}, {out.pixels(), s.out}};
    Rows<E> dx[2] = {{e.pixels(), s.in}, {e.pixels(), s.in}};
    std::vector<float> full_y[2], full_dx[2], dweight[2], dbias[2];
    const Kernels<E>* tables[2] = {&fast, &plain};
    for (int i = 0; i < 2; i++) {
        const Kernels<E>& k = *tables[i];
        std::vector<char> packed(static_cast<size_t>(k.conv_packed_bytes(s, true)));
        k.conv_pack(s, weight.data(), true, packed.data());
        full_y[i].assign(static_cast<size_t>(out.pixels() * s.out), 0);
        full_dx[i].assign(static_cast<size_t>(e.pixels() * s.in), 0);
        dweight[i].assign(weight.size(), 0.5f);
        dbias[i].assign(bias.size(), 0.25f);
        using To = ConvOutput<E>;
        const To to_y = picture_out ? To{{}, full_y[i].data()} : To{y[i].view(), nullptr};
        const To to_dx = picture_in ? To{{}, full_dx[i].data()} : To{dx[i].view(), nullptr};
        k.conv_forward({s, e, packed.data(), bias.data(), x.view(), with_add ? add.view() : View<E>{}, to_y});
        k.conv_input_gradient({s, e, packed.data(), dy.view(), with_add ? add_x.view() : View<E>{}, to_dx});
        k.conv_weight_gradient({s, e, x.view(), dy.view(), dweight[i].data(), dbias[i].data()});
    }
    // Three sums or so may cancel: what they may be off by is a share of their usual size, not of what was left.
    const double tolerance = rounding(fast, 0.01) * (e.pixels() == 1 && (picture_in || picture_out) ? 4 : 1);
    const double usual_y = std::sqrt(1.0 / static_cast<double>(s.taps()));
    const double usual_dx = std::sqrt(static_cast<double>(s.out) / static_cast<double>(s.in * s.taps()));
    if (picture_out) near(full_y[0], full_y[1], tolerance, name + " forward", usual_y);
    else near(y[0], y[1], tolerance, name + " forward");
    if (picture_in) near(full_dx[0], full_dx[1], tolerance, name + " input gradient", usual_dx);
    else near(dx[0], dx[1], tolerance, name + " input gradient");
    near(dweight[0], dweight[1], tolerance, name + " weight gradient");
    near(dbias[0], dbias[1], tolerance, name + " bias gradient", std::sqrt(static_cast<double>(out.pixels())));
}

template <typename E>
void test_norm(const Kernels<E>& fast, int64_t channels, Extent e, float centre) {
    const std::string name = title(fast) + "norm of " + std::to_string(channels) + " channels, " +
                             std::to_string(e.images) + " x " +
                             std::to_string(e.height) + "x" + std::to_string(e.width);
    const int conditioning = static_cast<int>(engine() % 3);
    const int adds = static_cast<int>(engine() % 3);
    const auto gamma = floats(channels, 0.3f, 1), beta = floats(channels, 0.3f);
    const int64_t stride = 2 * channels + 32;
    const auto condition = floats(e.images * stride, 0.5f);
    Rows<E> x(e.pixels(), channels, 1, centre), dy(e.pixels(), channels), add(e.pixels(), channels);
    Rows<E> y[2] = {{e.pixels(), channels}, {e.pixels(), channels}};
    Rows<E> dx[2] = {{e.pixels(), channels}, {e.pixels(), channels}};
    dx[1] = dx[0];
    std::vector<float> statistics[2], dgamma[2], dbeta[2], dcondition[2];
    const Kernels<E>* tables[2] = {&fast, &portable_kernels<E>()};
    Norm<E> common{e, channels, gamma.data(), beta.data(), conditioning == 1 ? condition.data() : nullptr,
                conditioning == 2 ? condition.data() : nullptr, stride, engine() % 3 != 0, x.view()};
    for (int i = 0; i < 2; i++) {
        statistics[i].assign(static_cast<size_t>(e.images * norm_groups * 2), 0);
        dgamma[i].assign(gamma.size(), 0.5f);
        dbeta[i].assign(beta.size(), 0.5f);
        dcondition[i].assign(condition.size(), 0);
        tables[i]->norm_forward({common, y[i].view(), statistics[i].data()});
        Rows<E> d = dy;
        NormBackward<E> backward{common, statistics[i].data(), d.view(), dx[i].view(), {}, dgamma[i].data(),
                              dbeta[i].data(), conditioning ? dcondition[i].data() : nullptr};
        if (adds > 0) backward.add[0] = dx[i].view();
        if (adds > 1) backward.add[1] = add.view();
        tables[i]->norm_backward(backward);
    }
    // The normalised value of a group of one is 0 and those of two are 1 and -1, whatever the input: such gradients are
    // zero up to rounding, and there is nothing to compare. A small deviation makes much of roundings in front of it.
    const int64_t values = e.area() * channels / norm_groups;
    const double usual = is_full<E> ? full_tolerance * (values < 4 ? 32 : 1) : 0.012;
    const double tolerance = values < 4 ? 16 * usual : usual;
    near(statistics[0], statistics[1], is_full<E> ? usual : 1e-4, name + " statistics");
    near(y[0], y[1], is_full<E> ? usual : rounding(fast, 0.008), name + " forward");
    if (values > 2) near(dx[0], dx[1], tolerance, name + " input gradient");
    if (values > 1) near(dgamma[0], dgamma[1], tolerance, name + " gamma gradient");
    near(dbeta[0], dbeta[1], usual, name + " beta gradient");
    if (conditioning == 1 || (channels > norm_groups && values > 2)) {
        near(dcondition[0], dcondition[1], 1.7 * usual, name + " condition gradient");
    }
}

template <typename E>
void test_attention(const Kernels<E>& fast, int64_t images, int64_t tokens, int64_t heads, int64_t width) {
    const std::string name = title(fast) + "attention of " + std::to_string(images) + " x " +
                             std::to_string(tokens) + " tokens, " +
                             std::to_string(heads) + " heads of " + std::to_string(width);
    const int64_t channels = heads * width;
    Rows<E> qkv(images * tokens, 3 * channels, 1.5f), dy(images * tokens, channels);
    Rows<E> y[2] = {{images * tokens, channels}, {images * tokens, channels}};
    Rows<E> dqkv[2] = {{images * tokens, 3 * channels}, {images * tokens, 3 * channels}};
    const Kernels<E>* tables[2] = {&fast, &portable_kernels<E>()};
    const Attention<E> common{images, tokens, heads, width, qkv.view()};
    for (int i = 0; i < 2; i++) {
        tables[i]->attention_forward({common, y[i].view()});
        tables[i]->attention_backward({common, dy.view(), dqkv[i].view()});
    }
    near(y[0], y[1], rounding(fast, 0.008), name + " forward");
    near(dqkv[0], dqkv[1], rounding(fast, 0.015), name + " backward");
}

template <typename E>
void test_elementwise(const Kernels<E>& fast, Extent small, int64_t channels) {
    const Kernels<E>* tables[2] = {&fast, &portable_kernels<E>()};
    const std::string name = title(fast);
    const Extent large{small.images, 2 * small.height, 2 * small.width};
    for (const Resample kind : {Resample::halve, Resample::twice}) {
        const bool halve = kind == Resample::halve;
        const Extent from = halve ? large : small, to = halve ? small : large;
        Rows<E> x(from.pixels(), channels), add(to.pixels(), channels);
        Rows<E> y[2] = {{to.pixels(), channels}, {to.pixels(), channels}};
        const bool with_add = engine() % 2 != 0;
        for (int i = 0; i < 2; i++) {
            tables[i]->resize({kind, from, channels, 0.25f, x.view(), with_add ? add.view() : View<E>{}, y[i].view()});
        }
        near(y[0], y[1], rounding(fast, 0.004), name + (halve ? "halve" : "twice"));
    }
    Rows<E> x(small.pixels(), channels), y(small.pixels(), channels);
    Rows<E> dropped[2] = {x, x}, sums[2] = {y, y};
    for (int i = 0; i < 2; i++) {
        tables[i]->dropout({96, small.pixels(), channels, dropped[i].view(), 0.3f, 0x123456789abcdefull});
        tables[i]->add(small.pixels(), channels, x.view(), sums[i].view());
    }
    near(dropped[0], dropped[1], rounding(fast, 0.003), name + "dropout");
    near(sums[0], sums[1], rounding(fast, 0.004), name + "add");

    const int64_t m = pick({1, 3, 7, 24, 64}), n = pick({16, 48, 64, 160}), k = pick({1, 5, 32, 100});
    const auto a = floats(m * k), b = floats(k * n);
    std::vector<float> c[2] = {floats(m * n), {}};
    c[1] = c[0];
    const bool transposed = engine() % 2 != 0, accumulate = engine() % 2 != 0;
    for (int i = 0; i < 2; i++) {
        tables[i]->matmul({m, n, k, a.data(), transposed ? 1 : k, transposed ? m : 1, b.data(), n, c[i].data(), n,
                           accumulate});
    }
    near(c[0], c[1], 1e-5, name + "matmul");
}

void test_dropout_rate() {
    Rows<bf16> x(4096, 64);
    for (auto& v : x.storage) v = to_bf16(1);
    portable_kernels<bf16>().dropout({0, 4096, 64, x.view(), 0.1f, 42});
    int64_t zeros = 0;
    for (float v : x.values()) zeros += v == 0;
    const double rate = static_cast<double>(zeros) / (4096 * 64);
    expect(std::fabs(rate - 0.1) < 0.004, "dropout rate " + std::to_string(rate));
}

// Sums of bfloat16 are rounded as to_bf16 does it: ties to even, infinities, NaNs.
void test_rounding(const Kernels<bf16>& fast) {
    const bf16 cases[][2] = {{0x3f80, 0x3b80}, {0x3f81, 0x3b80}, {0x7f7f, 0x7f7f}, {0xff7f, 0xff7f}, {0x7f80, 0xff80},
                             {0x7fff, 0x3f80}, {0xffff, 0x3f80}, {0x7f81, 0x3f80}, {0x8000, 0x8000}, {0x3f80, 0xbf80},
                             {0x0080, 0x0080}, {0x4049, 0x3a00}, {0x7f80, 0x3f80}, {0x3f80, 0x3b81}, {0x3f81, 0x3b7f}};
    Rows<bf16> x(1, 32), y(1, 32);
    for (int64_t i = 0; i < 32; i++) x.at(0, i) = cases[i % std::size(cases)][0];
    for (int64_t i = 0; i < 32; i++) y.at(0, i) = cases[i % std::size(cases)][1];
    Rows<bf16> plain = y;
    fast.add(1, 32, x.view(), y.view());
    portable_kernels<bf16>().add(1, 32, x.view(), plain.view());
    for (int64_t i = 0; i < 32; i++) {
        const float a = to_float(y.at(0, i)), b = to_float(plain.at(0, i));
        expect(a == b || (std::isnan(a) && std::isnan(b)),
               title(fast) + "sum " + std::to_string(i) + " is " + std::to_string(a) + ", not " +
                   std::to_string(b));
    }
}

// A NaN of float32 stays one, even where rounding its bits up would carry over into the sign.
template <typename E>
void test_nan(const Kernels<E>& fast) {
    const ConvShape shape{32, 32, 1, 1};
    const auto weight = floats(32 * 32);
    auto bias = floats(32);
    bias[3] = std::bit_cast<float>(0x7fffffffu);
    bias[20] = std::bit_cast<float>(0xffffffffu);
    std::vector<char> packed(static_cast<size_t>(fast.conv_packed_bytes(shape, false)));
    fast.conv_pack(shape, weight.data(), false, packed.data());
    Rows<E> x(1, 32), y(1, 32);
    fast.conv_forward({shape, {1, 1, 1}, packed.data(), bias.data(), x.view(), {}, {y.view(), nullptr}});
    for (int64_t i = 0; i < 32; i++) {
        expect(std::isnan(to_float(y.at(0, i))) == (i == 3 || i == 20),
               title(fast) + "channel " + std::to_string(i) + " is " + std::to_string(y.values()[i]));
    }
}

// Results of an image by itself and among others are the same bits.
template <typename E>
void test_batch(const Kernels<E>& fast, Extent e, int64_t channels) {
    const int64_t heads = channels / 16, area = e.area();
    const ConvShape shape{channels, channels, 3, 1};
    const auto weight = floats(channels * channels * 9, 0.1f), bias = floats(channels);
    const auto gamma = floats(channels, 0.3f, 1), beta = floats(channels, 0.3f);
    std::vector<char> packed(static_cast<size_t>(fast.conv_packed_bytes(shape, true)));
    fast.conv_pack(shape, weight.data(), true, packed.data());
    Rows<E> x(e.pixels(), channels), qkv(e.pixels(), 3 * channels);
    std::vector<float> statistics(static_cast<size_t>(e.images * norm_groups * 2));
    const auto run = [&](Extent part, int64_t first, Rows<E>* y) {
        const auto at = [&](Rows<E>& h) { return View<E>{h.view().pixel(first * area), h.stride}; };
        fast.conv_forward({shape, part, packed.data(), bias.data(), at(x), {}, {at(y[0]), nullptr}});
        fast.conv_input_gradient({shape, part, packed.data(), at(x), {}, {at(y[1]), nullptr}});
        const Norm<E> norm{part, channels, gamma.data(), beta.data(), nullptr, nullptr, 0, true, at(x)};
        fast.norm_forward({norm, at(y[2]), statistics.data()});
        fast.attention_forward({{part.images, area, heads, 16, at(qkv)}, at(y[3])});
    };
    const Rows<E> blank(e.pixels(), channels);
    std::vector<Rows<E>> together(4, blank), alone(4, blank);
    run(e, 0, together.data());
    for (int64_t n = 0; n < e.images; n++) run({1, e.height, e.width}, n, alone.data());
    const char* what[] = {"convolution", "input gradient", "norm", "attention"};
    for (int i = 0; i < 4; i++) {
        expect(together[i].storage == alone[i].storage,
               title(fast) + "an image's " + what[i] + " depends on its batch");
    }
}

template <typename E>
void test_all(const Kernels<E>& fast) {
    for (const Extent e : {Extent{1, 1, 1}, Extent{3, 1, 1}, Extent{1, 7, 7}, Extent{2, 5, 6}, Extent{1, 28, 28},
                           Extent{5, 2, 9}, Extent{2, 8, 8}}) {
        const bool large = e.area() > 100;  // the plain twins are slow
        for (int i = 0; i < (large ? 1 : 2); i++) {
            test_conv(fast, {pick({32, 64, 96, 160}), large ? 32 : pick({32, 64, 96, 192}), 3, 1}, e);
            test_conv(fast, {pick({32, 64, 96}), pick({32, 96, 192}), 1, 1}, e);
            test_conv(fast, {pick({32, 64, 96}), large ? 32 : pick({32, 96, 160}), 3, 1, true}, e);
            test_conv(fast, {pick({32, 64, 96}), large ? 32 : pick({32, 96, 160}), 3, 1, false, false, true}, e);
            test_norm(fast, pick({32, 64, 96, 128, 160, 256}), e, static_cast<float>(pick({0, 3})));
        }
        test_conv(fast, {pick({1, 3, 4, 12}), pick({32, 64}), 3, 1}, e);
        test_conv(fast, {pick({32, 64}), pick({1, 3, 4, 6, 12}), 3, 1}, e);
        test_conv(fast, {64, 32, 3, 2}, e);
        test_attention(fast, e.images, std::min<int64_t>(e.area(), 100), pick({1, 2, 3}), pick({16, 32, 48, 64}));
        test_elementwise(fast, e, pick({32, 64, 96}));
        test_batch(fast, {3, e.height, e.width}, pick({32, 64, 96}));
    }
    test_attention(fast, 2, 64, 2, 64);
    test_attention(fast, 1, 256, 1, 32);
}

}  // namespace

int main(int argc, char** argv) {
    const uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : static_cast<uint64_t>(std::time(nullptr));
    engine.seed(seed);
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    test_dropout_rate();
    int tested = 0;
    std::set<const void*> known;  // several sets share their kernels for float32
    const auto test = [&](const auto& kernels) {
        if (!known.insert(&kernels).second) return;
        const int before = failures;
        test_nan(kernels);
        test_all(kernels);
        std::printf("%s%s\n", title(kernels).c_str(),
                    failures == before ? "agrees with its plain twins" : "FAILED");
        tested++;
    };
    for (const KernelSet& set : kernel_sets()) {
        if (set.portable()) continue;
        if (!set.kernels || !set.runs) {
            std::printf("skipped %s: %s\n", set.name,
                        set.kernels ? "this processor cannot run it" : "this build has none");
            continue;
        }
        test_rounding(*set.kernels.half);
        test(*set.kernels.half);
        test(*set.kernels.full);
    }
    std::printf("%d tables of kernels, %d failures\n", tested, failures);
    return failures != 0;
}
