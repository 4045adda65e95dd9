// The blocks of a network of kind edm2 in order, and the names of their parameters: the one home of its assembly.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "architecture.h"

namespace cm4j {

struct Edm2BlockPlan {
    std::string name;  // prefix of its parameters, "enc.32x32_block0"
    bool decoder = false;
    int64_t in = 0;    // channels it reads, those kept by the encoder included
    int64_t out = 0;
    int64_t kept = 0;  // of in: the last output that the encoder kept, 0 where it reads none
    Resize resize = Resize::none;
    int64_t heads = 0;  // 0: no attention
};

// Source: NVlabs/edm2, training/networks_edm2.py, UNet; Karras et al. 2023, figure 21 (configuration G).
struct Edm2Plan {
    std::string first;      // the convolution of the picture and a constant channel; its output is kept like a block's
    int64_t features = 0;   // of the noise level
    int64_t embedding = 0;
    std::vector<Edm2BlockPlan> encoder, decoder;
    int64_t head_channels = 0;  // in front of the last convolution

    explicit Edm2Plan(const UNetConfig& config);
    // Encoder, then decoder.
    std::vector<Edm2BlockPlan> blocks() const;
};

}  // namespace cm4j
