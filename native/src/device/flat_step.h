// One pass of the fused optimiser over a network's flat vectors.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "../kernels/optim.h"
#include "weight_copy.h"

namespace cm4j {

struct FlatStep {
    at::Tensor weights, gradients, exp_avg, exp_avg_sq;  // f32 [count], one device
    std::vector<at::Tensor> averages;                    // likewise, at most elements::kMaxAverages

    // The numbers that `operation` reads, in order. rates: one for each average. clip_norm 0: never.
    static std::vector<float> scalars(const kernels::StepScalars& step, double clip_norm,
                                      const std::vector<double>& rates);

    // scalars: those numbers as a tensor beside the weights. norm, loss: one number each, or undefined. The copies of
    // weights and averages that are in use take part; they are kept alive in `copies`.
    operations::Optimise operation(const at::Tensor& scalars, const at::Tensor& norm, const at::Tensor& loss);
    // Tells graphs, copies and fast paths that the vectors have changed.
    void written() const;

    std::vector<std::shared_ptr<WeightCopy>> copies;
};

// Runs it on a device, in several passes where there are many averages.
void step_on_device(FlatStep step, const kernels::StepScalars& scalars, const std::vector<double>& rates);

}  // namespace cm4j
