#include "edm2_plan.h"

#include <algorithm>

namespace cm4j {

Edm2Plan::Edm2Plan(const UNetConfig& config) {
    const auto levels = static_cast<int64_t>(config.channel_mult.size());
    const auto width = [&](int64_t level) { return config.model_channels * config.channel_mult[level]; };
    const auto stage = [&](int64_t level, const std::string& part) {
        const std::string pixels = std::to_string(config.image_size >> level);
        return pixels + "x" + pixels + "_" + part;
    };
    const auto heads = [&](int64_t level) {
        return config.has_attention(int64_t{1} << level) ? config.heads(width(level), false) : 0;
    };
    first = "enc." + stage(0, "conv");
    features = width(0);
    for (int64_t level = 0; level < levels; ++level) embedding = std::max(embedding, width(level));
    std::vector<int64_t> kept = {width(0)};
    int64_t channels = width(0);
    for (int64_t level = 0; level < levels; ++level) {
        if (level > 0) {
            encoder.push_back({"enc." + stage(level, "down"), false, channels, channels, 0, Resize::down, 0});
            kept.push_back(channels);
        }
        for (int64_t i = 0; i < config.num_res_blocks; ++i) {
            encoder.push_back({"enc." + stage(level, "block" + std::to_string(i)), false, channels, width(level), 0,
                               Resize::none, heads(level)});
            kept.push_back(channels = width(level));
        }
    }
    for (int64_t level = levels - 1; level >= 0; --level) {
        if (level == levels - 1) {
            decoder.push_back({"dec." + stage(level, "in0"), true, channels, channels, 0, Resize::none,
                               config.heads(channels, false)});
            decoder.push_back({"dec." + stage(level, "in1"), true, channels, channels, 0, Resize::none, 0});
        } else {
            decoder.push_back({"dec." + stage(level, "up"), true, channels, channels, 0, Resize::up, 0});
        }
        for (int64_t i = 0; i <= config.num_res_blocks; ++i) {
            decoder.push_back({"dec." + stage(level, "block" + std::to_string(i)), true, channels + kept.back(),
                               width(level), kept.back(), Resize::none, heads(level)});
            kept.pop_back();
            channels = width(level);
        }
    }
    head_channels = channels;
}

std::vector<Edm2BlockPlan> Edm2Plan::blocks() const {
    std::vector<Edm2BlockPlan> all = encoder;
    all.insert(all.end(), decoder.begin(), decoder.end());
    return all;
}

}  // namespace cm4j
