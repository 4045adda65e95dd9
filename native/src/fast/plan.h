// A graph with its buffers placed, for one batch size and picture size; and the code that runs it. E: bf16 or float.
#pragma once

#include <memory>

#include "embedding.h"
#include "gradient_graph.h"
#include "memory_plan.h"
#include "picture.h"

namespace cm4j::fast {

// What one forward pass reads and writes.
struct Activations {
    AlignedBuffer buffers;
    AlignedBuffer statistics;  // of all norms
    EmbeddingState embedding;
    bool dropout = false;
    uint64_t dropout_seed = 0;
    int64_t first_image = 0;  // images of the batch before those of this pass, for the masks

    int64_t bytes() const { return buffers.bytes() + statistics.bytes() + embedding.storage.bytes(); }
};

// Scratch of one call, shared by all plans of a network.
struct Workspace {
    AlignedBuffer buffers;     // of an inference pass, or the gradients of a backward pass
    AlignedBuffer picture;     // [pixels, channels] float32
    AlignedBuffer conditions;  // gradient of the conditioning

    int64_t bytes() const { return buffers.bytes() + picture.bytes() + conditions.bytes(); }
};

template <typename E>
class Plan {
public:
    Plan(const UNetConfig& config, const Architecture& architecture, const Layers& layers, const Kernels<E>& kernels,
         Extent extent);

    Extent extent() const { return extent_; }  // of the unfolded pictures
    // Memory of an inference pass.
    int64_t inference_bytes() const { return reused_.bytes; }
    // Sizes of these buffers after a pass; without those of the embedding.
    int64_t activation_bytes(const Activations& activations, bool keep) const;
    int64_t workspace_bytes(const Workspace& workspace, bool keep) const;
    // Allocates what backward needs of the workspace.
    void prepare_backward(Workspace& workspace) const;

    // keep: the activations shall serve a backward pass; else the buffers of the workspace are used.
    // activations.embedding and the dropout fields have been filled in.
    void forward(const float* x, Activations& activations, bool keep, Workspace& workspace, float* out) const;
    // Leaves the gradient of the conditioning in the workspace.
    void backward(const Activations& activations, const float* grad_out, Workspace& workspace, float* gradients,
                  float* grad_x) const;

    // Activations of passes that have ended, to be used again.
    std::vector<std::unique_ptr<Activations>> pool;
    int64_t live = 0;         // activations handed out
    int64_t live_bytes = 0;   // held by those

private:
    struct Memory;
    void run(const Step& step, const Memory& memory, const Activations& activations, float* picture) const;
    void run(const GradientStep& step, const Memory& memory, const Memory& gradients, const Activations& activations,
             Workspace& workspace, float* parameter_gradients) const;

    int64_t statistics_bytes() const;
    int64_t condition_bytes() const;
    static int64_t picture_bytes(const PictureLayout& layout);
    Extent extent_of(Slice s) const;
    int64_t buffer_bytes(const Buffer& b) const;
    float* statistics(const Activations& activations, const Step& step) const;
    Dropout<E> dropout_arguments(const Step& step, View<E> x, const Activations& activations) const;
    Norm<E> norm_arguments(const Step& step, const Memory& memory, const Activations& activations) const;
    Attention<E> attention_arguments(const Step& step, const Memory& memory) const;

    const UNetConfig& config_;
    const Layers& layers_;
    const Kernels<E>& kernels_;
    Extent extent_;
    PictureLayout input_;
    PictureLayout output_;
    Graph graph_;
    std::vector<GradientStep> gradient_steps_;
    Placement kept_;       // every buffer in its own place
    Placement reused_;     // for inference
    Placement gradients_;
};

}  // namespace cm4j::fast
