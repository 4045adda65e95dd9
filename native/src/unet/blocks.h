// The convolutional layers of the network.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "architecture.h"
#include "parameters.h"

namespace cm4j {

// Masks of one forward pass; probability 0 where nothing is dropped.
struct Dropout {
    double probability = 0;
    uint64_t seed = 0;
    int64_t first_image = 0;  // place of the first image in its batch
    bool fast = false;  // the masks that the fast path draws
    std::vector<at::Tensor> masks;  // given ones, in place of drawn: 1 where kept, by the number of the block
};

// [N, C, H, W] -> half or twice the height and width, without parameters: 2 x 2 mean or nearest neighbour.
at::Tensor resize(const at::Tensor& x, Resize direction);

// Zero with the given probability, else the value enlarged so that the mean stays. stream: of the block.
at::Tensor drop(const at::Tensor& x, const Dropout& dropout, uint32_t stream);

// norm, SiLU, [resize], convolution, + time embedding, norm, SiLU, dropout, convolution, + skip connection.
class ResBlock {
public:
    // stream: a number of its own for each block, which keeps dropout masks apart.
    ResBlock(const Leaves& leaves, const LayerPlan& plan, bool scale_shift, uint32_t stream);
    // x [N, in, H, W], emb [N, 4 M] -> [N, out, H', W']
    at::Tensor forward(const at::Tensor& x, const at::Tensor& emb, const Dropout& dropout) const;

private:
    Affine norm_in_, conv_in_, emb_, norm_out_, conv_out_;
    std::optional<Affine> skip_;
    Resize resize_;
    bool scale_shift_;
    uint32_t stream_;
};

// A change of resolution between blocks, with a convolution or without.
class Resample {
public:
    Resample(const Leaves& leaves, const LayerPlan& plan);
    at::Tensor forward(const at::Tensor& x) const;

private:
    std::optional<Affine> conv_;
    Resize direction_;
};

// A 3 x 3 convolution that keeps the size.
class Convolution {
public:
    Convolution(const Leaves& leaves, const LayerPlan& plan) : conv_(leaves.affine(plan.name)) {}
    at::Tensor forward(const at::Tensor& x) const;

private:
    Affine conv_;
};

}  // namespace cm4j
