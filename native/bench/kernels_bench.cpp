// Times of the kernels, instruction sets side by side, on shapes of the networks in models/.
//
//   kernels_bench [images [seconds [name]]]
//       batch size, 8; time for each kernel and instruction set, 0.05; only lines that contain the name
//
// The sets take turns, so that a busy moment of the machine meets all of them; the least time counts. Operations are
// those of the definition: Winograd gets by with fewer. Norms are limited by memory, and are given in bytes moved.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
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
};

std::vector<const Kernels*> tables;

struct Halves {
    AlignedBuffer buffer;
    int64_t channels;

    Halves(int64_t pixels, int64_t c) : buffer(pixels * c * 2), channels(c) {
        std::mt19937 engine(1);
        std::normal_distribution<float> normal;
        for (int64_t i = 0; i < pixels * c; i++) buffer.as<bf16>()[i] = to_bf16(normal(engine));
    }
    View view() const { return {buffer.as<bf16>(), channels}; }
};

std::vector<float> floats(int64_t count, float spread) {
    std::mt19937 engine(2);
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> v(static_cast<size_t>(count));
    for (float& x : v) x = normal(engine);
    return v;
}

// One line: least milliseconds, and 10^9 units of work a second, for each table.
void line(const Options& options, const std::string& name, double work, const char* unit,
          const std::function<void(const Kernels&)>& run) {
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

void bench_conv(const Options& options, const ConvShape& s, int64_t side) {
    const Extent e{options.images, side, side}, out = s.output(e);
    const bool picture_in = s.in < 16, picture_out = s.out < 16;
    const int64_t in = round_up(s.in, 2), outs = round_up(s.out, 2);
    const auto weight = floats(s.in * s.out * s.taps(), 0.05f), bias = floats(round_up(s.out, 16), 1);
    const Halves x(e.pixels(), in), dy(out.pixels(), outs), y(out.pixels(), outs), dx(e.pixels(), in);
    std::vector<float> full(static_cast<size_t>(std::max(out.pixels() * s.out, e.pixels() * s.in)));
    std::vector<float> dweight(weight.size()), dbias(bias.size());
    std::vector<AlignedBuffer> packed;
    for (const Kernels* k : tables) {
        packed.emplace_back(k->conv_packed_bytes(s, true));
        k->conv_pack(s, weight.data(), true, packed.back().as<void>());
    }
    const auto weights = [&](const Kernels& k) {
        for (size_t i = 0; i < tables.size(); i++) {
            if (tables[i] == &k) return packed[i].as<void>();
        }
        std::abort();
    };
    const double work = 2.0 * static_cast<double>(out.pixels() * s.taps() * s.in * s.out);
    const std::string name = std::to_string(s.kernel) + "x" + std::to_string(s.kernel) +
                             (s.stride == 2 ? "/2 " : s.doubled ? " doubled " : " ") + std::to_string(s.in) + "->" +
                             std::to_string(s.out) + " at " + std::to_string(side) + "x" + std::to_string(side);
    const ConvOutput to_y = picture_out ? ConvOutput{{}, full.data()} : ConvOutput{y.view(), nullptr};
    const ConvOutput to_dx = picture_in ? ConvOutput{{}, full.data()} : ConvOutput{dx.view(), nullptr};
    line(options, name + " forward", work, "GFLOP/s",
         [&](const Kernels& k) { k.conv_forward({s, e, weights(k), bias.data(), x.view(), {}, to_y}); });
    line(options, name + " input gradient", work, "GFLOP/s",
         [&](const Kernels& k) { k.conv_input_gradient({s, e, weights(k), dy.view(), {}, to_dx}); });
    line(options, name + " weight gradient", work, "GFLOP/s", [&](const Kernels& k) {
        k.conv_weight_gradient({s, e, x.view(), dy.view(), dweight.data(), dbias.data()});
    });
}

void bench_norm(const Options& options, int64_t channels, int64_t side) {
    const Extent e{options.images, side, side};
    const auto gamma = floats(channels, 1), beta = floats(channels, 1), condition = floats(e.images * 2 * channels, 1);
    const Halves x(e.pixels(), channels), y(e.pixels(), channels), dy(e.pixels(), channels), dx(e.pixels(), channels);
    std::vector<float> statistics(static_cast<size_t>(e.images * norm_groups * 2));
    std::vector<float> dgamma(gamma.size()), dbeta(beta.size()), dcondition(condition.size());
    const Norm norm{e, channels, gamma.data(), beta.data(), condition.data(), nullptr, 2 * channels, true, x.view()};
    const std::string name = "norm " + std::to_string(channels) + " at " + std::to_string(side) + "x" +
                             std::to_string(side);
    const double bytes = 2.0 * static_cast<double>(e.pixels() * channels);
    line(options, name + " forward", 3 * bytes, "GB/s   ",
         [&](const Kernels& k) { k.norm_forward({norm, y.view(), statistics.data()}); });
    line(options, name + " backward", 6 * bytes, "GB/s   ", [&](const Kernels& k) {
        k.norm_backward({norm, statistics.data(), dy.view(), dx.view(), {}, dgamma.data(), dbeta.data(),
                         dcondition.data()});
    });
}

void bench_attention(const Options& options, int64_t tokens, int64_t heads, int64_t width) {
    const Halves qkv(options.images * tokens, 3 * heads * width), y(options.images * tokens, heads * width);
    const Halves dqkv(options.images * tokens, 3 * heads * width);
    const Attention attention{options.images, tokens, heads, width, qkv.view()};
    const std::string name = "attention " + std::to_string(tokens) + " tokens, " + std::to_string(heads) + " x " +
                             std::to_string(width);
    const double product = 2.0 * static_cast<double>(options.images * heads * tokens * tokens * width);
    line(options, name + " forward", 2 * product, "GFLOP/s",
         [&](const Kernels& k) { k.attention_forward({attention, y.view()}); });
    line(options, name + " backward", 5 * product, "GFLOP/s",
         [&](const Kernels& k) { k.attention_backward({attention, y.view(), dqkv.view()}); });
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (argc > 1) options.images = std::atoll(argv[1]);
    if (argc > 2) options.seconds = std::atof(argv[2]);
    if (argc > 3) options.name = argv[3];
    if (argc > 4 || options.images < 1 || options.seconds <= 0) {
        std::fprintf(stderr, "kernels_bench takes [images [seconds [name]]], numbers above 0\n");
        return 2;
    }
    std::printf("%-44s", ("batch " + std::to_string(options.images)).c_str());
    for (const KernelSet& set : kernel_sets()) {
        if (!set.kernels || !set.runs || set.kernels == &portable_kernels()) continue;
        tables.push_back(set.kernels);
        std::printf("  %-28s", set.name);
    }
    std::printf("\n");
    if (tables.empty()) {
        std::fprintf(stderr, "this processor has none of the vector kernels\n");
        return 1;
    }
    for (const auto& [channels, side] : {std::pair<int64_t, int64_t>{64, 32}, {128, 16}, {256, 8}}) {
        bench_conv(options, {channels, channels, 3, 1}, side);
    }
    bench_conv(options, {256, 128, 3, 1}, 16);
    bench_conv(options, {128, 128, 3, 1, true}, 8);
    bench_conv(options, {128, 384, 1, 1}, 8);
    bench_conv(options, {128, 128, 3, 2}, 16);
    bench_conv(options, {3, 64, 3, 1}, 32);
    bench_conv(options, {64, 3, 3, 1}, 32);
    for (const auto& [channels, side] : {std::pair<int64_t, int64_t>{64, 32}, {128, 16}, {256, 8}}) {
        bench_norm(options, channels, side);
    }
    bench_attention(options, 64, 2, 64);
    bench_attention(options, 256, 4, 64);
    return 0;
}
