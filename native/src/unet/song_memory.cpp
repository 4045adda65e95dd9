#include "song_memory.h"

#include <algorithm>
#include <vector>

#include "attention.h"
#include "song_architecture.h"

namespace cm4j {

namespace {

// float32 values of one block for one image.
struct Cost {
    int64_t kept = 0;      // inside, for the backward pass, without input and output
    int64_t output = 0;
    int64_t forward = 0;   // while it runs without keeping anything, without input and output
    int64_t backward = 0;  // gradients and copies while it is taken backwards, beside what is kept
    int64_t joined = 0;    // of the concatenation in front of it, held in place of the output before
    int64_t pyramid = 0;   // of the blurred convolution behind it
};

// Terms are in the order of song_network.cpp.
Cost cost_of(const SongBlock& block, const UNetConfig& config, int64_t images, int64_t before, int64_t after) {
    const int64_t in = block.in * before, resized = block.in * after, out = block.out * after;
    Cost cost;
    cost.output = out;
    if (block.joins) cost.joined = in;
    cost.kept = 2 * in;  // norm, SiLU
    if (block.resize != Resize::none) cost.kept += 2 * resized;  // what the convolution and the skip connection read
    if (block.resize == Resize::up && config.kind == NetworkKind::ddpmpp) cost.kept -= in;  // repeating keeps nothing
    cost.kept += 3 * out + (config.dropout > 0 ? out : 0);  // convolution with time, norm, SiLU; the mask
    // Norm and SiLU; the convolution with what was resized and its copies of picture and weights; the latter with time,
    // norm and SiLU, or the sum and its parts.
    const int64_t changed = block.resize == Resize::none ? 0 : resized;
    const int64_t copies = (changed > 0 ? changed : in) + 9 * block.in * block.out / images;
    cost.forward = std::max({2 * in, in + changed + copies + out, changed + 4 * out}) - out;
    cost.backward = 4 * std::max({in, resized, out});
    if (block.attention) {
        const int64_t square = after * after;
        cost.kept += 8 * out + square;  // its input, norm, scaled q and k, v that holds all of qkv, the mixture
        const int64_t matrices = 2 * heads_at_once(after, images) * square / images;
        cost.forward = std::max(cost.forward, 7 * out + matrices);
        cost.backward = std::max(cost.backward, out + 3 * square);
    }
    // The convolution has a border of one pixel more on each side.
    if (!block.pyramid.empty()) cost.pyramid = 5 * block.out * after;
    return cost;
}

}  // namespace

PlainBytes song_bytes(const UNetConfig& config, int64_t n, int64_t h, int64_t w, bool recording, bool checkpoint) {
    const SongArchitecture architecture(config);
    const int64_t full = h * w;
    int64_t area = full;
    std::vector<Cost> costs;
    for (const SongBlock& block : architecture.blocks()) {
        const int64_t before = area;
        if (block.resize == Resize::down) area /= 4;
        if (block.resize == Resize::up) area *= 4;
        costs.push_back(cost_of(block, config, n, before, area));
    }
    const size_t encoders = architecture.encoder.size();
    const int64_t first = config.model_channels * full, head = architecture.head_channels * full;
    const int64_t output = config.out_channels * full;
    const auto bytes = [n](int64_t values) { return values * n * 4; };

    if (!recording) {
        int64_t held = first, peak = 0, current = first;
        std::vector<int64_t> waiting{first};
        for (size_t i = 0; i < costs.size(); ++i) {
            const Cost& cost = costs[i];
            if (cost.joined > 0) {
                held += cost.joined - current;
                peak = std::max(peak, held + current);
                held -= waiting.back();
                waiting.pop_back();
            }
            peak = std::max(peak, held + cost.output + std::max(cost.forward, cost.pyramid));
            if (i < encoders) {
                held += cost.output;
                waiting.push_back(cost.output);
            } else {
                // The deepest output of the encoder waits on when the decoder has read it.
                held += cost.output - (cost.joined > 0 ? cost.joined : i == encoders ? 0 : current);
            }
            current = cost.output;
        }
        peak = std::max(peak, held + 3 * head + output);
        return {bytes(output), bytes(peak - output)};
    }

    int64_t held = config.in_channels * full + first, peak = 0, current = first;
    for (const Cost& cost : costs) {
        // Only the concatenation has read the output of the block before.
        if (cost.joined > 0) held += cost.joined - current;
        held += cost.output + cost.pyramid + (checkpoint ? 0 : cost.kept);
        peak = std::max(peak, held + (checkpoint ? cost.forward : 0));
        current = cost.output;
    }
    held += 2 * head + output;  // the last norm and SiLU
    const int64_t activations = held;
    peak = std::max(peak, held + 3 * head);
    held -= 2 * head;
    bool replaced = false;  // whether the output of this block has become part of a concatenation
    for (size_t i = costs.size(); i-- > 0;) {
        const Cost& cost = costs[i];
        peak = std::max(peak, held + cost.backward + (checkpoint ? cost.kept : 0));
        held -= (replaced ? 0 : cost.output) + cost.pyramid + (checkpoint ? 0 : cost.kept);
        replaced = cost.joined > 0;
    }
    return {bytes(activations), bytes(peak - activations)};
}

}  // namespace cm4j
