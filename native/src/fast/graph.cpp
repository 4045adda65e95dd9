// Walks the architecture and writes down its steps.
#include "graph.h"

#include <optional>

#include "../kernels/buffers.h"

namespace cm4j::fast {
namespace {

using Target = std::optional<Slice>;

struct Builder {
    const UNetConfig& config;
    const Layers& layers;
    Graph& graph;

    const Buffer& extent(Slice s) const { return graph.buffers[s.buffer]; }

    Slice buffer(int64_t height, int64_t width, int64_t channels) {
        graph.buffers.push_back({height, width, channels});
        return {static_cast<int>(graph.buffers.size()) - 1, 0, channels};
    }
    Slice beside(Slice like, int64_t channels) {
        return buffer(extent(like).height, extent(like).width, channels);
    }

    Slice conv(const std::string& name, Slice x, Target target = {}, Slice add = {}) {
        const int layer = layers.conv_index(name);
        const ConvShape& shape = layers.conv(layer).shape;
        const Extent out = shape.output({1, extent(x).height, extent(x).width});
        const Slice y = target ? *target : buffer(out.height, out.width, shape.out);
        graph.steps.push_back({.kind = Step::Kind::conv, .x = x, .y = y, .add = add, .layer = layer});
        return y;
    }

    Slice norm(const std::string& name, Slice x, bool silu, int64_t condition = -1) {
        const Slice y = beside(x, x.channels);
        graph.steps.push_back({.kind = Step::Kind::norm,
                               .x = x,
                               .y = y,
                               .layer = layers.norm_index(name),
                               .silu = silu,
                               .condition = condition,
                               .index = graph.norms++});
        return y;
    }

    Slice resize(Resize direction, Slice x, Target target = {}) {
        if (direction == Resize::none) return x;
        const bool down = direction == Resize::down;
        const auto [height, width, channels] = extent(x);
        const Slice y = target ? *target
                        : down ? buffer(height / 2, width / 2, x.channels)
                               : buffer(height * 2, width * 2, x.channels);
        graph.steps.push_back({.kind = down ? Step::Kind::halve : Step::Kind::twice, .x = x, .y = y});
        return y;
    }

    Slice resblock(const LayerPlan& plan, Slice x, Target target) {
        Slice h = norm(plan.name + ".in_layers.0", x, true);
        if (plan.resize == Resize::down) h = resize(plan.resize, h);  // doubling is left to the convolution
        x = resize(plan.resize, x);
        h = conv(plan.name + ".in_layers.2", h);
        h = norm(plan.name + ".out_layers.0", h, true, layers.condition_column(plan.name + ".emb_layers.1"));
        if (config.dropout > 0) {
            graph.steps.push_back({.kind = Step::Kind::dropout, .x = h, .y = h, .index = graph.dropouts++});
        }
        const Slice y = target ? *target : beside(h, plan.out);
        const bool projected = plan.in != plan.out;
        if (projected) conv(plan.name + ".skip_connection", x, y);
        return conv(plan.name + ".out_layers.3", h, y, projected ? y : x);
    }

    Slice attention(const LayerPlan& plan, Slice x, Target target) {
        const Slice qkv = conv(plan.name + ".qkv", norm(plan.name + ".norm", x, false));
        const Slice h = beside(x, x.channels);
        graph.steps.push_back({.kind = Step::Kind::attention, .x = qkv, .y = h, .heads = plan.heads});
        return conv(plan.name + ".proj_out", h, target, x);
    }

    Slice resample(const LayerPlan& plan, Slice x, Target target) {
        if (!plan.convolution) return resize(plan.resize, x, target);
        if (plan.resize == Resize::down) return conv(plan.name + ".op", x, target);
        return conv(plan.name + ".conv", x, target);
    }

    Slice block(const BlockPlan& plan, Slice x, Target target) {
        for (const LayerPlan& layer : plan) {
            const Target to = &layer == &plan.back() ? target : std::nullopt;
            switch (layer.kind) {
                case LayerPlan::Kind::conv: x = conv(layer.name, x, to); break;
                case LayerPlan::Kind::resblock: x = resblock(layer, x, to); break;
                case LayerPlan::Kind::attention: x = attention(layer, x, to); break;
                case LayerPlan::Kind::resample: x = resample(layer, x, to); break;
            }
        }
        return x;
    }
};

// The factor by which a block changes the picture's sides.
Resize direction(const BlockPlan& block) {
    for (const LayerPlan& layer : block) {
        if (layer.resize != Resize::none) return layer.resize;
    }
    return Resize::none;
}

}  // namespace

Graph::Graph(const UNetConfig& config, const Architecture& architecture, const Layers& layers, int64_t height,
             int64_t width) {
    Builder build{config, layers, *this};
    input = build.buffer(height, width, round_up(config.folded_in(), 2));
    output_gradient = build.buffer(height, width, round_up(config.folded_out(), 2));

    // Encoder block i and the decoder block that reads it share a buffer: the decoder's channels, then the skip's.
    const size_t count = architecture.input.size();
    std::vector<Slice> joined(count);
    std::vector<int64_t> decoder_channels(count);
    for (size_t j = 0; j < count; j++) {
        const BlockPlan& before = j == 0 ? architecture.middle : architecture.output[j - 1];
        decoder_channels[count - 1 - j] = before.back().out;
    }
    Slice h = input;
    for (size_t i = 0; i < count; i++) {
        const BlockPlan& block = architecture.input[i];
        if (direction(block) == Resize::down) height /= 2, width /= 2;
        const int64_t channels = block.back().out;
        joined[i] = build.buffer(height, width, decoder_channels[i] + channels);
        h = build.block(block, h, Slice{joined[i].buffer, decoder_channels[i], channels});
    }
    const auto own_part = [&](size_t i) { return Slice{joined[i].buffer, 0, decoder_channels[i]}; };
    build.block(architecture.middle, h, own_part(count - 1));
    for (size_t j = 0; j < count; j++) {
        const size_t i = count - 1 - j;
        h = build.block(architecture.output[j], joined[i], i > 0 ? Target(own_part(i - 1)) : std::nullopt);
    }
    h = build.norm("out.0", h, true);
    build.conv("out.2", h, Slice{});
}

}  // namespace cm4j::fast
