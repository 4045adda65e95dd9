// Derivatives along a direction beside two backward passes: with g(u) = J^T u, J v is the gradient of <g(u), v> towards
// u, which takes no forward-mode rule at all.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdio>
#include <string>

#include "../src/unet/unet.h"

namespace {

using namespace cm4j;

double relative(const at::Tensor& actual, const at::Tensor& expected) {
    return (actual - expected).norm().item<double>() / expected.norm().item<double>();
}

at::Tensor twice_backward(UNet& net, const at::Tensor& x, const at::Tensor& t, const at::Tensor& labels,
                          const at::Tensor& x_tangent, const at::Tensor& t_tangent) {
    const at::AutoGradMode recording(true);
    const at::Tensor leaf = x.clone().requires_grad_(true), time = t.clone().requires_grad_(true);
    const at::Tensor y = net.forward(leaf, time, labels, 0);
    const at::Tensor u = at::ones_like(y).requires_grad_(true);
    const auto g = torch::autograd::grad({y}, {leaf, time}, {u}, true, true);
    const at::Tensor product = (g[0] * x_tangent).sum() + (g[1] * t_tangent).sum();
    return torch::autograd::grad({product}, {u})[0];
}

bool check(const std::string& options) {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    const at::NoGradGuard no_grad;
    UNet net(UNetConfig::parse("image_size=8\nin_channels=1\nout_channels=1\nmodel_channels=32\nnum_res_blocks=1\n"
                               "channel_mult=1,2\nattention_downsample=2\nnum_heads=1\nnum_heads_upsample=-1\n"
                               "num_head_channels=32\nnum_classes=3\ndropout=0\nconv_resample=1\nqkv_order=three-head\n" +
                               options),
             generator);
    net.options().plain = true;  // as derivatives are
    // The initial zeros would let nothing through.
    net.weights().add_(at::randn(net.weights().sizes(), generator).mul_(.03));
    const at::Tensor x = at::randn({2, 1, 8, 8}, generator), x_tangent = at::randn({2, 1, 8, 8}, generator);
    const at::Tensor t = at::tensor({.4f, 1.1f}), t_tangent = at::tensor({.7f, -1.3f});
    const at::Tensor labels = at::tensor({2, 0}, at::kLong);
    const Dual forth = net.jvp(x, t, labels, 0, x_tangent, t_tangent);
    const double error = relative(forth.tangent, twice_backward(net, x, t, labels, x_tangent, t_tangent));
    if (error < 1e-4 && relative(forth.value, net.forward(x, t, labels, 0)) < 1e-6) return true;
    std::printf("FAILED %s: error %g\n", options.c_str(), error);
    return false;
}

}  // namespace

int main() {
    bool good = true;
    for (const char* options : {"use_scale_shift_norm=1\nresblock_updown=1\npatch=1\n",
                                "use_scale_shift_norm=0\nresblock_updown=0\npatch=1\n",
                                "use_scale_shift_norm=1\nresblock_updown=1\npatch=2\n"})
        good = check(options) && good;
    return good ? 0 : 1;
}
