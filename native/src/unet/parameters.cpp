#include "parameters.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/native_group_norm.h>
#include <ATen/ops/native_group_norm_backward.h>

#include <cmath>
#include <string_view>
#include <tuple>

#include "dual.h"

namespace cm4j {

namespace {

bool contains(std::string_view name, std::string_view part) { return name.find(part) != std::string_view::npos; }

bool starts_at_zero(std::string_view name) {
    return contains(name, ".out_layers.3.") || contains(name, ".proj_out.") || name.starts_with("out.2.");
}

}  // namespace

// Of a tensor that carries a tangent LibTorch's own rules give the same, but convolve a third time, with the zero
// tangent of the weights, and take the norm apart into passes over memory.
at::Tensor Affine::normalise(const at::Tensor& x, int64_t groups, double eps) const {
    if (x.scalar_type() != at::kFloat)
        return at::group_norm(x.to(at::kFloat), groups, weight, bias, eps).to(x.scalar_type());
    if (!has_tangent(x) || at::GradMode::is_enabled()) return at::group_norm(x, groups, weight, bias, eps);
    const auto [value, tangent] = split(x);
    const at::Tensor plain = value.contiguous();
    const int64_t n = plain.size(0), c = plain.size(1), area = plain.numel() / (n * c);
    const auto [y, mean, rstd] = at::native_group_norm(plain, weight, bias, n, c, area, groups, eps);
    // The Jacobian of the norm without weights is symmetric: it serves tangents as it serves gradients.
    const at::Tensor moved = std::get<0>(at::native_group_norm_backward(
        tangent.contiguous(), plain, mean, rstd, {}, n, c, area, groups, {true, false, false}));
    return join(y, moved.mul_(weight.view({1, c, 1, 1})));
}

at::Tensor Affine::convolve(const at::Tensor& x, int64_t stride, int64_t padding) const {
    if (!has_tangent(x)) {
        // In float16 by copies, through which gradients flow back to the float32 weights; in float32 these are no copies.
        const at::ScalarType type = x.scalar_type();
        return at::conv2d(x, weight.to(type), bias.to(type), stride, padding);
    }
    const auto [value, tangent] = split(x);
    return join(at::conv2d(value, weight, bias, stride, padding),
                at::conv2d(tangent, weight, {}, stride, padding));
}

Leaves::Leaves(const ParameterTable& table, at::Tensor weights) : table_(table) {
    const at::NoGradGuard no_grad;
    leaves_.reserve(table.parameters.size());
    for (const Parameter& parameter : table.parameters)
        leaves_.push_back(view_of(weights, parameter).detach().requires_grad_(true));
}

void Leaves::accumulate_into(const at::Tensor& gradients) {
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < leaves_.size(); ++i)
        leaves_[i].mutable_grad() = view_of(gradients, table_.parameters[i]).detach();
}

at::Tensor view_of(const at::Tensor& flat, const Parameter& parameter) {
    return flat.narrow(0, parameter.offset, parameter.count).view(parameter.shape);
}

// Source: torch.nn.init.kaiming_uniform_ with a = sqrt(5), in the same order of operations, so that equal seeds give
// equal bits.
void initialise(const ParameterTable& table, const at::Tensor& flat, at::Generator generator) {
    const at::NoGradGuard no_grad;
    const double gain = std::sqrt(2.0 / (1.0 + std::pow(std::sqrt(5.0), 2.0)));
    double fan_in = 1;  // of the weight that came last, for its bias
    bool norm = false;  // whether it was that of a group norm: those start as the identity and draw nothing
    for (const Parameter& parameter : table.parameters) {
        at::Tensor values = view_of(flat, parameter);
        const bool bias = parameter.name.ends_with(".bias");
        if (!bias) norm = parameter.shape.size() == 1;
        if (norm) {
            values.fill_(bias ? 0.0 : 1.0);
        } else if (parameter.name == "label_emb.weight") {
            values.normal_(0.0, 1.0, generator);
        } else {
            if (!bias) fan_in = static_cast<double>(parameter.count / parameter.shape[0]);
            const double bound = bias ? 1.0 / std::sqrt(fan_in) : std::sqrt(3.0) * (gain / std::sqrt(fan_in));
            values.uniform_(-bound, bound, generator);
            if (starts_at_zero(parameter.name)) values.zero_();
        }
    }
}

}  // namespace cm4j
