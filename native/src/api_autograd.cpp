// Autograd.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "handles.h"

using namespace cm4j;

cm_status cm_grad_mode_set(int32_t enabled, int32_t* previous) {
    return guard([&] {
        if (previous != nullptr) *previous = at::GradMode::is_enabled() ? 1 : 0;
        at::GradMode::set_enabled(enabled != 0);
    });
}

cm_status cm_requires_grad_set(cm_tensor* t, int32_t required) {
    return guard([&] {
        const at::Tensor& value = tensor(t, "t");
        if (required != 0) require_floating(value, "t");
        if (!value.is_leaf()) refuse("t", "is the result of a recorded operation; detach it first");
        value.requires_grad_(required != 0);
    });
}

cm_status cm_detach(const cm_tensor* t, cm_tensor** out) {
    return give(out, [&] { return tensor(t, "t").detach(); });
}

cm_status cm_backward(const cm_tensor* loss, const cm_tensor* seed) {
    return guard([&] {
        const at::Tensor& root = tensor(loss, "loss");
        const auto start = optional_tensor(seed, "seed");
        if (!root.requires_grad()) refuse("loss", "depends on nothing that requires a gradient");
        if (!start && root.numel() != 1)
            refuse("loss", "has shape " + text(root.sizes()) + ", not one element, and seed is NULL");
        if (start && !start->sizes().equals(root.sizes()))
            refuse("seed", "has shape " + text(start->sizes()) + ", loss has " + text(root.sizes()));
        if (start) require_type(*start, root.scalar_type(), "seed");
        torch::autograd::backward({root}, {start.value_or(at::Tensor())});
    });
}

cm_status cm_grad(const cm_tensor* leaf, cm_tensor** out) {
    if (out != nullptr) *out = nullptr;
    return guard([&] {
        const at::Tensor& value = tensor(leaf, "leaf");
        require(out != nullptr, "out is NULL");
        require(value.is_leaf(), "leaf is the result of a recorded operation");
        if (value.grad().defined()) *out = new cm_tensor(value.grad());
    });
}
