// The U-Net's fast path: hand-written forward and backward over NHWC buffers of bfloat16 or float32, planned once per
// shape.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "../unet/config.h"
#include "../unet/weight_reader.h"

namespace cm4j {

// What activations are kept in between layers; sums are float32 either way.
enum class Elements { bf16, f32 };

// Activations one training forward leaves for its backward pass. Returned to the network's pool when destroyed.
class FastActivations {
public:
    virtual ~FastActivations() = default;
};

// Bytes that a network holds for itself, beside the flat vectors of weights and gradients.
struct FastBytes {
    int64_t weights = 0;      // in the layouts of the kernels
    int64_t activations = 0;  // of passes that wait for their backward pass, or have
    int64_t workspace = 0;    // of one pass at a time, whichever it is

    int64_t total() const { return weights + activations + workspace; }
};

// One network on the fast path. Not thread-safe; parallel inside.
class FastUNet {
public:
    // The kernels are those that CM4J_KERNELS names: auto (or unset), the best vector kernels of this machine; or
    // avx512-bf16, avx512, avx2, portable; or plain, none at all. The portable ones are scalar loops, slower than the
    // plain path: they are there to be asked for, and a machine without vector kernels takes the plain path.
    // BadArgument for another value, Unsupported for kernels that this machine cannot run.

    // Empty where this machine and configuration have a fast path, else the reason why not.
    static std::string unavailable(const UNetConfig& config, Elements elements);
    // The kernels in use by name; "plain" where there are none.
    static std::string kernels();

    static std::unique_ptr<FastUNet> create(const UNetConfig& config, const ParameterTable& table, Elements elements);
    virtual ~FastUNet() = default;

    // Converts the float32 master weights to the layouts the kernels read. Called when they have changed. Throws what
    // the reader throws, and then has to be called again.
    // training: also what the backward pass needs.
    virtual void load_weights(const WeightReader& weights, bool training) = 0;

    // x, out: [N, C, H, W] float32; t: [N]; labels: [N] or null. activations: null for inference, else receives what
    // backward needs; several may be alive at once. dropout_seed counts only where dropout > 0 and training;
    // the masks of image n are those of image first_image + n of a batch.
    virtual void forward(const float* x, const float* t, const int64_t* labels, int64_t n, int64_t h, int64_t w,
                         bool dropout, uint64_t dropout_seed, float* out,
                         std::unique_ptr<FastActivations>* activations, int64_t first_image = 0) = 0;

    // grad_out [N, C_out, H, W]; gradients: the flat float32 vector of the table, added to; grad_x [N, C, H, W] or null.
    virtual void backward(FastActivations& activations, const float* grad_out, float* gradients, float* grad_x) = 0;

    // What is held now.
    virtual FastBytes held() const = 0;
    // What will be held once a pass of this shape has been run: recorded and taken backwards, or for inference.
    virtual FastBytes held_after(int64_t n, int64_t h, int64_t w, bool recording) = 0;
    // Frees the buffers that no living pass needs.
    virtual void trim() = 0;
};

}  // namespace cm4j
