// The network as a list of steps over buffers, for one picture size: what forward runs, and backward in reverse.
#pragma once

#include <cstdint>
#include <vector>

#include "../unet/architecture.h"
#include "layers.h"

namespace cm4j::fast {

// Pixels x channels activations for every image of a batch.
struct Buffer {
    int64_t height = 0;
    int64_t width = 0;
    int64_t channels = 0;
};

// Some channels of a buffer. Skip connections are written where the decoder reads them, beside its own channels, so
// that nothing is copied for a concatenation.
struct Slice {
    int buffer = -1;
    int64_t channel = 0;
    int64_t channels = 0;

    explicit operator bool() const { return buffer >= 0; }
    bool operator==(const Slice&) const = default;
};

struct Step {
    enum class Kind { conv, norm, attention, halve, twice, dropout };
    Kind kind = Kind::conv;
    Slice x = {};
    Slice y = {};                 // none: the output of the network, float32
    Slice add = {};               // conv: added to the result; equal to y where it accumulates
    int layer = -1;          // conv, norm: index in Layers
    bool silu = false;       // norm
    int64_t condition = -1;  // norm: first column of its conditioning, or none
    int index = -1;          // norm: its statistics; dropout: its mask
    int64_t heads = 0;       // attention
};

struct Graph {
    std::vector<Buffer> buffers;
    std::vector<Step> steps;
    Slice input;            // the folded picture, channels padded to even
    Slice output_gradient;  // the same for dL/dy; no step writes it
    int norms = 0;
    int dropouts = 0;

    // height, width: of the folded picture.
    Graph(const UNetConfig& config, const Architecture& architecture, const Layers& layers, int64_t height,
          int64_t width);
};

}  // namespace cm4j::fast
