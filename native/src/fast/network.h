// The fast path's U-Net over a table of kernels. E: bf16 or float.
#pragma once

#include <memory>

#include "fast_unet.h"
#include "plan.h"

namespace cm4j::fast {

template <typename E>
class Network final : public FastUNet {
public:
    Network(const UNetConfig& config, const ParameterTable& table, const Kernels<E>& kernels);

    void load_weights(const WeightReader& weights, bool training) override;
    void forward(const float* x, const float* t, const int64_t* labels, int64_t n, int64_t h, int64_t w, bool dropout,
                 uint64_t dropout_seed, float* out, std::unique_ptr<FastActivations>* activations,
                 int64_t first_image = 0) override;
    void backward(FastActivations& activations, const float* grad_out, float* gradients, float* grad_x) override;
    FastBytes held() const override;
    int64_t memory_bytes() const { return held().total(); }
    FastBytes held_after(int64_t n, int64_t h, int64_t w, bool recording) override;
    void trim() override;

private:
    std::shared_ptr<Plan<E>> plan(Extent extent);
    // Images to take through the network at once where nothing is kept for a backward pass.
    int64_t inference_images(Extent extent);

    UNetConfig config_;
    ParameterTable table_;
    Architecture architecture_;
    const Kernels<E>& kernels_;
    Layers layers_;
    Embedding embedding_;
    std::vector<std::shared_ptr<Plan<E>>> plans_;  // the most recently used one last
    Activations inference_;                     // statistics and embedding; its buffers stay empty
    Workspace workspace_;
};

}  // namespace cm4j::fast
