#include "architecture.h"

namespace cm4j {

namespace {

using Kind = LayerPlan::Kind;

std::string joined(const std::string& block, size_t index) { return block + "." + std::to_string(index); }

// Appends layers to one block, naming each by its place in it.
struct BlockBuilder {
    const UNetConfig& config;
    std::string name;
    bool decoder;
    int64_t& rate;  // pixels of the (folded) image per pixel here, of the whole assembly
    BlockPlan layers = {};

    std::string next() const { return joined(name, layers.size()); }

    void add(LayerPlan layer) {
        layer.name = next();
        layer.side = config.image_size / (config.patch * rate);
        layers.push_back(std::move(layer));
    }

    void conv(int64_t in, int64_t out) { add({.kind = Kind::conv, .in = in, .out = out}); }

    void resblock(int64_t in, int64_t out, Resize resize = Resize::none) {
        add({.kind = Kind::resblock, .in = in, .out = out, .resize = resize});
    }

    void attention(int64_t channels) {
        add({.kind = Kind::attention, .in = channels, .out = channels, .heads = config.heads(channels, decoder)});
    }

    // A resolution change: a ResBlock that resizes, or a plain layer.
    void resample(int64_t channels, Resize resize) {
        rate = resize == Resize::down ? 2 * rate : rate / 2;
        if (config.resblock_updown) {
            resblock(channels, channels, resize);
        } else {
            add({.kind = Kind::resample, .in = channels, .out = channels, .resize = resize,
                 .convolution = config.conv_resample});
        }
    }
};

}  // namespace

Architecture::Architecture(const UNetConfig& config) {
    const auto levels = static_cast<int64_t>(config.channel_mult.size());
    const auto width = [&](int64_t level) {
        return config.channel_mult[static_cast<size_t>(level)] * config.model_channels;
    };
    int64_t rate = 1;
    const auto encoder = [&] { return BlockBuilder{config, joined("input_blocks", input.size()), false, rate}; };
    const auto decoder = [&] { return BlockBuilder{config, joined("output_blocks", output.size()), true, rate}; };

    std::vector<int64_t> kept;  // channels of each kept activation
    const auto push = [&](BlockBuilder block, int64_t channels) {
        input.push_back(std::move(block.layers));
        kept.push_back(channels);
    };

    int64_t channels = width(0);
    auto first = encoder();
    first.conv(config.folded_in(), channels);
    push(std::move(first), channels);
    for (int64_t level = 0; level < levels; ++level) {
        for (int64_t i = 0; i < config.num_res_blocks; ++i) {
            auto block = encoder();
            block.resblock(channels, width(level));
            channels = width(level);
            if (config.has_attention(rate)) block.attention(channels);
            push(std::move(block), channels);
        }
        if (level + 1 == levels) continue;
        auto block = encoder();
        block.resample(channels, Resize::down);
        push(std::move(block), channels);
    }

    BlockBuilder centre{config, "middle_block", false, rate};
    centre.resblock(channels, channels);
    centre.attention(channels);
    centre.resblock(channels, channels);
    middle = std::move(centre.layers);

    for (int64_t level = levels - 1; level >= 0; --level) {
        for (int64_t i = 0; i <= config.num_res_blocks; ++i) {
            auto block = decoder();
            block.resblock(channels + kept.back(), width(level));
            kept.pop_back();
            channels = width(level);
            if (config.has_attention(rate)) block.attention(channels);
            if (level > 0 && i == config.num_res_blocks) block.resample(channels, Resize::up);
            output.push_back(std::move(block.layers));
        }
    }
    head_channels = channels;
}

std::vector<LayerPlan> Architecture::layers() const {
    std::vector<LayerPlan> all;
    const auto append = [&](const BlockPlan& block) { all.insert(all.end(), block.begin(), block.end()); };
    for (const auto& block : input) append(block);
    append(middle);
    for (const auto& block : output) append(block);
    return all;
}

}  // namespace cm4j
