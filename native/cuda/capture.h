// CUDA graphs: a fixed sequence of launches, recorded once and launched as one.
#pragma once

#include <cstdint>

namespace cm4j::device {

using Body = void (*)(void* context);

// Runs a body on this library's own stream of a device: after what the current stream holds, before what it gets next.
void on_side_stream(int32_t device, Body body, void* context);

// Records what a body launches, and runs nothing. The body must have run on the side stream before, with the same
// tensors as inputs and outputs. Memory that it allocates belongs to the graph.
class Graph {
public:
    Graph(int32_t device, Body body, void* context);
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;
    ~Graph();
    // On the current stream.
    void replay() const;

private:
    struct State;
    State* state_;
};

}  // namespace cm4j::device
