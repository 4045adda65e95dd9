// The handles of networks and optimisers, for the files that join them. What they hold is shared with graphs.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <utility>

#include "handles.h"
#include "kernels/optim.h"
#include "unet/unet.h"

namespace cm4j {

// The moments of one weight vector.
struct OptimState {
    int32_t kind = CM_RADAM;
    double beta1 = 0, beta2 = 0, eps = 0, weight_decay = 0;
    int64_t steps = 0;
    at::Tensor exp_avg, exp_avg_sq;  // [element_count]

    // The scalars of step number t, from 1, computed in double.
    kernels::StepScalars scalars(int64_t step, double lr, double gradient_scale) const;
    // The moments follow the weights to their device.
    void move(at::Device device) {
        exp_avg = exp_avg.to(device);
        exp_avg_sq = exp_avg_sq.to(device);
    }
};

}  // namespace cm4j

struct cm_unet : cm4j::Counted<CM_KIND_UNET> {
    // The gradient vector is made when first asked for, through handles that are const to the caller.
    std::shared_ptr<cm4j::UNet> value;
    explicit cm_unet(std::shared_ptr<cm4j::UNet> net) : value(std::move(net)) {}
};

struct cm_optim : cm4j::Counted<CM_KIND_OPTIM> {
    std::shared_ptr<cm4j::OptimState> value = std::make_shared<cm4j::OptimState>();
};
