#include "images.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/reshape.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sum.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <utility>

#include "kernels/images.h"

namespace cm4j {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

bool plain(const at::Tensor& t) { return t.is_cpu() && t.scalar_type() == at::kFloat && t.is_contiguous(); }

int64_t images_of(const at::Tensor& t) { return t.size(0); }
int64_t count_of(const at::Tensor& t) { return t.size(0) == 0 ? 0 : t.numel() / t.size(0); }

const float* data(const at::Tensor& t) { return t.const_data_ptr<float>(); }

at::Tensor combined(const at::Tensor& x, const at::Tensor& y, const double* coefficients) {
    at::Tensor out = at::empty_like(x, x.options().requires_grad(false), at::MemoryFormat::Contiguous);
    kernels::combine(data(x), y.defined() ? data(y) : nullptr, coefficients, images_of(x), count_of(x),
                     out.mutable_data_ptr<float>(), at::get_num_threads());
    return out;
}

// Saves no images: the gradient is linear in the upstream one.
variable_list combination_gradients(AutogradContext* context, const at::Tensor& upstream, size_t parts) {
    const auto coefficients = context->saved_data["coefficients"].toDoubleVector();
    const at::Tensor up = upstream.contiguous();
    variable_list gradients(parts + 1);
    for (size_t i = 0; i < parts; ++i)
        if (context->needs_input_grad(i))
            gradients[i] = combined(up, {}, coefficients.data() + static_cast<int64_t>(i) * images_of(up));
    return gradients;
}

struct Scale : torch::autograd::Function<Scale> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const std::vector<double>& coefficients) {
        context->saved_data["coefficients"] = coefficients;
        return combined(x, {}, coefficients.data());
    }
    static variable_list backward(AutogradContext* context, const variable_list& upstream) {
        return combination_gradients(context, upstream[0], 1);
    }
};

struct Combine : torch::autograd::Function<Combine> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y,
                              const std::vector<double>& coefficients) {
        context->saved_data["coefficients"] = coefficients;
        return combined(x, y, coefficients.data());
    }
    static variable_list backward(AutogradContext* context, const variable_list& upstream) {
        return combination_gradients(context, upstream[0], 2);
    }
};

kernels::Difference difference(DistanceKind kind) {
    return kind == DistanceKind::l1 ? kernels::Difference::absolute : kernels::Difference::square;
}

// From the sum over an image to its distance, and d(distance)/d(sum term's derivative): the factor of (a - b) or sign.
struct Measured {
    double distance, slope;
};
Measured measure(DistanceKind kind, double c, double sum, int64_t count) {
    const auto share = 1 / static_cast<double>(count);
    switch (kind) {
        case DistanceKind::l1: return {sum * share, share};
        case DistanceKind::l2: return {sum * share, 2 * share};
        case DistanceKind::norm: return {std::sqrt(sum), sum == 0 ? 0 : 1 / std::sqrt(sum)};
        case DistanceKind::pseudo_huber: {
            const double root = std::sqrt(sum + c * c);
            return {sum / (root + c), 1 / root};  // root - c, without cancellation
        }
    }
    return {};
}

struct Distance : torch::autograd::Function<Distance> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& a, const at::Tensor& b, int64_t kind,
                              double c) {
        const auto which = static_cast<DistanceKind>(kind);
        const int64_t images = images_of(a);
        std::vector<double> sums(static_cast<size_t>(images));
        kernels::difference_sums(difference(which), data(a), data(b), images, count_of(a), sums.data(),
                                 at::get_num_threads());
        at::Tensor out = at::empty({images}, a.options().requires_grad(false));
        at::Tensor slopes = at::empty_like(out);
        for (int64_t n = 0; n < images; ++n) {
            const Measured m = measure(which, c, sums[static_cast<size_t>(n)], count_of(a));
            out.mutable_data_ptr<float>()[n] = static_cast<float>(m.distance);
            slopes.mutable_data_ptr<float>()[n] = static_cast<float>(m.slope);
        }
        context->save_for_backward({a, b, slopes});
        context->saved_data["kind"] = kind;
        return out;
    }

    static variable_list backward(AutogradContext* context, const variable_list& upstream) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &a = saved[0], &b = saved[1];
        const auto kind = static_cast<DistanceKind>(context->saved_data["kind"].toInt());
        const at::Tensor factors = (upstream[0] * saved[2]).contiguous();
        at::Tensor towards_a = at::empty_like(a);
        kernels::difference_gradient(difference(kind), data(a), data(b), data(factors), images_of(a), count_of(a),
                                     towards_a.mutable_data_ptr<float>(), at::get_num_threads());
        variable_list gradients(4);
        if (context->needs_input_grad(1)) gradients[1] = -towards_a;
        if (context->needs_input_grad(0)) gradients[0] = towards_a;
        return gradients;
    }
};

// Where the kernels do not reach: other devices and types.
at::Tensor column(const double* values, const at::Tensor& like) {
    std::vector<int64_t> shape(static_cast<size_t>(like.dim()), 1);
    shape[0] = images_of(like);
    const at::Tensor host = at::from_blob(const_cast<double*>(values), {images_of(like)}, at::kDouble);
    return host.to(like.device(), like.scalar_type(), /*non_blocking=*/false, /*copy=*/true).reshape(shape);
}

at::Tensor composed(DistanceKind kind, double c, const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor d = (a - b).reshape({images_of(a), -1});
    switch (kind) {
        case DistanceKind::l1: return d.abs().mean(1);
        case DistanceKind::l2: return d.square().mean(1);
        case DistanceKind::norm: return at::linalg_vector_norm(d, 2, {1});
        case DistanceKind::pseudo_huber: break;
    }
    return (d.square().sum(1) + c * c).sqrt() - c;
}

}  // namespace

at::Tensor combine(const at::Tensor& x, const std::optional<at::Tensor>& y, std::vector<double> coefficients) {
    const at::Tensor a = x.contiguous();
    if (plain(a) && (!y || (y->is_cpu() && y->scalar_type() == at::kFloat)))
        return y ? Combine::apply(a, y->contiguous(), coefficients) : Scale::apply(a, coefficients);
    at::Tensor out = a * column(coefficients.data(), a);
    if (y) out = out + *y * column(coefficients.data() + images_of(a), *y);
    return out;
}

at::Tensor distance(DistanceKind kind, double c, const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor x = a.contiguous();
    const at::Tensor y = b.contiguous();
    if (!plain(x) || !plain(y) || x.numel() == 0) return composed(kind, c, x, y);
    return Distance::apply(x, y, static_cast<int64_t>(kind), c);
}

}  // namespace cm4j
