// What the opaque handles hold, and the checks every exported function makes on them.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "guard.h"

namespace cm4j {

// One counter per kind of handle, for leak tests.
extern std::atomic<int64_t> live[CM_KIND_COUNT];

// Counts the handles derived from it.
template <int32_t kind>
struct Counted {
    Counted() noexcept { live[kind].fetch_add(1, std::memory_order_relaxed); }
    ~Counted() { live[kind].fetch_sub(1, std::memory_order_relaxed); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
};


}  // namespace cm4j

struct cm_tensor : cm4j::Counted<CM_KIND_TENSOR> {
    at::Tensor value;
    explicit cm_tensor(at::Tensor t) : value(std::move(t)) {}
};

struct cm_rng : cm4j::Counted<CM_KIND_RNG> {
    at::Generator value;
    explicit cm_rng(at::Generator g) : value(std::move(g)) {}
};

namespace cm4j {

// The sentence "<name> <complaint>".
[[noreturn]] void refuse(const char* name, const std::string& complaint);

// The handle or the tensor behind an argument; refuses NULL and handles that were reset.
template <class Handle>
Handle& handle(Handle* argument, const char* name) {
    if (argument == nullptr) refuse(name, "is NULL");
    return *argument;
}
const at::Tensor& tensor(const cm_tensor* argument, const char* name);
// The same for an argument that may be NULL.
std::optional<at::Tensor> optional_tensor(const cm_tensor* argument, const char* name);

// A CM_ dtype code <-> LibTorch's type.
at::ScalarType scalar_type(int32_t dtype);
int32_t dtype_code(at::ScalarType type);
// A device number -> LibTorch's device; throws Unsupported for CUDA without the plug-in.
at::Device device(int32_t number);

// Lists as vectors, checked: counts in [0, CM_MAX_RANK], sizes not negative, the product within int64.
std::vector<int64_t> shape_of(const int64_t* shape, int32_t ndim);
std::vector<int64_t> dims_of(const int64_t* dims, int32_t dim_count, const at::Tensor& x, const char* name);
// Refuses a dimension outside [-rank, rank).
int64_t dim_of(int64_t dim, const at::Tensor& x, const char* name);
int64_t count_of(const std::vector<int64_t>& shape);
std::string text(at::IntArrayRef sizes);

// Refuses anything but a floating-point tensor, a tensor of another rank, of another type.
void require_floating(const at::Tensor& t, const char* name);
void require_rank(const at::Tensor& t, int64_t rank, const char* name);
void require_type(const at::Tensor& t, at::ScalarType type, const char* name);
// What flat kernels take: float32, row-major.
void require_plain_f32(const at::Tensor& t, const char* name);

// Runs a body that returns a tensor and hands it out as a new handle; *out is NULL after a failure.
template <class Body>
cm_status give(cm_tensor** out, Body&& body) noexcept {
    if (out != nullptr) *out = nullptr;
    return guard([&] {
        require(out != nullptr, "out is NULL");
        *out = new cm_tensor(std::forward<Body>(body)());
    });
}

}  // namespace cm4j
