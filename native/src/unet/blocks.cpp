#include "blocks.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_nearest2d.h>

#include <string>

#include "../errors.h"
#include "../kernels/kernels.h"
#include "../kernels/noise.h"
#include "dual.h"

namespace cm4j {

namespace {

// The 3 x 3 convolution of every block.
at::Tensor conv3(const at::Tensor& x, const Affine& conv, int64_t stride = 1) {
    return conv.convolve(x, stride, 1);
}

// [N, C, H, W]: what the fast path multiplies with; it counts elements with the channels innermost.
at::Tensor fast_mask(const at::Tensor& x, const Dropout& dropout, uint32_t stream) {
    const auto probability = static_cast<float>(dropout.probability);
    const auto threshold = static_cast<uint32_t>(static_cast<double>(probability) * 4294967296.0);
    const float gain = 1.f / (1.f - probability);
    const uint64_t key = fast::dropout_key(dropout.seed, static_cast<int>(stream));
    at::Tensor mask = at::empty({x.size(0), x.size(2), x.size(3), x.size(1)}, at::kFloat);
    auto* values = mask.mutable_data_ptr<float>();
    const int64_t first = dropout.first_image * (x.numel() / x.size(0));
    at::parallel_for(0, mask.numel(), 16384, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
            values[i] = fast::dropout_keeps(key, static_cast<uint64_t>(first + i), threshold) ? gain : 0.f;
    });
    return mask.permute({0, 3, 1, 2});
}

// x (scale + 1) + shift, with scale and shift [N, C, 1, 1]. For tangents LibTorch's rules give the same in twice the
// passes over memory.
at::Tensor modulate(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) {
    if (!has_tangent(x) || at::GradMode::is_enabled()) return x * (scale + 1) + shift;
    const Dual from = split(x), by = split(scale), to = split(shift);
    const at::Tensor gain = by.value + 1;
    return join(at::addcmul(to.value, from.value, gain),
                at::addcmul(to.tangent, from.value, by.tangent).addcmul_(from.tangent, gain));
}

}  // namespace

at::Tensor drop(const at::Tensor& x, const Dropout& dropout, uint32_t stream) {
    if (dropout.probability <= 0) return x;
    if (!dropout.masks.empty()) {
        const at::Tensor& mask = dropout.masks.at(stream);
        if (mask.sizes() != x.sizes()) throw BadArgument("mask " + std::to_string(stream) + " has another shape");
        return x * mask.to(x.device(), x.scalar_type()) / (1 - dropout.probability);
    }
    if (dropout.fast) return x * fast_mask(x, dropout, stream);
    const auto host = x.options().requires_grad(false).device(at::kCPU).dtype(at::kFloat);
    at::Tensor mask = at::empty_like(x, host, at::MemoryFormat::Contiguous);
    kernels::dropout_mask(dropout.seed, stream, dropout.probability, x.size(0), x.numel() / x.size(0),
                          mask.mutable_data_ptr<float>(), at::get_num_threads(), dropout.first_image);
    return x * mask.to(x.device(), x.scalar_type());
}

at::Tensor resize(const at::Tensor& x, Resize direction) {
    switch (direction) {
        case Resize::down: return at::avg_pool2d(x, {2, 2}, {2, 2});
        case Resize::up: return at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
        case Resize::none: break;
    }
    return x;
}

ResBlock::ResBlock(const Leaves& leaves, const LayerPlan& plan, bool scale_shift, uint32_t stream)
    : norm_in_(leaves.affine(plan.name + ".in_layers.0")),
      conv_in_(leaves.affine(plan.name + ".in_layers.2")),
      emb_(leaves.affine(plan.name + ".emb_layers.1")),
      norm_out_(leaves.affine(plan.name + ".out_layers.0")),
      conv_out_(leaves.affine(plan.name + ".out_layers.3")),
      resize_(plan.resize),
      scale_shift_(scale_shift),
      stream_(stream) {
    if (plan.in != plan.out) skip_ = leaves.affine(plan.name + ".skip_connection");
}

at::Tensor ResBlock::forward(const at::Tensor& x, const at::Tensor& emb, const Dropout& dropout) const {
    at::Tensor h = conv3(resize(at::silu(norm_in_.normalise(x)), resize_), conv_in_);
    const at::Tensor time =
        at::linear(at::silu(emb), emb_.weight, emb_.bias).to(h.scalar_type()).unsqueeze(-1).unsqueeze(-1);
    if (scale_shift_) {
        const auto halves = time.chunk(2, 1);  // scale, shift: [N, out, 1, 1]
        h = modulate(norm_out_.normalise(h), halves[0], halves[1]);
    } else {
        h = norm_out_.normalise(h + time);
    }
    h = conv3(drop(at::silu(h), dropout, stream_), conv_out_);
    const at::Tensor shortcut = resize(x, resize_);
    return (skip_ ? skip_->convolve(shortcut) : shortcut) + h;
}

Resample::Resample(const Leaves& leaves, const LayerPlan& plan) : direction_(plan.resize) {
    if (plan.convolution) conv_ = leaves.affine(plan.name + (direction_ == Resize::down ? ".op" : ".conv"));
}

at::Tensor Resample::forward(const at::Tensor& x) const {
    if (!conv_) return resize(x, direction_);
    return direction_ == Resize::down ? conv3(x, *conv_, 2) : conv3(resize(x, Resize::up), *conv_);
}

at::Tensor Convolution::forward(const at::Tensor& x) const { return conv3(x, conv_); }

}  // namespace cm4j
