// The backward pass as a list of steps, derived from the forward graph.
#pragma once

#include "graph.h"

namespace cm4j::fast {

// Slices address gradient buffers: one for each buffer of the forward graph, of the same shape.
struct GradientStep {
    enum class Kind {
        weight,   // of a convolution: dweight, dbias from dy
        input,    // of a convolution: dx from dy
        picture,  // the same for the network's input, float32 and only on demand
        norm,
        attention,
        halve,  // gradient of the forward step `halve`
        twice,
        dropout,
        add,  // dx += dy
    };
    Kind kind = Kind::weight;
    int step = -1;  // of the forward graph
    Slice dy = {};
    Slice dx = {};
    Slice add[2] = {};  // gradients from other readers of the same value, added to dx
};

std::vector<GradientStep> gradient_steps(const Graph& graph);

}  // namespace cm4j::fast
