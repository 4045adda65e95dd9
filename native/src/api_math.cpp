// Arithmetic.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/add.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/div.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/le.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/reshape.h>
#include <ATen/ops/round.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "handles.h"

using namespace cm4j;

namespace {

[[noreturn]] void refuse_op(int32_t op) { refuse("op", std::to_string(op) + " is no operation of this kind"); }

// Keeps integer tensors integers where the number is one, as PyTorch does for Python's integers.
at::Scalar scalar_for(const at::Tensor& a, double b) {
    const bool whole = std::nearbyint(b) == b && std::abs(b) < 0x1p62;
    if (whole && !a.is_floating_point()) return static_cast<int64_t>(b);
    return b;
}

at::Tensor unary(int32_t op, const at::Tensor& x) {
    switch (op) {
        case CM_NEG: return at::neg(x);
        case CM_ABS: return at::abs(x);
        case CM_SQUARE: return at::square(x);
        case CM_SQRT: return at::sqrt(x);
        case CM_EXP: return at::exp(x);
        case CM_LOG: return at::log(x);
        case CM_TANH: return at::tanh(x);
        case CM_SIGMOID: return at::sigmoid(x);
        case CM_SILU: return at::silu(x);
        case CM_RELU: return at::relu(x);
        case CM_SIN: return at::sin(x);
        case CM_COS: return at::cos(x);
        case CM_RECIPROCAL: return at::reciprocal(x);
        case CM_FLOOR: return at::floor(x);
        case CM_ROUND: return at::round(x);
        case CM_IS_FINITE: return at::isfinite(x);
        default: refuse_op(op);
    }
}

at::Tensor binary(int32_t op, const at::Tensor& a, const at::Tensor& b) {
    switch (op) {
        case CM_ADD: return at::add(a, b);
        case CM_SUB: return at::sub(a, b);
        case CM_MUL: return at::mul(a, b);
        case CM_DIV: return at::div(a, b);
        case CM_MAXIMUM: return at::maximum(a, b);
        case CM_MINIMUM: return at::minimum(a, b);
        case CM_POW: return at::pow(a, b);
        case CM_EQ: return at::eq(a, b);
        case CM_LT: return at::lt(a, b);
        case CM_LE: return at::le(a, b);
        case CM_GT: return at::gt(a, b);
        case CM_GE: return at::ge(a, b);
        default: refuse_op(op);
    }
}

at::Tensor binary_scalar(int32_t op, const at::Tensor& a, const at::Scalar& b) {
    switch (op) {
        case CM_ADD: return at::add(a, b);
        case CM_SUB: return at::sub(a, b);
        case CM_MUL: return at::mul(a, b);
        case CM_DIV: return at::div(a, b);
        case CM_MAXIMUM: return at::clamp_min(a, b);
        case CM_MINIMUM: return at::clamp_max(a, b);
        case CM_POW: return at::pow(a, b);
        case CM_EQ: return at::eq(a, b);
        case CM_LT: return at::lt(a, b);
        case CM_LE: return at::le(a, b);
        case CM_GT: return at::gt(a, b);
        case CM_GE: return at::ge(a, b);
        default: refuse_op(op);
    }
}

at::Tensor reduce(int32_t op, const at::Tensor& x, const std::vector<int64_t>& dims, bool keep) {
    switch (op) {
        case CM_SUM: return at::sum(x, dims, keep);
        case CM_MEAN: require_floating(x, "x"); return at::mean(x, dims, keep);
        case CM_MAX: return at::amax(x, dims, keep);
        case CM_MIN: return at::amin(x, dims, keep);
        case CM_NORM2: require_floating(x, "x"); return at::linalg_vector_norm(x, 2, dims, keep);
        case CM_ARGMAX:
            if (dims.size() != 1) refuse("dims", text(dims) + " is not exactly one dimension");
            return at::argmax(x, dims[0], keep);
        default: refuse_op(op);
    }
}

}  // namespace

cm_status cm_unary(int32_t op, const cm_tensor* x, cm_tensor** out) {
    return give(out, [&] { return unary(op, tensor(x, "x")); });
}

cm_status cm_binary(int32_t op, const cm_tensor* a, const cm_tensor* b, cm_tensor** out) {
    return give(out, [&] { return binary(op, tensor(a, "a"), tensor(b, "b")); });
}

cm_status cm_binary_scalar(int32_t op, const cm_tensor* a, double b, cm_tensor** out) {
    return give(out, [&] { return binary_scalar(op, tensor(a, "a"), scalar_for(tensor(a, "a"), b)); });
}

cm_status cm_binary_inplace(int32_t op, cm_tensor* a, const cm_tensor* b) {
    return guard([&] {
        const at::Tensor& target = tensor(a, "a");
        const at::Tensor& other = tensor(b, "b");
        const at::NoGradGuard no_grad;
        switch (op) {
            case CM_ADD: target.add_(other); break;
            case CM_SUB: target.sub_(other); break;
            case CM_MUL: target.mul_(other); break;
            case CM_DIV: target.div_(other); break;
            default: refuse_op(op);
        }
    });
}

cm_status cm_lerp_inplace(cm_tensor* a, const cm_tensor* b, double weight) {
    return guard([&] {
        const at::Tensor& target = tensor(a, "a");
        require_floating(target, "a");
        const at::Tensor& other = tensor(b, "b");
        require_type(other, target.scalar_type(), "b");
        const at::NoGradGuard no_grad;
        target.lerp_(other, weight);
    });
}

cm_status cm_clamp(const cm_tensor* x, double low, double high, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& value = tensor(x, "x");
        return at::clamp(value, scalar_for(value, low), scalar_for(value, high));
    });
}

cm_status cm_where(const cm_tensor* condition, const cm_tensor* a, const cm_tensor* b, cm_tensor** out) {
    return give(out, [&] {
        require_type(tensor(condition, "condition"), at::kBool, "condition");
        return at::where(tensor(condition, "condition"), tensor(a, "a"), tensor(b, "b"));
    });
}

cm_status cm_reduce(int32_t op, const cm_tensor* x, const int64_t* dims, int32_t dim_count, int32_t keep_dims,
                    cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& value = tensor(x, "x");
        return reduce(op, value, dims_of(dims, dim_count, value, "dims"), keep_dims != 0);
    });
}

cm_status cm_softmax(const cm_tensor* x, int64_t dim, int32_t logarithm, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& value = tensor(x, "x");
        require_floating(value, "x");
        const int64_t along = dim_of(dim, value, "dim");
        return logarithm != 0 ? at::log_softmax(value, along) : at::softmax(value, along);
    });
}

cm_status cm_matmul(const cm_tensor* a, const cm_tensor* b, cm_tensor** out) {
    return give(out, [&] {
        require_type(tensor(b, "b"), tensor(a, "a").scalar_type(), "b");
        return at::matmul(tensor(a, "a"), tensor(b, "b"));
    });
}

cm_status cm_reshape(const cm_tensor* x, const int64_t* shape, int32_t ndim, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& value = tensor(x, "x");
        if (ndim < 0 || ndim > CM_MAX_RANK) refuse("ndim", std::to_string(ndim) + " is outside [0, 16]");
        if (ndim > 0 && shape == nullptr) refuse("shape", "is NULL");
        return at::reshape(value, at::IntArrayRef(shape, static_cast<size_t>(ndim)));
    });
}

cm_status cm_permute(const cm_tensor* x, const int64_t* dims, int32_t dim_count, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& value = tensor(x, "x");
        const auto order = dims_of(dims, dim_count, value, "dims");
        if (dim_count != value.dim())
            refuse("dims", text(order) + " does not name all " + std::to_string(value.dim()) + " dimensions");
        return value.permute(order);
    });
}

cm_status cm_expand(const cm_tensor* x, const int64_t* shape, int32_t ndim, cm_tensor** out) {
    return give(out, [&] { return tensor(x, "x").expand(shape_of(shape, ndim)); });
}

cm_status cm_narrow(const cm_tensor* x, int64_t dim, int64_t start, int64_t length, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& value = tensor(x, "x");
        const int64_t size = value.size(dim_of(dim, value, "dim"));
        if (start < 0 || length < 0 || start > size || length > size - start)
            refuse("start", std::to_string(start) + " and length " + std::to_string(length) +
                                " leave a dimension of size " + std::to_string(size));
        return value.narrow(dim, start, length);
    });
}

cm_status cm_cat(const cm_tensor* const* parts, int32_t part_count, int64_t dim, cm_tensor** out) {
    return give(out, [&] {
        require(part_count >= 1, "part_count is below 1");
        require(parts != nullptr, "parts is NULL");
        std::vector<at::Tensor> list;
        for (int32_t i = 0; i < part_count; ++i) list.push_back(tensor(parts[i], "parts"));
        return at::cat(list, dim_of(dim, list[0], "dim"));
    });
}

cm_status cm_index_select(const cm_tensor* x, int64_t dim, const cm_tensor* index, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& value = tensor(x, "x");
        const at::Tensor& list = tensor(index, "index");
        require_type(list, at::kLong, "index");
        require_rank(list, 1, "index");
        return at::index_select(value, dim_of(dim, value, "dim"), list);
    });
}

cm_status cm_flip(const cm_tensor* x, const int64_t* dims, int32_t dim_count, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& value = tensor(x, "x");
        return at::flip(value, dims_of(dims, dim_count, value, "dims"));
    });
}

cm_status cm_pad2d(const cm_tensor* x, int64_t left, int64_t right, int64_t top, int64_t bottom, double value,
                   cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& image = tensor(x, "x");
        if (image.dim() < 2) refuse("x", "has shape " + text(image.sizes()) + "; rank 2 at least is needed");
        return at::constant_pad_nd(image, {left, right, top, bottom}, value);
    });
}
