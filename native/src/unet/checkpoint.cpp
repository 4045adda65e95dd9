#include "checkpoint.h"

#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace cm4j {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Layer : torch::CustomClassHolder {
    TwoInputs run;
    explicit Layer(TwoInputs f) : run(std::move(f)) {}
};

struct Recompute : torch::autograd::Function<Recompute> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& emb,
                              const c10::intrusive_ptr<Layer>& layer) {
        context->save_for_backward({x, emb});
        context->saved_data["layer"] = c10::IValue::make_capsule(layer);
        return layer->run(x, emb);
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto capsule = context->saved_data["layer"].toCapsule();
        const auto saved = context->get_saved_variables();
        variable_list inputs;
        for (const at::Tensor& t : saved) inputs.push_back(t.detach().requires_grad_(true));
        {
            const at::AutoGradMode recording(true);
            const at::Tensor again = static_cast<Layer&>(*capsule).run(inputs[0], inputs[1]);
            // Also reaches the parameters, which accumulate on their own.
            torch::autograd::backward({again}, gradients);
        }
        return {inputs[0].grad(), inputs[1].grad(), at::Tensor()};
    }
};

}  // namespace

at::Tensor checkpoint(TwoInputs layer, const at::Tensor& x, const at::Tensor& emb) {
    return Recompute::apply(x, emb, c10::make_intrusive<Layer>(std::move(layer)));
}

}  // namespace cm4j
