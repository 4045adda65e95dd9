#include "weight_copy.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <cstring>
#include <mutex>
#include <unordered_map>

#include "fused.h"

namespace cm4j {

namespace {

// Copies by the address of the weights they belong to.
std::mutex mutex;
std::unordered_map<const void*, std::weak_ptr<WeightCopy>>& copies() {
    static auto* map = new std::unordered_map<const void*, std::weak_ptr<WeightCopy>>;  // outlives every network
    return *map;
}

int64_t version(const at::Tensor& t) { return static_cast<int64_t>(t.unsafeGetTensorImpl()->version_counter().current_version()); }

elements::Segment segment_of(const Parameter& p) {
    if (p.shape.size() != 4) return {p.offset, p.count, 1, 1};
    return {p.offset, p.count, static_cast<int32_t>(p.shape[1]), static_cast<int32_t>(p.shape[2] * p.shape[3])};
}

at::Tensor view(const at::Tensor& flat, const Parameter& p) {
    if (p.shape.size() != 4) return flat.narrow(0, p.offset, p.count).view(p.shape);
    const int64_t i = p.shape[1], h = p.shape[2], w = p.shape[3];
    return flat.as_strided(p.shape, {i * h * w, 1, w * i, i}, p.offset);
}

}  // namespace

std::shared_ptr<WeightCopy> WeightCopy::create(const ParameterTable& table, const at::Tensor& weights,
                                               at::ScalarType type) {
    std::shared_ptr<WeightCopy> copy(new WeightCopy(table, weights, type));
    const std::lock_guard<std::mutex> lock(mutex);
    copies()[weights.const_data_ptr()] = copy;
    return copy;
}

std::shared_ptr<WeightCopy> WeightCopy::of(const at::Tensor& weights) {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = copies().find(weights.const_data_ptr());
    return found == copies().end() ? nullptr : found->second.lock();
}

WeightCopy::WeightCopy(const ParameterTable& table, const at::Tensor& weights, at::ScalarType type)
    : weights_(weights) {
    const at::NoGradGuard no_grad;
    copy_ = at::zeros({table.total}, weights.options().dtype(type).requires_grad(false));
    const at::Tensor list = at::empty({static_cast<int64_t>(table.parameters.size()) * kSegmentWords}, at::kLong);
    auto* segments = reinterpret_cast<elements::Segment*>(list.mutable_data_ptr<int64_t>());
    for (const Parameter& p : table.parameters) {
        *segments++ = segment_of(p);
        views_.push_back(view(copy_, p));
    }
    segments_ = list.to(weights.device());
}

WeightCopy::~WeightCopy() {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = copies().find(weights_.const_data_ptr());
    if (found != copies().end() && found->second.expired()) copies().erase(found);
}

const elements::Segment* WeightCopy::segments() const {
    return reinterpret_cast<const elements::Segment*>(segments_.const_data_ptr<int64_t>());
}

operations::Copy WeightCopy::target() const {
    return {copy_.mutable_data_ptr(), fused::element_of(copy_.scalar_type())};
}

void WeightCopy::written() { version_ = version(weights_); }

void WeightCopy::refresh() {
    if (version(weights_) == version_) return;
    fused::run(operations::CopyWeights{weights_.numel(), weights_.const_data_ptr<float>(), target(), segments(),
                                       segment_count()},
               weights_.device());
    written();
}

}  // namespace cm4j
