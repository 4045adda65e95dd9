// Time and class embedding in float32, and the conditioning of all ResBlocks that follows from it.
//
//   e = W2 silu(W0 sinusoid(t) + b0) + b2 + label row,   condition = Wc silu(e) + bc
//
// with Wc the rows of all ResBlocks' linear layers one below another.
#pragma once

#include "layers.h"

namespace cm4j::fast {

// What backward needs of a forward pass, and the conditioning itself. Rows of one image each.
struct EmbeddingState {
    int64_t images = 0;
    AlignedBuffer storage;
    float* sinusoid = nullptr;   // [model_channels]
    float* hidden = nullptr;     // [time_channels], before its SiLU
    float* hidden_silu = nullptr;
    float* sum = nullptr;        // e
    float* sum_silu = nullptr;
    float* condition = nullptr;  // [condition_width]
    std::vector<int64_t> labels;
};

class Embedding {
public:
    Embedding(const UNetConfig& config, const ParameterTable& table, const Layers& layers,
              const WeightKernels& kernels);

    void load(const WeightReader& weights, bool training);
    void forward(const float* t, const int64_t* labels, int64_t images, EmbeddingState& state) const;
    // dcondition: as condition, [images, condition_width].
    void backward(const EmbeddingState& state, const float* dcondition, float* gradients);
    int64_t memory_bytes() const;
    // Allocates what backward needs.
    void prepare_backward(int64_t images) { gradient_storage_.grow(gradient_bytes(images)); }
    // What memory_bytes() will be after load and, where training, prepare_backward.
    int64_t loaded_bytes(bool training, int64_t images) const;
    // Of the storage that forward fills.
    int64_t state_bytes(int64_t images) const;

private:
    // Weights [out][in] as they are, for the gradient, and turned, for the forward pass.
    struct Matrix {
        int64_t in = 0;
        int64_t out = 0;
        AlignedBuffer rows;
        AlignedBuffer columns;
        AlignedBuffer bias;
    };
    int64_t gradient_bytes(int64_t images) const { return 2 * images * time_channels_ * 4; }
    void load_rows(Matrix& m, const LinearLayer& layer, const WeightReader& weights, AlignedBuffer& room,
                   bool training) const;
    void apply(const Matrix& m, const float* x, int64_t images, float* y) const;
    void input_gradient(const Matrix& m, const float* dy, int64_t images, float* dx) const;
    void parameter_gradients(const LinearLayer& layer, const float* x, const float* dy, int64_t dy_row,
                             int64_t images, float* gradients) const;

    const WeightKernels& kernels_;
    int64_t model_channels_;
    int64_t time_channels_;
    LinearLayer first_, second_;
    std::vector<LinearLayer> conditions_;
    VectorParameter labels_;  // none: count 0
    AlignedBuffer label_rows_;
    Matrix first_matrix_, second_matrix_, condition_matrix_;
    AlignedBuffer gradient_storage_;
};

}  // namespace cm4j::fast
