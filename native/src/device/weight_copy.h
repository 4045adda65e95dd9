// A network's weights once more in the type and layout that convolutions on a device want.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "../unet/config.h"
#include "operations.h"

namespace cm4j {

class WeightCopy {
public:
    // weights: the flat float32 vector, whose address is how optimisers find this copy.
    static std::shared_ptr<WeightCopy> create(const ParameterTable& table, const at::Tensor& weights,
                                              at::ScalarType type);
    // The copy of a weight vector that is in use, or null.
    static std::shared_ptr<WeightCopy> of(const at::Tensor& weights);
    WeightCopy(const WeightCopy&) = delete;
    WeightCopy& operator=(const WeightCopy&) = delete;
    ~WeightCopy();

    // Copies the weights where they have changed since.
    void refresh();
    // What an operation that writes the copy along the way needs, and the news that it has done so.
    operations::Copy target() const;
    const elements::Segment* segments() const;
    int32_t segment_count() const { return static_cast<int32_t>(segments_.numel() / kSegmentWords); }
    void written();

    at::ScalarType type() const { return copy_.scalar_type(); }
    // A parameter's part in the parameter's own shape; convolutions are channels-last.
    const at::Tensor& at(size_t parameter) const { return views_[parameter]; }

private:
    static constexpr int64_t kSegmentWords = sizeof(elements::Segment) / sizeof(int64_t);
    WeightCopy(const ParameterTable& table, const at::Tensor& weights, at::ScalarType type);

    at::Tensor weights_, copy_;
    at::Tensor segments_;  // the bytes of the segments, on the device
    std::vector<at::Tensor> views_;
    int64_t version_ = -1;  // of the weights when copied
};

}  // namespace cm4j
