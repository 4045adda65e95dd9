// The layers of a network in order, and the names of their parameters: the one home of its assembly.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config.h"

namespace cm4j {

enum class Resize { none, down, up };

struct LayerPlan {
    enum class Kind { conv, resblock, attention, resample };
    Kind kind = Kind::conv;
    std::string name{};  // prefix of its parameters, "input_blocks.1.0"
    int64_t in = 0;
    int64_t out = 0;
    Resize resize = Resize::none;  // of a resblock or a resample layer
    int64_t heads = 0;             // of an attention layer
    bool convolution = false;      // of a resample layer: strided or following convolution, else plain resizing
    int64_t side = 0;              // pixels along a line of what it writes, of a picture of the configured size
};

using BlockPlan = std::vector<LayerPlan>;

// Source: openai/consistency_models, cm/unet.py, UNetModel.
struct Architecture {
    std::vector<BlockPlan> input;   // the output of each is kept for the decoder
    BlockPlan middle;
    std::vector<BlockPlan> output;  // each reads cat(current, last kept)
    int64_t head_channels = 0;      // channels in front of the last norm and convolution

    explicit Architecture(const UNetConfig& config);
    // All layers in the order of construction.
    std::vector<LayerPlan> layers() const;
};

}  // namespace cm4j
