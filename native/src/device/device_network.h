// The network as CUDA devices run it: channels-last images in half precision, fused norms, flash attention, weights read
// from a copy in that precision. The same sequence runs on the processor, where plain twins stand in for kernels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "../unet/architecture.h"
#include "../unet/parameters.h"
#include "weight_copy.h"

namespace cm4j {

class DeviceNetwork : public std::enable_shared_from_this<DeviceNetwork> {
public:
    // Of one forward pass.
    struct Pass {
        at::Tensor gradients;       // the flat gradient vector, undefined where nothing is recorded
        bool checkpoint = false;    // recompute blocks in the backward pass
        double dropout = 0;         // probability
        at::Tensor seed;            // [2] i64 on the device: of the masks, and the first image's place
    };

    // type: of activations and of the copied weights.
    DeviceNetwork(const UNetConfig& config, std::shared_ptr<const ParameterTable> table, const Leaves& leaves,
                  const at::Tensor& weights, at::ScalarType type);

    at::ScalarType type() const { return copy_->type(); }
    // Brings the copied weights up to date; must precede a pass, outside a captured graph.
    WeightCopy& copy() { return *copy_; }

    // x [N, C, H, W] channels-last in type(), t [N] f32, labels [N] i64 -> [N, C_out, H, W], likewise. Checks nothing.
    at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                       const Pass& pass) const;

private:
    // Places in the parameter table.
    struct Pair {
        size_t weight, bias;
    };
    struct Layer {
        LayerPlan plan;
        Pair norm_in, conv_in, emb, norm_out, conv_out;  // of a resblock; an attention has norm_in, qkv, proj_out
        std::optional<Pair> skip;
        Pair convolution;
        uint32_t stream = 0;
    };
    using Block = std::vector<Layer>;

    Pair pair(const std::string& name) const;
    Block block(const BlockPlan& plan, uint32_t& stream) const;
    const at::Tensor& leaf(size_t i) const { return leaves_[i]; }
    at::Tensor half(size_t i, const Pass& pass) const;
    at::Tensor norm(const Pair& p, const at::Tensor& x, const std::optional<at::Tensor>& modulation, bool silu) const;
    at::Tensor conv(const Pair& p, const at::Tensor& x, int64_t stride, int64_t padding, const Pass& pass) const;
    at::Tensor embedding(const at::Tensor& t, const std::optional<at::Tensor>& labels) const;
    at::Tensor resblock(const Layer& l, const at::Tensor& x, const at::Tensor& emb, const Pass& pass) const;
    at::Tensor attention(const Layer& l, const at::Tensor& x, const Pass& pass) const;
    at::Tensor layer(const Layer& l, const at::Tensor& x, const at::Tensor& emb, const Pass& pass) const;
    at::Tensor run(const Block& layers, at::Tensor h, const at::Tensor& emb, const Pass& pass) const;

    const UNetConfig config_;
    const std::shared_ptr<const ParameterTable> table_;
    std::vector<at::Tensor> leaves_;
    std::shared_ptr<WeightCopy> copy_;
    std::vector<Block> input_, output_;
    Block middle_;
    Pair time_in_, time_out_, head_norm_, head_conv_;
    std::optional<size_t> labels_;
};

}  // namespace cm4j
