#include "flat_step.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "../cuda_plugin.h"
#include "../errors.h"
#include "fused.h"

namespace cm4j {

namespace {

constexpr size_t kMost = elements::kMaxAverages;

const float* pointer(const at::Tensor& t) { return t.defined() ? t.const_data_ptr<float>() : nullptr; }

}  // namespace

std::vector<float> FlatStep::scalars(const kernels::StepScalars& s, double clip_norm,
                                     const std::vector<double>& rates) {
    std::vector<float> list(elements::kStepScalars + 2 * kMost);
    list[elements::kGradientScale] = s.gradient_scale;
    list[elements::kDecay] = s.decay;
    list[elements::kKeep] = s.keep;
    list[elements::kOneMinusBeta1] = s.one_minus_beta1;
    list[elements::kBeta2] = s.beta2;
    list[elements::kOneMinusBeta2] = s.one_minus_beta2;
    list[elements::kRate] = s.rate;
    list[elements::kRootScale] = s.root_scale;
    list[elements::kEps] = s.eps;
    list[elements::kRectified] = s.rectified ? 1.0F : 0.0F;
    list[elements::kClipNorm] = static_cast<float>(clip_norm);
    for (size_t i = 0; i < std::min(rates.size(), kMost); ++i) {
        list[elements::kStepScalars + 2 * i] = static_cast<float>(rates[i]);
        list[elements::kStepScalars + 2 * i + 1] = static_cast<float>(1 - rates[i]);
    }
    return list;
}

operations::Optimise FlatStep::operation(const at::Tensor& scalars, const at::Tensor& norm, const at::Tensor& loss) {
    if (averages.size() > kMost) throw BadArgument("averages are more than one pass takes");
    operations::Optimise op{};
    op.count = weights.numel();
    op.weights = weights.mutable_data_ptr<float>();
    op.exp_avg = exp_avg.mutable_data_ptr<float>();
    op.exp_avg_sq = exp_avg_sq.mutable_data_ptr<float>();
    op.gradients = gradients.const_data_ptr<float>();
    op.scalars = scalars.const_data_ptr<float>();
    op.norm = pointer(norm);
    op.loss = pointer(loss);
    op.average_count = static_cast<int32_t>(averages.size());
    copies.clear();
    const auto copy_of = [&](const at::Tensor& vector) -> operations::Copy {
        auto copy = WeightCopy::of(vector);
        if (!copy) return {};
        op.segments = copy->segments();
        op.segment_count = copy->segment_count();
        copies.push_back(copy);
        return copy->target();
    };
    op.weights_copy = copy_of(weights);
    for (size_t i = 0; i < averages.size(); ++i) {
        op.averages[i] = averages[i].mutable_data_ptr<float>();
        op.average_copies[i] = copy_of(averages[i]);
    }
    return op;
}

void FlatStep::written() const {
    for (const at::Tensor& t : {weights, exp_avg, exp_avg_sq}) t.unsafeGetTensorImpl()->bump_version();
    for (const at::Tensor& t : averages) t.unsafeGetTensorImpl()->bump_version();
    for (const auto& copy : copies) copy->written();
}

void step_on_device(FlatStep step, const kernels::StepScalars& scalars, const std::vector<double>& rates) {
    // More averages than one pass takes follow in passes of their own.
    std::vector<at::Tensor> rest;
    if (step.averages.size() > kMost) {
        rest.assign(step.averages.begin() + kMost, step.averages.end());
        step.averages.resize(kMost);
    }
    const std::vector<float> numbers = FlatStep::scalars(scalars, 0, rates);
    const at::Tensor host = at::empty({static_cast<int64_t>(numbers.size())}, at::kFloat);
    std::copy(numbers.begin(), numbers.end(), host.mutable_data_ptr<float>());
    const at::Tensor there = host.to(step.weights.device());
    fused::run(step.operation(there, {}, {}), step.weights.device());
    step.written();
    for (size_t i = 0; i < rest.size(); ++i) {
        const double rate = rates[kMost + i];
        const kernels::AverageScalars follow{rest[i].mutable_data_ptr<float>(), static_cast<float>(rate),
                                             static_cast<float>(1 - rate)};
        cuda_check(cuda().average(&follow, step.weights.const_data_ptr<float>(), step.weights.numel(),
                                  step.weights.device().index()));
        rest[i].unsafeGetTensorImpl()->bump_version();
    }
}

}  // namespace cm4j
