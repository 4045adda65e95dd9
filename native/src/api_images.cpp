// Images.
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <limits>
#include <vector>

#include "handles.h"
#include "ideal.h"
#include "images.h"

using namespace cm4j;

namespace {

const at::Tensor& batch(const cm_tensor* argument, const char* name) {
    const at::Tensor& t = tensor(argument, name);
    require_floating(t, name);
    if (t.dim() < 1) refuse(name, "has rank 0; its first dimension must be the image");
    return t;
}

void require_on(const at::Tensor& t, at::Device device, const char* name) {
    if (t.device() != device) refuse(name, "is on " + t.device().str() + ", not on " + device.str());
}

void require_like(const at::Tensor& t, const at::Tensor& other, const char* name) {
    require_type(t, other.scalar_type(), name);
    if (t.sizes() != other.sizes())
        refuse(name, "has shape " + text(t.sizes()) + ", not " + text(other.sizes()));
    require_on(t, other.device(), name);
}

DistanceKind distance_kind(int32_t kind) {
    switch (kind) {
        case CM_DISTANCE_L1: return DistanceKind::l1;
        case CM_DISTANCE_L2: return DistanceKind::l2;
        case CM_DISTANCE_NORM: return DistanceKind::norm;
        case CM_DISTANCE_PSEUDO_HUBER: return DistanceKind::pseudo_huber;
        default: refuse("kind", std::to_string(kind) + " is no distance");
    }
}

const at::Tensor& checked(const cm_tensor* argument, at::ScalarType type, int64_t rank, const char* name) {
    const at::Tensor& t = tensor(argument, name);
    require_type(t, type, name);
    require_rank(t, rank, name);
    return t;
}

std::vector<Range> ranges_of(const int64_t* numbers, int64_t count, int64_t images) {
    if (numbers == nullptr) refuse("ranges", "is NULL");
    std::vector<Range> ranges;
    for (int64_t n = 0; n < count; ++n) {
        const Range range{numbers[2 * n], numbers[2 * n + 1]};
        if (range.first < 0 || range.first >= range.last || range.last > images)
            refuse("ranges", "has [" + std::to_string(range.first) + ", " + std::to_string(range.last) + ") of " +
                                 std::to_string(images) + " images");
        ranges.push_back(range);
    }
    return ranges;
}

std::vector<float> precisions_of(const double* numbers, int64_t count) {
    if (numbers == nullptr) refuse("precisions", "is NULL");
    for (int64_t n = 0; n < count; ++n)
        if (!(numbers[n] > 0 && numbers[n] <= std::numeric_limits<float>::max()))
            refuse("precisions", "has " + std::to_string(numbers[n]) + ", not positive and finite");
    return {numbers, numbers + count};
}

}  // namespace

cm_status cm_combine(const cm_tensor* x, const cm_tensor* y, const double* coefficients, int64_t coefficient_count,
                     cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& first = batch(x, "x");
        const auto second = optional_tensor(y, "y");
        if (second) require_like(*second, first, "y");
        if (coefficients == nullptr) refuse("coefficients", "is NULL");
        const int64_t wanted = (second ? 2 : 1) * first.size(0);
        if (coefficient_count != wanted)
            refuse("coefficient_count", "is " + std::to_string(coefficient_count) + ", not " + std::to_string(wanted));
        return combine(first, second, {coefficients, coefficients + coefficient_count});
    });
}

cm_status cm_distance(int32_t kind, double c, const cm_tensor* a, const cm_tensor* b, cm_tensor** out) {
    return give(out, [&] {
        const DistanceKind which = distance_kind(kind);
        if (which == DistanceKind::pseudo_huber && !(c > 0 && std::isfinite(c)))
            refuse("c", "is " + std::to_string(c) + ", not positive");
        const at::Tensor& first = batch(a, "a");
        const at::Tensor& second = batch(b, "b");
        require_like(second, first, "b");
        return distance(which, c, first, second);
    });
}

cm_status cm_half_norms(const cm_tensor* pixels, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& known = checked(pixels, at::kByte, 2, "pixels");
        require_on(known, at::kCPU, "pixels");
        return half_norms(known);
    });
}

cm_status cm_ideal_means(const cm_tensor* x, const double* precisions, const int64_t* ranges, const cm_tensor* pixels,
                         const cm_tensor* half_norms, cm_tensor** out) {
    return give(out, [&] {
        const at::NoGradGuard no_grad;
        const at::Tensor noisy = checked(x, at::kFloat, 2, "x").contiguous();
        const KnownImages known{checked(pixels, at::kByte, 2, "pixels").contiguous(),
                                checked(half_norms, at::kFloat, 1, "half_norms").contiguous()};
        const int64_t images = known.pixels.size(0);
        if (known.pixels.size(1) != noisy.size(1))
            refuse("pixels", "has rows of " + std::to_string(known.pixels.size(1)) + " numbers, not " +
                                 std::to_string(noisy.size(1)));
        if (known.half_norms.size(0) != images)
            refuse("half_norms", "has " + std::to_string(known.half_norms.size(0)) + " numbers, not " +
                                     std::to_string(images));
        require_on(known.pixels, noisy.device(), "pixels");
        require_on(known.half_norms, noisy.device(), "half_norms");
        const int64_t rows = noisy.size(0);
        return ideal_means(noisy, precisions_of(precisions, rows), ranges_of(ranges, rows, images), known);
    });
}
