// Tensor life and content.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cstring>

#include "handles.h"

using namespace cm4j;

namespace {

// Refuses a byte count other than that of the elements, and NULL for elements that exist.
void require_bytes(const void* data, int64_t data_bytes, int64_t needed) {
    if (data_bytes != needed)
        refuse("data_bytes", "is " + std::to_string(data_bytes) + ", but dtype and shape need " + std::to_string(needed));
    if (data == nullptr && needed > 0) refuse("data", "is NULL");
}

int64_t bytes_of(const at::Tensor& t) { return t.numel() * static_cast<int64_t>(t.element_size()); }

}  // namespace

cm_status cm_tensor_empty(int32_t dtype, int32_t device, const int64_t* shape, int32_t ndim, cm_tensor** out) {
    return give(out, [&] {
        const auto sizes = shape_of(shape, ndim);
        return at::empty(sizes, at::TensorOptions(scalar_type(dtype)).device(cm4j::device(device)));
    });
}

cm_status cm_tensor_full(double value, int32_t dtype, int32_t device, const int64_t* shape, int32_t ndim,
                         cm_tensor** out) {
    return give(out, [&] {
        const auto sizes = shape_of(shape, ndim);
        return at::full(sizes, value, at::TensorOptions(scalar_type(dtype)).device(cm4j::device(device)));
    });
}

cm_status cm_tensor_from_host(const void* data, int64_t data_bytes, int32_t dtype, const int64_t* shape, int32_t ndim,
                              cm_tensor** out) {
    return give(out, [&] {
        const auto sizes = shape_of(shape, ndim);
        const at::ScalarType type = scalar_type(dtype);
        require_bytes(data, data_bytes, count_of(sizes) * static_cast<int64_t>(c10::elementSize(type)));
        at::Tensor t = at::empty(sizes, type);
        if (data_bytes > 0) std::memcpy(t.mutable_data_ptr(), data, static_cast<size_t>(data_bytes));
        return t;
    });
}

cm_status cm_tensor_wrap(void* data, int64_t data_bytes, int32_t dtype, const int64_t* shape, int32_t ndim,
                         cm_release release, int64_t ticket, cm_tensor** out) {
    return give(out, [&] {
        const auto sizes = shape_of(shape, ndim);
        const at::ScalarType type = scalar_type(dtype);
        const auto width = static_cast<int64_t>(c10::elementSize(type));
        require_bytes(data, data_bytes, count_of(sizes) * width);
        if (reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(width) != 0)
            refuse("data", "is not aligned to its " + std::to_string(width) + "-byte elements; copy it instead");
        const auto drop = [release, ticket](void*) {
            if (release != nullptr) release(ticket);
        };
        return at::from_blob(data, sizes, drop, at::TensorOptions(type));
    });
}

cm_status cm_tensor_alias(const cm_tensor* t, cm_tensor** out) {
    return give(out, [&] { return tensor(t, "t"); });
}

void cm_tensor_reset(cm_tensor* t) {
    if (t != nullptr) t->value.reset();
}

void cm_tensor_free(cm_tensor* t) { delete t; }

cm_status cm_tensor_info(const cm_tensor* t, int64_t* info) {
    return guard([&] {
        const at::Tensor& x = tensor(t, "t");
        require(info != nullptr, "info is NULL");
        std::fill_n(info, CM_INFO_LENGTH, 0);
        info[CM_INFO_RANK] = x.dim();
        info[CM_INFO_DTYPE] = dtype_code(x.scalar_type());
        info[CM_INFO_DEVICE] = x.device().is_cpu() ? int64_t{CM_CPU} : x.device().index();
        info[CM_INFO_NUMEL] = x.numel();
        info[CM_INFO_DATA] = x.numel() == 0 ? 0 : reinterpret_cast<int64_t>(x.const_data_ptr());
        info[CM_INFO_CONTIGUOUS] = x.is_contiguous() ? 1 : 0;
        info[CM_INFO_GRAD] = x.requires_grad() ? 1 : 0;
        for (int64_t i = 0; i < x.dim(); ++i) {
            info[CM_INFO_SIZES + i] = x.size(i);
            info[CM_INFO_SIZES + CM_MAX_RANK + i] = x.stride(i);
        }
    });
}

cm_status cm_tensor_to_host(const cm_tensor* t, void* data, int64_t data_bytes) {
    return guard([&] {
        const at::Tensor& x = tensor(t, "t");
        require_bytes(data, data_bytes, bytes_of(x));
        if (data_bytes == 0) return;
        const at::Tensor rows = x.detach().to(at::kCPU).contiguous();
        std::memcpy(data, rows.const_data_ptr(), static_cast<size_t>(data_bytes));
    });
}

cm_status cm_tensor_copy(cm_tensor* target, const cm_tensor* source) {
    return guard([&] {
        const at::Tensor& to = tensor(target, "target");
        const at::Tensor& from = tensor(source, "source");
        if (!to.sizes().equals(from.sizes()))
            refuse("source", "has shape " + text(from.sizes()) + ", target has " + text(to.sizes()));
        const at::NoGradGuard no_grad;
        to.copy_(from);
    });
}

cm_status cm_tensor_to(const cm_tensor* t, int32_t dtype, int32_t device, cm_tensor** out) {
    return give(out, [&] { return tensor(t, "t").to(cm4j::device(device), scalar_type(dtype)); });
}

cm_status cm_tensor_contiguous(const cm_tensor* t, cm_tensor** out) {
    return give(out, [&] { return tensor(t, "t").contiguous(); });
}

cm_status cm_tensor_clone(const cm_tensor* t, cm_tensor** out) {
    return give(out, [&] { return tensor(t, "t").clone(); });
}

cm_status cm_tensor_fill(cm_tensor* t, double value) {
    return guard([&] {
        const at::NoGradGuard no_grad;
        tensor(t, "t").fill_(value);
    });
}
