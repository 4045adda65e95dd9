// Layers.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_nearest2d.h>

#include "handles.h"
#include "unet/attention.h"

using namespace cm4j;

namespace {

at::Tensor image(const cm_tensor* argument) {
    const at::Tensor& x = tensor(argument, "x");
    require_floating(x, "x");
    require_rank(x, 4, "x");
    return x;
}

void require_positive(int64_t value, const char* name) {
    if (value < 1) refuse(name, "is " + std::to_string(value) + ", below 1");
}

void require_not_negative(int64_t value, const char* name) {
    if (value < 0) refuse(name, "is " + std::to_string(value) + ", negative");
}

// Refuses a scale or shift that has not one value per channel.
void require_channels(const std::optional<at::Tensor>& values, int64_t channels, const char* name) {
    if (values && (values->dim() != 1 || values->size(0) != channels))
        refuse(name, "has shape " + text(values->sizes()) + ", not [" + std::to_string(channels) + "]");
}

// The bias of a linear layer or convolution: the type of its weight, one value per output.
std::optional<at::Tensor> bias_of(const cm_tensor* argument, const at::Tensor& weight) {
    auto bias = optional_tensor(argument, "bias");
    if (bias) require_type(*bias, weight.scalar_type(), "bias");
    require_channels(bias, weight.size(0), "bias");
    return bias;
}

std::optional<at::Tensor> as(const std::optional<at::Tensor>& value, at::ScalarType type) {
    return value ? std::optional(value->to(type)) : std::nullopt;
}

}  // namespace

cm_status cm_linear(const cm_tensor* x, const cm_tensor* weight, const cm_tensor* bias, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& input = tensor(x, "x");
        require_floating(input, "x");
        const at::Tensor& matrix = tensor(weight, "weight");
        require_type(matrix, input.scalar_type(), "weight");
        require_rank(matrix, 2, "weight");
        return at::linear(input, matrix, bias_of(bias, matrix));
    });
}

cm_status cm_conv2d(const cm_tensor* x, const cm_tensor* weight, const cm_tensor* bias, int64_t stride,
                    int64_t padding, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor input = image(x);
        const at::Tensor& kernel = tensor(weight, "weight");
        require_type(kernel, input.scalar_type(), "weight");
        require_rank(kernel, 4, "weight");
        require_positive(stride, "stride");
        require_not_negative(padding, "padding");
        return at::conv2d(input, kernel, bias_of(bias, kernel), stride, padding);
    });
}

cm_status cm_conv2d_relu(const cm_tensor* x, const cm_tensor* weight, const cm_tensor* bias, int64_t stride,
                         int64_t padding_height, int64_t padding_width, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor input = image(x);
        const at::Tensor& kernel = tensor(weight, "weight");
        require_type(kernel, input.scalar_type(), "weight");
        require_rank(kernel, 4, "weight");
        require_positive(stride, "stride");
        require_not_negative(padding_height, "padding_height");
        require_not_negative(padding_width, "padding_width");
        const auto shift = bias_of(bias, kernel);
        const at::NoGradGuard no_grad;
        const auto last = at::MemoryFormat::ChannelsLast;
        return at::conv2d(input.contiguous(last), kernel.contiguous(last), shift, stride, {padding_height, padding_width})
            .relu_();
    });
}

cm_status cm_group_norm(const cm_tensor* x, int64_t groups, const cm_tensor* weight, const cm_tensor* bias, double eps,
                        cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& input = tensor(x, "x");
        require_floating(input, "x");
        if (input.dim() < 2) refuse("x", "has shape " + text(input.sizes()) + "; rank 2 at least is needed");
        if (groups < 1 || input.size(1) % groups != 0)
            refuse("groups", "is " + std::to_string(groups) + ", which does not divide the " +
                                 std::to_string(input.size(1)) + " channels");
        const auto scale = optional_tensor(weight, "weight");
        const auto shift = optional_tensor(bias, "bias");
        require_channels(scale, input.size(1), "weight");
        require_channels(shift, input.size(1), "bias");
        const at::ScalarType type = input.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
        return at::group_norm(input.to(type), groups, as(scale, type), as(shift, type), eps).to(input.scalar_type());
    });
}

cm_status cm_attention(const cm_tensor* qkv, int64_t heads, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& input = tensor(qkv, "qkv");
        require_floating(input, "qkv");
        require_rank(input, 3, "qkv");
        require_positive(heads, "heads");
        if (heads > input.size(1) || input.size(1) % (3 * heads) != 0)
            refuse("heads", "is " + std::to_string(heads) + "; three times it does not divide the " +
                                std::to_string(input.size(1)) + " channels of qkv");
        return softmax_attention(input, heads, QkvOrder::three_head);
    });
}

cm_status cm_pool2d(int32_t kind, const cm_tensor* x, int64_t kernel, int64_t stride, int64_t padding,
                    cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor input = image(x);
        require_positive(kernel, "kernel");
        require_positive(stride, "stride");
        require_not_negative(padding, "padding");
        switch (kind) {
            case CM_POOL_AVERAGE: return at::avg_pool2d(input, kernel, stride, padding);
            case CM_POOL_MAX: return at::max_pool2d(input, kernel, stride, padding);
            case CM_POOL_AVERAGE_INSIDE:
                return at::avg_pool2d(input, kernel, stride, padding, /*ceil_mode=*/false, /*count_include_pad=*/false);
            default: refuse("kind", std::to_string(kind) + " is no CM_POOL_ kind");
        }
    });
}

cm_status cm_resize2d(int32_t kind, const cm_tensor* x, int64_t height, int64_t width, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor input = image(x);
        require_positive(height, "height");
        require_positive(width, "width");
        switch (kind) {
            case CM_NEAREST: return at::upsample_nearest2d(input, {height, width});
            case CM_BILINEAR: return at::upsample_bilinear2d(input, {height, width}, /*align_corners=*/false);
            default: refuse("kind", std::to_string(kind) + " is neither CM_NEAREST nor CM_BILINEAR");
        }
    });
}
