// Images.
#include <cmath>

#include "handles.h"
#include "images.h"

using namespace cm4j;

namespace {

const at::Tensor& batch(const cm_tensor* argument, const char* name) {
    const at::Tensor& t = tensor(argument, name);
    require_floating(t, name);
    if (t.dim() < 1) refuse(name, "has rank 0; its first dimension must be the image");
    return t;
}

void require_like(const at::Tensor& t, const at::Tensor& other, const char* name) {
    require_type(t, other.scalar_type(), name);
    if (t.sizes() != other.sizes())
        refuse(name, "has shape " + text(t.sizes()) + ", not " + text(other.sizes()));
    if (t.device() != other.device()) refuse(name, "is on " + t.device().str() + ", not on " + other.device().str());
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
