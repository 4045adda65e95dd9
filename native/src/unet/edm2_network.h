// The magnitude-preserving network: no biases and no norms of activations; weights are normalised in each pass, sums,
// concatenations and non-linearities keep the size of what they get.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "blocks.h"
#include "edm2_plan.h"
#include "parameters.h"

namespace cm4j {

// A convolution or linear map without bias, whose rows are normalised before they are used (equations 47 and 66).
class MpConv {
public:
    MpConv(const Leaves& leaves, const std::string& name) : weight_(leaves.at(name + ".weight")) {}
    // The rows as they are used, of magnitude gain.
    at::Tensor weight(const at::Tensor& gain = {}) const;
    // [N, in, H, W] -> [N, out, H, W], or [N, in] -> [N, out].
    at::Tensor forward(const at::Tensor& x, const at::Tensor& gain = {}) const;

private:
    at::Tensor weight_;
};

// Residual block of encoder or decoder with optional self-attention.
class Edm2Block {
public:
    // stream: a number of its own for each block, which keeps dropout masks apart.
    Edm2Block(const Leaves& leaves, const Edm2BlockPlan& plan, uint32_t stream);
    // x [N, in, H, W], emb [N, E] -> [N, out, H', W']
    at::Tensor forward(const at::Tensor& x, const at::Tensor& emb, const Dropout& dropout) const;
    const Edm2BlockPlan& plan() const { return plan_; }

private:
    at::Tensor attend(const at::Tensor& x) const;

    Edm2BlockPlan plan_;
    uint32_t stream_;
    at::Tensor emb_gain_;
    MpConv conv_res0_, emb_linear_, conv_res1_;
    std::optional<MpConv> conv_skip_, attn_qkv_, attn_proj_;
};

// Source: NVlabs/edm2, training/networks_edm2.py, UNet; Karras et al. 2023 (arXiv 2312.02696).
class Edm2Network {
public:
    // What a pass does beside computing.
    struct Pass {
        Dropout dropout;
        bool recompute = false;  // blocks keep their inputs alone
        std::function<void(const std::string& module, const at::Tensor& output)> look;
    };

    Edm2Network(const Leaves& leaves, const UNetConfig& config);
    // x [N, C, H, W], t [N] as ln(sigma) / 4, labels [N] where there are classes -> [N, C, H, W]
    at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                       const Pass& pass) const;

private:
    at::Tensor embedding(const at::Tensor& t, const std::optional<at::Tensor>& labels) const;

    at::Tensor freqs_, phases_, out_gain_;
    MpConv emb_noise_, first_, out_conv_;
    std::optional<MpConv> emb_label_;
    std::string first_name_;
    std::vector<Edm2Block> encoder_, decoder_;
};

// Brings every row of the stored weights to unit magnitude, as training does with forced weight normalisation
// (equation 66). Recorded passes that came before cannot be taken backwards any more.
void normalise_stored(const ParameterTable& table, const at::Tensor& flat);

// Fills a flat vector as the original does, drawn in the table's order: weights from the normal distribution, noise
// features from normal frequencies and uniform phases, gains 0.
void initialise_edm2(const ParameterTable& table, const at::Tensor& flat, at::Generator generator);

}  // namespace cm4j
