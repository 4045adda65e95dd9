#include "song_architecture.h"

#include <algorithm>
#include <utility>

namespace cm4j {

namespace {

std::string stage(const char* part, int64_t pixels) {
    const std::string side = std::to_string(pixels);
    return std::string(part) + "." + side + "x" + side + "_";
}

}  // namespace

SongArchitecture::SongArchitecture(const UNetConfig& config) {
    const bool pyramid = config.kind == NetworkKind::ncsnpp;
    const auto levels = static_cast<int64_t>(config.channel_mult.size());
    const auto width = [&](int64_t level) {
        return config.channel_mult[static_cast<size_t>(level)] * config.model_channels;
    };
    noise_channels = (pyramid ? 2 : 1) * config.model_channels;

    std::vector<int64_t> kept;  // channels of each kept activation
    int64_t channels = config.model_channels;
    int64_t picture = config.in_channels;  // of the pyramid
    first = stage("enc", config.image_size) + "conv";
    kept.push_back(channels);
    for (int64_t level = 0; level < levels; ++level) {
        const std::string at = stage("enc", config.image_size >> level);
        const bool attends = config.has_attention(int64_t{1} << level);
        if (level > 0) {
            SongBlock down{at + "down", channels, channels, Resize::down};
            if (pyramid) {
                down.pyramid = at + "aux_residual";
                down.pyramid_in = std::exchange(picture, channels);
            }
            encoder.push_back(std::move(down));
            kept.push_back(channels);
        }
        for (int64_t i = 0; i < config.num_res_blocks; ++i) {
            encoder.push_back({at + "block" + std::to_string(i), channels, width(level), Resize::none, attends});
            channels = width(level);
            kept.push_back(channels);
        }
    }
    for (int64_t level = levels - 1; level >= 0; --level) {
        const std::string at = stage("dec", config.image_size >> level);
        const bool attends = config.has_attention(int64_t{1} << level);
        if (level == levels - 1) {
            decoder.push_back({at + "in0", channels, channels, Resize::none, true});
            decoder.push_back({at + "in1", channels, channels});
        } else {
            decoder.push_back({at + "up", channels, channels, Resize::up});
        }
        for (int64_t i = 0; i <= config.num_res_blocks; ++i) {
            const bool last_of_level = i == config.num_res_blocks;
            decoder.push_back({at + "block" + std::to_string(i), channels + kept.back(), width(level), Resize::none,
                               attends && last_of_level, true});
            kept.pop_back();
            channels = width(level);
        }
    }
    last = stage("dec", config.image_size) + "aux";
    head_channels = channels;
}

std::vector<SongBlock> SongArchitecture::blocks() const {
    std::vector<SongBlock> all = encoder;
    all.insert(all.end(), decoder.begin(), decoder.end());
    return all;
}

int64_t song_groups(int64_t channels) { return std::min<int64_t>(32, channels / 4); }

}  // namespace cm4j
