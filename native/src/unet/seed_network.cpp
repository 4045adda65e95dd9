#include "seed_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_nearest2d.h>

#include "checkpoint.h"
#include "unet.h"

namespace cm4j {

namespace {

at::Tensor conv3(const at::Tensor& x, const Affine& conv) { return conv.convolve(x, 1, 1); }

// Every second pixel, and every pixel four times.
at::Tensor halve(const at::Tensor& x) { return at::upsample_nearest2d(x, {x.size(2) / 2, x.size(3) / 2}); }
at::Tensor twice(const at::Tensor& x) { return at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)}); }

}  // namespace

ConvPair::ConvPair(const Leaves& leaves, const std::string& name)
    : norm_in_(leaves.affine(name + ".0")),
      conv_in_(leaves.affine(name + ".2")),
      norm_out_(leaves.affine(name + ".3")),
      conv_out_(leaves.affine(name + ".5")) {}

at::Tensor ConvPair::forward(const at::Tensor& x) const {
    const at::Tensor h = conv3(at::silu(norm_in_.normalise(x)), conv_in_);
    return conv3(at::silu(norm_out_.normalise(h)), conv_out_);
}

SeedNetwork::SeedNetwork(const Leaves& leaves, int64_t width)
    : width_(width),
      down_in_(leaves.affine("down.0")),
      up_out_(leaves.affine("up.3")),
      last_(leaves.affine("last")),
      down_{ConvPair(leaves, "down.1"), ConvPair(leaves, "down.2"), ConvPair(leaves, "down.3")},
      times_{leaves.affine("time_downs.0"), leaves.affine("time_downs.1"), leaves.affine("time_downs.2"),
             leaves.affine("time_downs.3")},
      mid_(leaves, "mid"),
      up_{ConvPair(leaves, "up.0"), ConvPair(leaves, "up.1"), ConvPair(leaves, "up.2")} {}

at::Tensor SeedNetwork::forward(const at::Tensor& x, const at::Tensor& t, bool recompute) const {
    const at::Tensor angles = timestep_angles(t, width_);
    const at::Tensor e = at::cat({angles.sin(), angles.cos()}, 1);  // [N, 2 D]
    const auto timed = [&](const at::Tensor& h, const Affine& time) {
        return h + at::linear(e, time.weight, time.bias).unsqueeze(-1).unsqueeze(-1);
    };
    const auto run = [&](const ConvPair& pair, const at::Tensor& h) {
        // The copy shares the weights and outlives this network, as the graph may.
        if (recompute) return checkpoint([pair](const auto& v, const auto&) { return pair.forward(v); }, h, e);
        return pair.forward(h);
    };
    const at::Tensor half = halve(conv3(x, down_in_));  // [N, D, H/2, W/2]
    at::Tensor h = timed(half, times_[0]);
    h = timed(h + run(down_[0], h), times_[1]);
    const at::Tensor quarter = halve(run(down_[1], h));  // [N, 2 D, H/4, W/4]
    h = timed(quarter, times_[2]);
    h = timed(h + run(down_[2], h), times_[3]);
    h = run(mid_, h);
    h = h + run(up_[0], h);
    h = run(up_[1], twice(at::cat({h, quarter}, 1)));  // [N, D, H/2, W/2]
    h = h + run(up_[2], h);
    h = conv3(twice(at::cat({h, half}, 1)), up_out_);  // [N, 2 D, H, W]
    return conv3(at::cat({h, x}, 1), last_);
}

}  // namespace cm4j
