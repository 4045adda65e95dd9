// Times of the kernels over bfloat16 and over float32, instruction sets side by side, on shapes of the networks in
// models/.
//
//   kernels_bench [images [seconds [name [elements]]]]
//       batch size, 8; time for each kernel and instruction set, 0.05; only lines that contain the name; bfloat16 or
//       float32 only
//
// The sets take turns, so that a busy moment of the machine meets all of them; the least time counts. Operations are
// those of the definition: Winograd gets by with fewer. Norms are limited by memory, and are given in bytes moved.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "../src/kernels/buffers.h"
#include "../src/kernels/dispatch.h"

namespace {

using namespace cm4j::fast;
using Clock = std::chrono::steady_clock;

struct Options {
    int64_t images = 8;
    double seconds = 0.05;
    std::string name;
    std::string elements;
};

template <typename E>
using Tables = std::vector<const Kernels<E>*>;

template <typename E>
struct Rows {
    AlignedBuffer buffer;
    int64_t channels;

    Rows(int64_t pixels, int64_t c) : buffer(pixels * c * static_cast<int64_t>(sizeof(E))), channels(c) {
        std::mt19937 engine(1);
        std::normal_distribution<float> normal;
        for (int64_t i = 0; i < pixels * c; i++) buffer.as<E>()[i] = rounded<E>(normal(engine));
    }
    View<E> view() const { return {buffer.as<E>(), channels}; }
};

std::vector<float> floats(int64_t count, float spread) {
    std::mt19937 engine(2);
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> v(static_cast<size_t>(count));
    for (float& x : v) x = normal(engine);
    return v;
}

// One line: least milliseconds, and 10^9 units of work a second, for each table.
template <typename E, typename Run>
void line(const Options& options, const Tables<E>& tables, const std::string& name, double work, const char* unit,
          Run&& run) {
    if (name.find(options.name) == std::string::npos) return;
    std::vector<double> least(tables.size(), 1e9), spent(tables.size(), 0);
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < tables.size(); i++) {
            if (spent[i] >= options.seconds) continue;
            more = true;
            const auto start = Clock::now();
            run(*tables[i]);
            const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
            // The first run allocates scratch memory.
            if (spent[i] > 0 || seconds > options.seconds) least[i] = std::min(least[i], seconds);
            spent[i] += seconds;
        }
    }
    std::printf("%-44s", name.c_str());
    for (double seconds : least) std::printf("  %9.3f ms %7.1f %s", seconds * 1e3, work / seconds / 1e9, unit);
    std::printf("\n");
    std::fflush(stdout);
}

template <typename E>
void bench_conv(const Options& options, const Tables<E>& tables, const ConvShape& s, int64_t side) {
    const Extent e{options.images, side, side}, out = s.output(e);
    const bool picture_in = s.in < 16, picture_out = s.out < 16;
    const int64_t in = round_up(s.in, 2), outs = round_up(s.out, 2);
    const auto weight = floats(s.in * s.out * s.taps(), 0.05f), bias = floats(round_up(s.out, 16), 1);
    const Rows<E> x(e.pixels(), in), dy(out.pixels(), outs), y(out.pixels(), outs), dx(e.pixels(), in);
    std::vector<float> full(static_cast<size_t>(std::max(out.pixels() * s.out, e.pixels() * s.in)));
    std::vector<float> dweight(weight.size()), dbias(bias.size());
    std::vector<AlignedBuffer> packed;
    for (const Kernels<E>* k : tables) {
        packed.emplace_back(k->conv_packed_bytes(s, true));
        k->conv_pack(s, weight.data(), true, packed.back().as<void>());
    }
    const auto weights = [&](const Kernels<E>& k) {
        for (size_t i = 0; i < tables.size(); i++) {
            if (tables[i] == &k) return packed[i].as<void>();
        }
        std::abort();
    };
    const double work = 2.0 * static_cast<double>(out.pixels() * s.taps() * s.in * s.out);
    const std::string name = std::to_string(s.kernel) + "x" + std::to_string(s.kernel) +
                             (s.stride == 2 ? "/2 " : s.doubled ? " doubled " : " ") + std::to_string(s.in) + "->" +
                             std::to_string(s.out) + " at " + std::to_string(side) + "x" + std::to_string(side);
    using To = ConvOutput<E>;
    const To to_y = picture_out ? To{{}, full.data()} : To{y.view(), nullptr};
    const To to_dx = picture_in ? To{{}, full.data()} : To{dx.view(), nullptr};
    line(options, tables, name + " forward", work, "GFLOP/s",
         [&](const Kernels<E>& k) { k.conv_forward({s, e, weights(k), bias.data(), x.view(), {}, to_y}); });
    line(options, tables, name + " input gradient", work, "GFLOP/s",
         [&](const Kernels<E>& k) { k.conv_input_gradient({s, e, weights(k), dy.view(), {}, to_dx}); });
    line(options, tables, name + " weight gradient", work, "GFLOP/s", [&](const Kernels<E>& k) {
        k.conv_weight_gradient({s, e, x.view(), dy.view(), dweight.data(), dbias.data()});
    });
}

template <typename E>
void bench_norm(const Options& options, const Tables<E>& tables, int64_t channels, int64_t side) {
    const Extent e{options.images, side, side};
    const auto gamma = floats(channels, 1), beta = floats(channels, 1), condition = floats(e.images * 2 * channels, 1);
    const Rows<E> x(e.pixels(), channels), y(e.pixels(), channels), dy(e.pixels(), channels), dx(e.pixels(), channels);
    std::vector<float> statistics(static_cast<size_t>(e.images * norm_groups * 2));
    std::vector<float> dgamma(gamma.size()), dbeta(beta.size()), dcondition(condition.size());
    const Norm<E> norm{e, channels, gamma.data(), beta.data(), condition.data(), nullptr, 2 * channels, true, x.view()};
    const std::string name = "norm " + std::to_string(channels) + " at " + std::to_string(side) + "x" +
                             std::to_string(side);
    const double bytes = static_cast<double>(e.pixels() * channels) * sizeof(E);
    line(options, tables, name + " forward", 3 * bytes, "GB/s   ",
         [&](const Kernels<E>& k) { k.norm_forward({norm, y.view(), statistics.data()}); });
    line(options, tables, name + " backward", 6 * bytes, "GB/s   ", [&](const Kernels<E>& k) {
        k.norm_backward({norm, statistics.data(), dy.view(), dx.view(), {}, dgamma.data(), dbeta.data(),
                         dcondition.data()});
    });
}

template <typename E>
void bench_attention(const Options& options, const Tables<E>& tables, int64_t tokens, int64_t heads, int64_t width) {
    const Rows<E> qkv(options.images * tokens, 3 * heads * width), y(options.images * tokens, heads * width);
    const Rows<E> dqkv(options.images * tokens, 3 * heads * width);
    const Attention<E> attention{options.images, tokens, heads, width, qkv.view()};
    const std::string name = "attention " + std::to_string(tokens) + " tokens, " + std::to_string(heads) + " x " +
                             std::to_string(width);
    const double product = 2.0 * static_cast<double>(options.images * heads * tokens * tokens * width);
    line(options, tables, name + " forward", 2 * product, "GFLOP/s",
         [&](const Kernels<E>& k) { k.attention_forward({attention, y.view()}); });
    line(options, tables, name + " backward", 5 * product, "GFLOP/s",
         [&](const Kernels<E>& k) { k.attention_backward({attention, y.view(), dqkv.view()}); });
}

// All lines for one kind of elements. False where there is nothing to measure.
template <typename E>
bool bench(const Options& options, const char* elements) {
    if (!options.elements.empty() && options.elements != elements) return true;
    Tables<E> tables;
    std::printf("%-44s", (elements + (", batch " + std::to_string(options.images))).c_str());
    for (const KernelSet& set : kernel_sets()) {
        const Kernels<E>* kernels = set.kernels.of<E>();
        // Several sets share their kernels for float32.
        if (!kernels || !set.runs || set.portable() || std::ranges::find(tables, kernels) != tables.end()) continue;
        tables.push_back(kernels);
        std::printf("  %-28s", kernels->name);
    }
    std::printf("\n");
    if (tables.empty()) return false;
    for (const auto& [channels, side] : {std::pair<int64_t, int64_t>{64, 32}, {128, 16}, {256, 8}}) {
        bench_conv(options, tables, {channels, channels, 3, 1}, side);
    }
    bench_conv(options, tables, {256, 128, 3, 1}, 16);
    bench_conv(options, tables, {128, 128, 3, 1, true}, 8);
    bench_conv(options, tables, {128, 384, 1, 1}, 8);
    bench_conv(options, tables, {128, 128, 3, 2}, 16);
    bench_conv(options, tables, {3, 64, 3, 1}, 32);
    bench_conv(options, tables, {64, 3, 3, 1}, 32);
    for (const auto& [channels, side] : {std::pair<int64_t, int64_t>{64, 32}, {128, 16}, {256, 8}}) {
        bench_norm(options, tables, channels, side);
    }
    bench_attention(options, tables, 64, 2, 64);
    bench_attention(options, tables, 256, 4, 64);
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (argc > 1) options.images = std::atoll(argv[1]);
    if (argc > 2) options.seconds = std::atof(argv[2]);
    if (argc > 3) options.name = argv[3];
    if (argc > 4) options.elements = argv[4];
    const bool known = options.elements.empty() || options.elements == "bfloat16" || options.elements == "float32";
    if (argc > 5 || options.images < 1 || options.seconds <= 0 || !known) {
        std::fprintf(stderr, "kernels_bench takes [images [seconds [name [elements]]]]: two numbers above 0, a part of "
                             "a line, bfloat16 or float32\n");
        return 2;
    }
    if (bench<bf16>(options, "bfloat16") && bench<float>(options, "float32")) return 0;
    std::fprintf(stderr, "this processor has none of the vector kernels\n");
    return 1;
}
