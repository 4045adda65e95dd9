// A training step and a sampling run as fixed sequences over static tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "../learning_handles.h"
#include "flat_step.h"
#include "operations.h"
#include "replay.h"

namespace cm4j {

// What both have.
class Graph {
public:
    virtual ~Graph() = default;
    int64_t captures() const { return replay_.captures(); }

protected:
    Graph(at::Device device, const std::vector<int64_t>& shape) : shape_(shape), device_(device), replay_(device) {}
    at::TensorOptions floats() const { return at::TensorOptions(at::kFloat).device(device_); }
    operations::PairShape pair_shape(const UNet& net) const;
    // labels into their static tensor, checked on the way.
    void take_labels(const UNet& net, const std::optional<at::Tensor>& labels);

    const std::vector<int64_t> shape_;  // N, C, H, W
    const at::Device device_;
    std::optional<at::Tensor> labels_;
    Replay replay_;
};

class TrainingGraph : public Graph {
public:
    struct Loss {
        elements::Distance distance;
        double constant;
        bool nan_is_zero;
    };
    TrainingGraph(std::shared_ptr<UNet> online, std::shared_ptr<UNet> target, std::shared_ptr<OptimState> optim,
                  std::vector<at::Tensor> averages, const std::vector<int64_t>& shape, const Loss& loss);

    // losses: N numbers and the norm.
    void run(const at::Tensor& x0, const at::Tensor& z, const std::optional<at::Tensor>& labels,
             const double* coefficients, double lr, double clip_norm, uint64_t dropout_seed,
             const std::vector<double>& rates, double* losses);
    size_t average_count() const { return step_.averages.size(); }

private:
    void body();
    std::vector<int64_t> signature() const;

    const std::shared_ptr<UNet> online_, target_;
    const std::shared_ptr<OptimState> optim_;
    const Loss loss_;
    FlatStep step_;
    at::Tensor x0_, z_, coefficients_, scalars_, seed_;  // inputs
    at::Tensor losses_, norm_, mean_;                    // results
};

class SamplingGraph : public Graph {
public:
    SamplingGraph(std::shared_ptr<UNet> net, int64_t steps, const std::vector<int64_t>& shape, bool clip);
    int64_t steps() const { return steps_; }
    at::Tensor run(const at::Tensor& noise, const std::optional<at::Tensor>& labels, double start,
                   const double* coefficients);

private:
    void body();

    const std::shared_ptr<UNet> net_;
    const int64_t steps_;
    const bool clip_;
    at::Tensor noise_, coefficients_, times_;  // inputs
    at::Tensor x_;                             // result
};

}  // namespace cm4j
