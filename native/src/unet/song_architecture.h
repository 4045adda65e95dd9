// The blocks of DDPM++ and NCSN++ in order, and the names of their parameters: the one home of their assembly.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "architecture.h"

namespace cm4j {

// A residual block, with attention or without.
struct SongBlock {
    std::string name;  // prefix of its parameters, "enc.32x32_block0"
    int64_t in = 0;
    int64_t out = 0;
    Resize resize = Resize::none;
    bool attention = false;
    bool joins = false;       // reads cat(current, last kept)
    std::string pyramid = {};  // prefix of the convolution that adds the larger picture behind it; empty: none
    int64_t pyramid_in = 0;
};

// Source: NVlabs/edm, training/networks.py, SongUNet.
struct SongArchitecture {
    std::string first;                // prefix of the first convolution, "enc.32x32_conv"
    std::vector<SongBlock> encoder;   // their outputs, and that of the first convolution, are kept for the decoder
    std::vector<SongBlock> decoder;
    std::string last;                 // prefix of the last norm and convolution, "dec.32x32_aux"
    int64_t noise_channels = 0;       // width of the embedding of the noise level
    int64_t head_channels = 0;        // in front of the last norm

    explicit SongArchitecture(const UNetConfig& config);
    // Encoder, then decoder: in this order blocks number their dropout masks.
    std::vector<SongBlock> blocks() const;
};

// Groups of a norm: 4 channels or more in each, 32 at most.
int64_t song_groups(int64_t channels);

}  // namespace cm4j
