// The optimiser and moving averages.
#include <ATen/Parallel.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "cuda_plugin.h"
#include "device/flat_step.h"
#include "kernels/optim.h"
#include "learning_handles.h"

namespace cm4j {

// Source: Liu et al. 2020 (RAdam, section 4, algorithm 2), Kingma &
// Ba 2015, Loshchilov & Hutter 2019, each in PyTorch's arrangement.
kernels::StepScalars OptimState::scalars(int64_t step, double lr, double gradient_scale) const {
    const auto t = static_cast<double>(step);
    const double correction1 = 1 - std::pow(beta1, t);
    const double correction2 = 1 - std::pow(beta2, t);
    const bool decoupled = kind == CM_ADAMW;
    double rate = lr / correction1;
    double root_scale = 1 / std::sqrt(correction2);
    bool rectified = true;
    if (kind == CM_RADAM) {
        const double limit = 2 / (1 - beta2) - 1;  // rho_inf
        const double rho = limit - 2 * t * std::pow(beta2, t) / correction2;
        rectified = rho > 5;
        if (rectified) {
            rate *= std::sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho));
            // RAdam adds eps to the uncorrected root.
            rate *= std::sqrt(correction2);
            root_scale = 1;
        }
    }
    const auto f = [](double value) { return static_cast<float>(value); };
    return {.gradient_scale = f(gradient_scale),
            .decay = f(decoupled ? 0 : weight_decay),
            .keep = f(decoupled ? 1 - lr * weight_decay : 1),
            .one_minus_beta1 = f(1 - beta1),
            .beta2 = f(beta2),
            .one_minus_beta2 = f(1 - beta2),
            .rate = f(rate),
            .root_scale = f(root_scale),
            .eps = f(eps),
            .rectified = rectified};
}

}  // namespace cm4j

using namespace cm4j;

namespace {

void require_rate(double rate, const char* name) {
    if (!(rate >= 0 && rate <= 1)) refuse(name, "is " + std::to_string(rate) + ", outside [0, 1]");
}

void require_finite(double value, const char* name) {
    if (!std::isfinite(value)) refuse(name, "is not finite");
}

// A flat vector of this many elements on this device.
const at::Tensor& vector(const cm_tensor* argument, int64_t count, at::Device device, const char* name) {
    const at::Tensor& t = tensor(argument, name);
    require_plain_f32(t, name);
    if (t.device() != device) refuse(name, "is on " + t.device().str() + ", not on " + device.str());
    if (t.numel() != count)
        refuse(name, "has " + std::to_string(t.numel()) + " elements, not " + std::to_string(count));
    return t;
}

kernels::AverageScalars average_of(const at::Tensor& average, const at::Tensor& weights, double rate) {
    float* data = average.mutable_data_ptr<float>();
    if (data == weights.const_data_ptr<float>() && weights.numel() > 0)
        refuse("average", "is the weight vector itself");
    return {data, static_cast<float>(rate), static_cast<float>(1 - rate)};
}

// Tells graphs and fast paths that the vector has changed.
void changed(const at::Tensor& t) { t.unsafeGetTensorImpl()->bump_version(); }

}  // namespace

cm_status cm_optim_create(int32_t kind, double beta1, double beta2, double eps, double weight_decay,
                          int64_t element_count, cm_optim** out) {
    if (out != nullptr) *out = nullptr;
    return guard([&] {
        require(out != nullptr, "out is NULL");
        if (kind < 0 || kind >= CM_OPTIM_COUNT) refuse("kind", std::to_string(kind) + " is no optimiser");
        if (!(beta1 >= 0 && beta1 < 1)) refuse("beta1", "is " + std::to_string(beta1) + ", outside [0, 1)");
        if (!(beta2 >= 0 && beta2 < 1)) refuse("beta2", "is " + std::to_string(beta2) + ", outside [0, 1)");
        // Gradients that are zero throughout, such as those of the padding, divide by it.
        if (!(static_cast<float>(eps) > 0) || !std::isfinite(eps)) refuse("eps", "is not positive in float32");
        if (!(weight_decay >= 0) || !std::isfinite(weight_decay)) refuse("weight_decay", "is negative or not finite");
        if (element_count < 0) refuse("element_count", "is negative");
        auto handle = std::make_unique<cm_optim>();
        OptimState* optim = handle->value.get();
        optim->kind = kind;
        optim->beta1 = beta1;
        optim->beta2 = beta2;
        optim->eps = eps;
        optim->weight_decay = weight_decay;
        optim->exp_avg = at::zeros({element_count}, at::kFloat);
        optim->exp_avg_sq = at::zeros({element_count}, at::kFloat);
        *out = handle.release();
    });
}

void cm_optim_free(cm_optim* optim) { delete optim; }

cm_status cm_optim_step(cm_optim* optim, cm_tensor* weights, const cm_tensor* gradients, double lr,
                        double gradient_scale, cm_tensor* const* averages, const double* rates,
                        int32_t average_count) {
    return guard([&] {
        OptimState& state = *handle(optim, "optim").value;
        const int64_t count = state.exp_avg.numel();
        const at::Device device = tensor(weights, "weights").device();
        const at::Tensor& w = vector(weights, count, device, "weights");
        const at::Tensor& g = vector(gradients, count, device, "gradients");
        require_finite(lr, "lr");
        require_finite(gradient_scale, "gradient_scale");
        if (average_count < 0) refuse("average_count", "is negative");
        if (average_count > 0 && averages == nullptr) refuse("averages", "is NULL");
        if (average_count > 0 && rates == nullptr) refuse("rates", "is NULL");
        std::vector<kernels::AverageScalars> followers;
        for (int32_t i = 0; i < average_count; ++i) {
            require_rate(rates[i], "rates");
            followers.push_back(average_of(vector(averages[i], count, device, "averages"), w, rates[i]));
        }
        state.move(device);
        const auto scalars = state.scalars(state.steps + 1, lr, gradient_scale);
        if (!device.is_cpu()) {
            FlatStep step{w, g, state.exp_avg, state.exp_avg_sq, {}, {}};
            for (int32_t i = 0; i < average_count; ++i) step.averages.push_back(averages[i]->value);
            step_on_device(std::move(step), scalars, {rates, rates + average_count});
            ++state.steps;
            return;
        }
        const kernels::StepRange range = {w.mutable_data_ptr<float>(), g.const_data_ptr<float>(),
                                          state.exp_avg.mutable_data_ptr<float>(),
                                          state.exp_avg_sq.mutable_data_ptr<float>(), count};
        kernels::optim_step(scalars, range, followers.data(), average_count, at::get_num_threads());
        ++state.steps;
        changed(w);
        changed(state.exp_avg);
        changed(state.exp_avg_sq);
        for (int32_t i = 0; i < average_count; ++i) changed(averages[i]->value);
    });
}

cm_status cm_optim_moment(const cm_optim* optim, int32_t which, cm_tensor** out) {
    return give(out, [&] {
        const OptimState& state = *handle(optim, "optim").value;
        switch (which) {
            case CM_EXP_AVG: return state.exp_avg;
            case CM_EXP_AVG_SQ: return state.exp_avg_sq;
            default: refuse("which", std::to_string(which) + " is neither CM_EXP_AVG nor CM_EXP_AVG_SQ");
        }
    });
}

int64_t cm_optim_step_count(const cm_optim* optim) { return optim == nullptr ? 0 : optim->value->steps; }

cm_status cm_optim_step_count_set(cm_optim* optim, int64_t step_count) {
    return guard([&] {
        require(step_count >= 0, "step_count is negative");
        handle(optim, "optim").value->steps = step_count;
    });
}

cm_status cm_average(cm_tensor* average, const cm_tensor* weights, double rate) {
    return guard([&] {
        const at::Tensor& w = tensor(weights, "weights");
        require_plain_f32(w, "weights");
        require_rate(rate, "rate");
        const at::Tensor& a = vector(average, w.numel(), w.device(), "average");
        const auto scalars = average_of(a, w, rate);
        if (w.is_cpu())
            kernels::average(scalars, w.const_data_ptr<float>(), w.numel(), at::get_num_threads());
        else
            cuda_check(cuda().average(&scalars, w.const_data_ptr<float>(), w.numel(), w.device().index()));
        changed(a);
    });
}
