#include "fused.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../cuda_plugin.h"
#include "../errors.h"
#include "plain_twins.h"

namespace cm4j::fused {

using namespace operations;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

constexpr int64_t kGroups = 32;
constexpr float kEps = 1e-5F;

// The kernel of a device or its twin.
template <class Op>
void run_either(const Op& op, at::Device device, void (*twin)(const Op&),
                int32_t (*cm4j_cuda_table::*kernel)(const Op*, int32_t)) {
    if (device.is_cpu())
        twin(op);
    else
        cuda_check((cuda().*kernel)(&op, device.index()));
}

NormShape norm_shape(const at::Tensor& x, bool silu) {
    return {x.size(0), x.size(2) * x.size(3), x.size(1), kGroups, kEps, silu, element_of(x.scalar_type())};
}

const void* offset(const at::Tensor& t, int64_t elements) {
    return static_cast<const char*>(t.const_data_ptr()) + elements * static_cast<int64_t>(t.element_size());
}

struct Norm : torch::autograd::Function<Norm> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const at::Tensor& bias, const std::optional<at::Tensor>& modulation, bool silu) {
        const NormShape shape = norm_shape(x, silu);
        const at::Tensor image = channels_last(x);
        const at::Tensor mod = modulation ? modulation->contiguous() : at::Tensor();
        const auto floats = at::TensorOptions(at::kFloat).device(x.device());
        const at::Tensor statistics = at::empty({shape.images, shape.groups, 2}, floats);
        const at::Tensor workspace = at::empty({norm_workspace(shape)}, floats);
        at::Tensor y = at::empty_like(image, at::MemoryFormat::ChannelsLast);
        const NormForward op{shape,
                             image.const_data_ptr(),
                             weight.const_data_ptr<float>(),
                             bias.const_data_ptr<float>(),
                             modulation ? mod.const_data_ptr() : nullptr,
                             modulation ? offset(mod, shape.channels) : nullptr,
                             2 * shape.channels,
                             y.mutable_data_ptr(),
                             statistics.mutable_data_ptr<float>(),
                             workspace.mutable_data_ptr<float>()};
        run_either(op, x.device(), twins::norm_forward, &cm4j_cuda_table::norm_forward);
        context->save_for_backward({image, weight, bias, mod, statistics});
        context->saved_data["silu"] = silu;
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& upstream) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2], &mod = saved[3], &statistics = saved[4];
        const NormShape shape = norm_shape(x, context->saved_data["silu"].toBool());
        const at::Tensor above = channels_last(upstream[0]);
        const at::Tensor workspace = at::empty({norm_workspace(shape)}, statistics.options());
        at::Tensor x_gradient = at::empty_like(x, at::MemoryFormat::ChannelsLast);
        at::Tensor weight_gradient = at::empty({shape.channels}, statistics.options());
        at::Tensor bias_gradient = at::empty({shape.channels}, statistics.options());
        at::Tensor mod_gradient = mod.defined() ? at::empty_like(mod) : at::Tensor();
        void* first = mod.defined() ? mod_gradient.mutable_data_ptr() : nullptr;
        void* second = mod.defined() ? static_cast<char*>(first) +
                                           shape.channels * static_cast<int64_t>(mod.element_size())
                                     : nullptr;
        const NormBackward op{shape,
                              x.const_data_ptr(),
                              above.const_data_ptr(),
                              weight.const_data_ptr<float>(),
                              bias.const_data_ptr<float>(),
                              mod.defined() ? mod.const_data_ptr() : nullptr,
                              mod.defined() ? offset(mod, shape.channels) : nullptr,
                              2 * shape.channels,
                              statistics.const_data_ptr<float>(),
                              x_gradient.mutable_data_ptr(),
                              weight_gradient.mutable_data_ptr<float>(),
                              bias_gradient.mutable_data_ptr<float>(),
                              first,
                              second,
                              workspace.mutable_data_ptr<float>()};
        run_either(op, x.device(), twins::norm_backward, &cm4j_cuda_table::norm_backward);
        return {x_gradient, weight_gradient, bias_gradient, mod_gradient, at::Tensor()};
    }
};

at::Tensor dropped(const at::Tensor& x, const at::Tensor& seed, uint32_t stream, double probability) {
    const at::Tensor image = channels_last(x);
    at::Tensor y = at::empty_like(image, at::MemoryFormat::ChannelsLast);
    const Dropout op{shape_of(image), image.const_data_ptr(), y.mutable_data_ptr(), seed.const_data_ptr<int64_t>(),
                     stream,          probability};
    run_either(op, x.device(), twins::dropout, &cm4j_cuda_table::dropout);
    return y;
}

// The mask is drawn anew for the backward pass.
struct Drop : torch::autograd::Function<Drop> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& seed, int64_t stream,
                              double probability) {
        context->save_for_backward({seed});
        context->saved_data["stream"] = stream;
        context->saved_data["probability"] = probability;
        return dropped(x, seed, static_cast<uint32_t>(stream), probability);
    }
    static variable_list backward(AutogradContext* context, const variable_list& upstream) {
        const at::Tensor seed = context->get_saved_variables()[0];
        return {dropped(upstream[0], seed, static_cast<uint32_t>(context->saved_data["stream"].toInt()),
                        context->saved_data["probability"].toDouble()),
                at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

Element element_of(at::ScalarType type) {
    switch (type) {
        case at::kFloat: return Element::f32;
        case at::kHalf: return Element::f16;
        case at::kBFloat16: return Element::bf16;
        default: throw Unsupported(std::string("the fused operations do not take ") + c10::toString(type));
    }
}

at::Tensor channels_last(const at::Tensor& x) {
    const at::Tensor image = x.contiguous(at::MemoryFormat::ChannelsLast);
    // Kernels read 16 bytes at a time.
    return reinterpret_cast<uintptr_t>(image.const_data_ptr()) % 16 == 0 ? image : image.clone();
}

PairShape shape_of(const at::Tensor& x) {
    return {x.size(0), x.size(1), x.size(2) * x.size(3), element_of(x.scalar_type())};
}

at::Tensor norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                const std::optional<at::Tensor>& modulation, bool silu) {
    return Norm::apply(x, weight, bias, modulation, silu);
}

at::Tensor dropout(const at::Tensor& x, const at::Tensor& seed, uint32_t stream, double probability) {
    return Drop::apply(x, seed, static_cast<int64_t>(stream), probability);
}

void run(const PairInput& op, at::Device device) {
    run_either(op, device, twins::pair_input, &cm4j_cuda_table::pair_input);
}
void run(const PairLoss& op, at::Device device) {
    run_either(op, device, twins::pair_loss, &cm4j_cuda_table::pair_loss);
}
void run(const SampleStep& op, at::Device device) {
    run_either(op, device, twins::sample_step, &cm4j_cuda_table::sample_step);
}
void run(const Optimise& op, at::Device device) {
    run_either(op, device, twins::optimise, &cm4j_cuda_table::optimise);
}
void run(const CopyWeights& op, at::Device device) {
    run_either(op, device, twins::copy_weights, &cm4j_cuda_table::copy_weights);
}

}  // namespace cm4j::fused
