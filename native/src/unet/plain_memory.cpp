#include "plain_memory.h"

#include <algorithm>
#include <vector>

#include "architecture.h"
#include "attention.h"
#include "song_memory.h"

namespace cm4j {

namespace {

// float32 values of one layer for one image.
struct Cost {
    int64_t kept = 0;      // inside, for the backward pass, without input and output
    int64_t output = 0;
    int64_t forward = 0;   // while it runs without keeping anything, without input and output
    int64_t backward = 0;  // gradients and copies while it is taken backwards, beside what is kept
};

// Follows the layers over the picture sizes. Terms are in the order of blocks.cpp and attention.cpp.
struct Walk {
    const UNetConfig& config;
    int64_t images;
    int64_t height;
    int64_t width;

    int64_t area() const { return height * width; }

    void resize(Resize direction) {
        if (direction == Resize::down) height /= 2, width /= 2;
        if (direction == Resize::up) height *= 2, width *= 2;
    }

    Cost resblock(const LayerPlan& layer) {
        const int64_t in = layer.in * area(), resized = layer.resize == Resize::none ? 0 : layer.in;
        resize(layer.resize);
        const int64_t out = layer.out * area(), shortcut = resized * area();
        Cost cost;
        cost.output = out;
        cost.kept = 2 * in;                                         // norm, SiLU
        if (layer.resize == Resize::up) cost.kept += shortcut - in;  // the convolution reads what was enlarged
        if (layer.resize == Resize::down) cost.kept += shortcut;
        cost.kept += (config.use_scale_shift_norm ? 4 : 3) * out;  // convolution, norm, scaled or not, SiLU
        if (config.dropout > 0) cost.kept += out;                  // the mask; the product replaces the SiLU
        cost.forward = shortcut + 3 * std::max(in, out);
        cost.backward = shortcut + 4 * std::max(in, out);
        return cost;
    }

    Cost attention(const LayerPlan& layer) const {
        const int64_t channels = layer.out * area(), square = layer.heads * area() * area();
        // Norm, scaled q and k, v, the mixture. The values of a single head are a view that holds all of qkv.
        const int64_t kept = (layer.heads == 1 ? 7 : 5) * channels + square;
        // Where nothing is recorded, two matrices of a few heads serve all.
        const int64_t tokens = area();
        const int64_t matrices = 2 * heads_at_once(tokens, images * layer.heads) * tokens * tokens / images;
        return {kept, channels, 7 * channels + matrices, channels + 3 * square};
    }

    Cost plain(const LayerPlan& layer) {
        const bool enlarged = layer.resize == Resize::up && layer.convolution;
        resize(layer.resize);
        const int64_t out = layer.out * area();
        return {enlarged ? layer.in * area() : 0, out, 2 * out, 3 * out};
    }

    Cost layer(const LayerPlan& l) {
        switch (l.kind) {
            case LayerPlan::Kind::resblock: return resblock(l);
            case LayerPlan::Kind::attention: return attention(l);
            case LayerPlan::Kind::conv:
            case LayerPlan::Kind::resample: break;
        }
        return plain(l);
    }
};

// The seed network: what its pairs of convolutions keep, and the widest of its pictures, in front of the last convolution.
PlainBytes seed_bytes(const UNetConfig& config, int64_t n, int64_t h, int64_t w, bool recording, bool checkpoint) {
    const int64_t width = config.model_channels, wide = 2 * width, full = h * w, half = full / 4, quarter = full / 16;
    const struct {
        int64_t in, out, area;
    } pairs[] = {{width, width, half},  {width, wide, half},      {wide, wide, quarter}, {wide, wide, quarter},
                 {wide, wide, quarter}, {2 * wide, width, half}, {width, width, half}};
    const int64_t output = config.out_channels * full;
    const int64_t head = (wide + config.in_channels) * full;  // of the last convolution, whose input is one more
    // The convolution takes pictures in blocks of 16 channels.
    const auto blocks = [](int64_t channels) { return (channels + 15) / 16 * 16; };
    const int64_t head_copy = blocks(wide + config.in_channels) * full, output_copy = blocks(config.out_channels) * full;
    if (!recording) {
        const int64_t waiting = width * half + wide * quarter;  // for the way up
        return {output * n * 4, (wide * full + head + head_copy + output_copy + waiting) * n * 4};
    }
    int64_t held = wide * full + head + output, most = 0;
    for (const auto& pair : pairs) {
        const int64_t inside = (2 * pair.in + 3 * pair.out) * pair.area;  // norm, SiLU; convolution, norm, SiLU
        held += pair.in * pair.area + (checkpoint ? 0 : inside);
        most = std::max(most, inside);
    }
    return {held * n * 4, std::max(head + 2 * head_copy + output_copy, checkpoint ? most : 0) * n * 4};
}

// One layer, or the concatenation in front of a block: what stays when it has been passed.
struct Stop {
    Cost cost;
    bool recomputed = false;
    int64_t joined = 0;  // values of the concatenation in front of it, held in place of the output before
};

}  // namespace

PlainBytes plain_bytes(const UNetConfig& config, int64_t n, int64_t h, int64_t w, bool recording, bool checkpoint) {
    if (config.kind == NetworkKind::seed) return seed_bytes(config, n, h, w, recording, checkpoint);
    if (is_song(config.kind)) return song_bytes(config, n, h, w, recording, checkpoint);
    if (config.kind == NetworkKind::edm2) return edm2_bytes(config, n, h, w, recording, checkpoint);
    const Architecture architecture(config);
    Walk walk{config, n, h / config.patch, w / config.patch};
    std::vector<Stop> stops;
    std::vector<int64_t> waiting;  // outputs that the decoder will read
    int64_t held = config.folded_in() * walk.area(), peak = 0;
    int64_t current = 0;           // output of the last block
    const auto pass = [&](const BlockPlan& block, int64_t joined) {
        const int64_t before = joined > 0 ? current : 0;
        for (const LayerPlan& layer : block) {
            const Cost cost = walk.layer(layer);
            const bool recomputed =
                checkpoint && (layer.kind == LayerPlan::Kind::resblock || layer.kind == LayerPlan::Kind::attention);
            stops.push_back({cost, recomputed, joined});
            if (recording) {
                // Only the concatenation has read the output of the block before.
                if (joined > 0) held -= before;
                held += joined + cost.output + (recomputed ? 0 : cost.kept);
                peak = std::max(peak, held + (recomputed ? cost.forward : 0));
            } else {
                peak = std::max(peak, held + joined + cost.output + cost.forward);
            }
            joined = 0;
        }
        return stops.back().cost.output;
    };
    for (const BlockPlan& block : architecture.input) {
        waiting.push_back(pass(block, 0));
        if (!recording) held += waiting.back();
    }
    current = pass(architecture.middle, 0);
    for (const BlockPlan& block : architecture.output) {
        const int64_t joined = current + waiting.back();
        if (!recording) held += current;
        const int64_t before = current;
        current = pass(block, joined);
        if (!recording) held -= before + waiting.back();
        waiting.pop_back();
    }
    // The last norm and SiLU, and the output.
    const int64_t head = architecture.head_channels * walk.area();
    const int64_t output = config.out_channels * h * w;
    if (!recording) {
        peak = std::max(peak, held + current + 3 * head + output);
        return {output * n * 4, (peak - output) * n * 4};
    }
    held += 2 * head + output;
    const int64_t activations = held;
    peak = std::max(peak, held + 3 * head);
    held -= 2 * head;
    bool replaced = false;  // whether the output of this stop has become part of a concatenation
    for (size_t i = stops.size(); i-- > 0;) {
        const Stop& stop = stops[i];
        peak = std::max(peak, held + stop.cost.backward + (stop.recomputed ? stop.cost.kept : 0));
        // The gradient of a concatenation stays until the encoder has taken its part.
        held -= (replaced ? 0 : stop.cost.output) + (stop.recomputed ? 0 : stop.cost.kept);
        replaced = stop.joined > 0;
    }
    return {activations * n * 4, (peak - activations) * n * 4};
}

}  // namespace cm4j
