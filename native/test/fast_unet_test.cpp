// The fast path's network as a whole, over bfloat16 and over float32: all kernels that this machine can run against the
// plain twins on small random networks, their gradients against differences of outputs, and what the network promises
// about memory, batches, repetition and interleaving.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "../src/fast/network.h"
#include "../src/kernels/dispatch.h"

namespace {

using namespace cm4j;
using Floats = std::vector<float>;

std::mt19937_64 engine;
int failures = 0;

void expect(bool good, const std::string& what) {
    if (good) return;
    failures++;
    std::printf("FAILED %s\n", what.c_str());
}

double distance(const Floats& actual, const Floats& expected) {
    double difference = 0, size = 1e-30;
    for (size_t i = 0; i < expected.size(); i++) {
        difference += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
        size += std::pow(static_cast<double>(expected[i]), 2);
    }
    return std::sqrt(difference / size);
}

void near(const Floats& actual, const Floats& expected, double tolerance, const std::string& what) {
    const double d = distance(actual, expected);
    expect(d <= tolerance, what + ": error " + std::to_string(d) + " > " + std::to_string(tolerance));
}

Floats normal(int64_t count, float spread = 1) {
    std::normal_distribution<float> law(0, spread);
    Floats v(static_cast<size_t>(count));
    for (float& x : v) x = law(engine);
    return v;
}

UNetConfig config(const std::string& changes, const std::string& channels = "in_channels=1\nout_channels=2\n") {
    return UNetConfig::parse(channels + "num_heads=1\nnum_heads_upsample=-1\nconv_resample=1\nqkv_order=three-head\n" +
                             changes);
}

struct Case {
    std::string name;
    UNetConfig config;
    int64_t images, height, width;
    // Groups of a few values make the norms close to sign functions, and all comparison of sums pointless.
    bool smooth = true;
};

struct Trial {
    const Case& c;
    ParameterTable table;
    Floats weights, x, t, upstream;
    std::vector<int64_t> labels;

    explicit Trial(const Case& trial) : c(trial), table(c.config) {
        weights.assign(static_cast<size_t>(table.total), 0);
        for (const Parameter& p : table.parameters) {
            const int64_t fan_in = p.count / p.shape[0];
            const bool gain = p.shape.size() == 1 && p.name.ends_with("weight");
            const Floats v = normal(p.count, p.shape.size() > 1 ? 1 / std::sqrt(static_cast<float>(fan_in)) : 0.2f);
            for (int64_t i = 0; i < p.count; i++) weights[p.offset + i] = v[i] + (gain ? 1.f : 0.f);
        }
        const int64_t pixels = c.images * c.height * c.width;
        x = normal(pixels * c.config.in_channels);
        upstream = normal(pixels * c.config.out_channels);
        t = normal(c.images, 100);
        for (int64_t n = 0; n < c.images && c.config.num_classes > 0; n++) labels.push_back(n % c.config.num_classes);
    }

    struct Result {
        Floats out, gradients, grad_x;
    };

    std::unique_ptr<FastActivations> forward(FastUNet& net, Floats& out, bool keep, uint64_t seed = 7) const {
        std::unique_ptr<FastActivations> activations;
        out.assign(upstream.size(), 0);
        net.forward(x.data(), t.data(), labels.empty() ? nullptr : labels.data(), c.images, c.height, c.width, true,
                    seed, out.data(), keep ? &activations : nullptr);
        return activations;
    }
    void backward(FastUNet& net, FastActivations& activations, Result& result) const {
        result.gradients.assign(weights.size(), 0);
        result.grad_x.assign(x.size(), 0);
        net.backward(activations, upstream.data(), result.gradients.data(), result.grad_x.data());
    }
    Result run(FastUNet& net) const {
        Result result;
        const auto activations = forward(net, result.out, true);
        backward(net, *activations, result);
        return result;
    }
};

void test_promises(const std::string& name, const Trial& trial, FastUNet& net, const Trial::Result& first) {
    const Case& c = trial.c;
    Floats inferred;
    trial.forward(net, inferred, false);
    expect(inferred == first.out, name + ": inference differs from the training forward");

    // A second recorded pass and an inference between forward and backward must not disturb the first.
    Trial::Result a, b;
    const auto kept = trial.forward(net, a.out, true);
    const auto other = trial.forward(net, b.out, true, 8);
    trial.forward(net, inferred, false, 9);
    trial.backward(net, *kept, a);
    expect(a.out == first.out && a.gradients == first.gradients && a.grad_x == first.grad_x,
           name + ": a repeated pass differs");
    expect(c.config.dropout == 0 || b.out != a.out, name + ": dropout does not follow its seed");
    const int64_t bytes = net.held().total();
    trial.backward(net, *other, b);
    expect(net.held().total() == bytes, name + ": memory grows in steady state");

    if (c.config.dropout > 0) return;  // masks depend on the place in the batch
    const size_t in = trial.x.size() / c.images, out = first.out.size() / c.images;
    for (int64_t n = 0; n < c.images; n++) {
        Floats single(out);
        net.forward(trial.x.data() + n * in, trial.t.data() + n, trial.labels.empty() ? nullptr : &trial.labels[n], 1,
                    c.height, c.width, false, 0, single.data(), nullptr);
        expect(std::memcmp(single.data(), first.out.data() + n * out, out * sizeof(float)) == 0,
               name + ": an image depends on its batch");
    }
}

// The gradient times a direction is the change of sum(out upstream) along it.
void test_difference(const Case& c, const Trial& trial, FastUNet& plain, const Trial::Result& result) {
    Floats direction = normal(static_cast<int64_t>(trial.weights.size()));
    double predicted = 0;
    for (size_t i = 0; i < direction.size(); i++) {
        direction[i] *= trial.weights[i];
        predicted += static_cast<double>(direction[i]) * result.gradients[i];
    }
    double value[2];
    const float step = 0.03f;
    for (int side = 0; side < 2; side++) {
        Floats moved = trial.weights;
        for (size_t i = 0; i < moved.size(); i++) moved[i] += (side != 0 ? step : -step) * direction[i];
        plain.load_weights(cm4j::FlatWeights(moved.data()), false);
        Floats out;
        trial.forward(plain, out, false);
        value[side] = 0;
        for (size_t i = 0; i < out.size(); i++) value[side] += static_cast<double>(out[i]) * trial.upstream[i];
    }
    const double measured = (value[1] - value[0]) / (2 * step);
    double size = 0;
    for (size_t i = 0; i < direction.size(); i++) size += std::pow(direction[i] * result.gradients[i], 2.0);
    const double error = std::fabs(measured - predicted) / std::sqrt(size);
    expect(error < 0.35, c.name + ": gradient along a random direction is off by " + std::to_string(error));
}

// What is held after a pass is what was predicted before any.
void test_memory(const std::string& name, const Trial& trial, FastUNet& fresh, bool recording) {
    const Case& c = trial.c;
    const int64_t predicted = fresh.held_after(c.images, c.height, c.width, recording).total();
    fresh.load_weights(cm4j::FlatWeights(trial.weights.data()), recording);
    Trial::Result result;
    const auto activations = trial.forward(fresh, result.out, recording);
    if (recording) trial.backward(fresh, *activations, result);
    expect(fresh.held().total() == predicted, name + ": " + std::to_string(fresh.held().total()) + " bytes are held, " +
                                                  std::to_string(predicted) + " were predicted");
}

// How far a network may be from its plain twin.
struct Tolerance {
    double out, grad_x, gradients;
};
template <typename E>
constexpr Tolerance tolerance{0.04, 0.15, 0.1};
template <>
constexpr Tolerance tolerance<float>{1e-5, 2e-5, 2e-5};

template <typename E>
void test(const Case& c, const Trial& trial, const std::string& elements, std::set<const void*>& known) {
    fast::Network<E> plain(c.config, trial.table, fast::portable_kernels<E>());
    plain.load_weights(cm4j::FlatWeights(trial.weights.data()), true);
    const auto expected = trial.run(plain);
    for (const fast::KernelSet& set : fast::kernel_sets()) {
        // Several sets share their kernels for float32.
        if (!set.kernels || !set.runs || !known.insert(set.kernels.of<E>()).second) continue;
        const std::string name = std::string(set.name) + ", " + elements + ", " + c.name;
        fast::Network<E> quick(c.config, trial.table, *set.kernels.of<E>());
        quick.load_weights(cm4j::FlatWeights(trial.weights.data()), true);
        const auto actual = trial.run(quick);
        // The plain twins are slow, and keep the promises because the network around the kernels does.
        if (!set.portable()) {
            test_promises(name, trial, quick, actual);
            for (const bool recording : {true, false}) {
                fast::Network<E> fresh(c.config, trial.table, *set.kernels.of<E>());
                test_memory(name, trial, fresh, recording);
            }
        }
        for (float v : actual.gradients) expect(std::isfinite(v), name + ": a gradient is not finite");
        if (!c.smooth) continue;
        near(actual.out, expected.out, tolerance<E>.out, name + " forward");
        near(actual.grad_x, expected.grad_x, tolerance<E>.grad_x, name + " gradient of the picture");
        near(actual.gradients, expected.gradients, tolerance<E>.gradients, name + " gradient of the parameters");
    }
    if (c.smooth) test_difference(c, trial, plain, expected);
}

void test(const Case& c) {
    const Trial trial(c);
    std::set<const void*> known;
    test<fast::bf16>(c, trial, "bfloat16", known);
    test<float>(c, trial, "float32", known);
}

// Wide layers of few pixels keep their weights at their size; Winograd's would be 16/9 of it.
template <typename E>
void test_compact(const fast::KernelSet& set, std::set<const void*>& known) {
    if (!set.kernels || !set.runs || set.portable() || !known.insert(set.kernels.of<E>()).second) return;
    const auto weights = [&](int64_t image_size) {
        const auto wide = config("model_channels=1024\nnum_res_blocks=1\nchannel_mult=1\nattention_downsample=\n"
                                 "image_size=" + std::to_string(image_size) +
                                 "\npatch=1\nnum_classes=0\nnum_head_channels=64\ndropout=0\n"
                                 "use_scale_shift_norm=1\nresblock_updown=1\n");
        const ParameterTable table(wide);
        fast::Network<E> network(wide, table, *set.kernels.of<E>());
        return network.held_after(1, image_size, image_size, false).weights;
    };
    const int64_t few = weights(8), many = weights(16);
    expect(few < many * 4 / 5, std::string(set.name) + ": weights take " + std::to_string(few) +
                                   " bytes where pixels are few, else " + std::to_string(many));
}

}  // namespace

int main(int argc, char** argv) {
    const uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : static_cast<uint64_t>(std::time(nullptr));
    engine.seed(seed);
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    for (const fast::KernelSet& set : fast::kernel_sets()) {
        if (!set.kernels || !set.runs) std::printf("skipped %s: not on this processor or in this build\n", set.name);
    }
    const std::string small = "model_channels=32\nnum_res_blocks=1\nchannel_mult=1,2\nattention_downsample=2\n";
    test({"folded, film, classes",
          config(small + "image_size=32\npatch=2\nnum_classes=3\nnum_head_channels=32\ndropout=0\n"
                         "use_scale_shift_norm=1\nresblock_updown=1\n"), 3, 32, 24});
    test({"folded into as many channels as Winograd takes",
          config(small + "image_size=64\npatch=4\nnum_classes=0\nnum_head_channels=32\ndropout=0\n"
                         "use_scale_shift_norm=1\nresblock_updown=1\n", "in_channels=2\nout_channels=2\n"), 2, 64, 48});
    test({"odd lower level, additive, dropout",
          config(small + "image_size=14\npatch=1\nnum_classes=0\nnum_head_channels=16\ndropout=0.2\n"
                         "use_scale_shift_norm=0\nresblock_updown=1\n"), 2, 14, 10});
    test({"strided and followed convolutions",
          config(small + "image_size=16\npatch=1\nnum_classes=2\nnum_head_channels=64\ndropout=0\n"
                         "use_scale_shift_norm=1\nresblock_updown=0\n"), 2, 10, 16});
    test({"one pixel at the lowest level",
          config(small + "image_size=2\npatch=1\nnum_classes=0\nnum_head_channels=32\ndropout=0\n"
                         "use_scale_shift_norm=1\nresblock_updown=1\n"), 1, 2, 2, false});
    std::set<const void*> known;
    for (const fast::KernelSet& set : fast::kernel_sets()) {
        if (std::string(set.name) == "amx") continue;  // oneDNN's are never larger
        test_compact<fast::bf16>(set, known);
        test_compact<float>(set, known);
    }
    std::printf(failures ? "%d failures\n" : "the fast networks agree with their plain twin\n", failures);
    return failures != 0;
}
