// The network of the first public re-implementation: pairs of convolutions on three resolutions, without attention.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

#include "parameters.h"

namespace cm4j {

// Norm, SiLU, convolution, twice.
class ConvPair {
public:
    ConvPair(const Leaves& leaves, const std::string& name);
    // [N, in, H, W] -> [N, out, H, W]
    at::Tensor forward(const at::Tensor& x) const;

private:
    Affine norm_in_, conv_in_, norm_out_, conv_out_;
};

// Source: cloneofsimo/consistency_models, unet.py, without the scalings of its output.
class SeedNetwork {
public:
    // width: D, channels at full size.
    SeedNetwork(const Leaves& leaves, int64_t width);
    // x [N, C, H, W], t [N] -> [N, C, H, W]; H and W are multiples of 4. recompute: pairs keep their inputs alone.
    at::Tensor forward(const at::Tensor& x, const at::Tensor& t, bool recompute) const;

private:
    int64_t width_;
    Affine down_in_, up_out_, last_;
    std::array<ConvPair, 3> down_;   // down.1 to down.3
    std::array<Affine, 4> times_;
    ConvPair mid_;
    std::array<ConvPair, 3> up_;     // up.0 to up.2
};

}  // namespace cm4j
