// A model of the memory that the plain path needs: what autograd keeps of each layer, and what one layer takes for
// itself while it runs.
#pragma once

#include <cstdint>

#include "config.h"

namespace cm4j {

struct PlainBytes {
    int64_t activations = 0;  // held when the forward pass has ended
    int64_t workspace = 0;    // on top of them at the worst moment
};

// recording: forward and backward, else inference. checkpoint: blocks keep their inputs alone.
PlainBytes plain_bytes(const UNetConfig& config, int64_t n, int64_t h, int64_t w, bool recording, bool checkpoint);

// The same for a network of kind edm2.
PlainBytes edm2_bytes(const UNetConfig& config, int64_t n, int64_t h, int64_t w, bool recording, bool checkpoint);

}  // namespace cm4j
