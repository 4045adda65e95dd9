#include "fast_path.h"

#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

#include "../errors.h"

namespace cm4j {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

const int64_t* pointer(const std::optional<at::Tensor>& labels) {
    return labels ? labels->const_data_ptr<int64_t>() : nullptr;
}

// What lies in files is the vector that will be filled from them.
int64_t version(const at::Tensor& weights) { return weights.defined() ? weights._version() : 0; }

}  // namespace

// What one recorded forward pass leaves behind. Keeps the fast path alive, to whose pool the activations return.
struct FastPath::Pass : torch::CustomClassHolder {
    std::shared_ptr<FastPath> path;
    at::Tensor weights, gradients;
    int64_t weights_version = 0;
    std::unique_ptr<FastActivations> activations;
};

struct FastPath::Node : torch::autograd::Function<Node> {
    // anchor: asks for a gradient, so that the pass is recorded whether or not x does; it never receives one.
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& anchor,
                              const at::Tensor& out, const c10::intrusive_ptr<Pass>& pass) {
        static_cast<void>(anchor);
        context->saved_data["pass"] = c10::IValue::make_capsule(pass);
        context->saved_data["x_sizes"] = x.sizes().vec();
        context->saved_data["x_wanted"] = x.requires_grad();
        // A fresh tensor object, as the graph wants for outputs that are no inputs.
        return out.detach();
    }

    static variable_list backward(AutogradContext* context, const variable_list& upstream) {
        const auto capsule = context->saved_data["pass"].toCapsule();
        auto& pass = static_cast<Pass&>(*capsule);
        if (!pass.activations) throw BadArgument("loss was taken backwards through the same forward pass before");
        if (version(pass.weights) != pass.weights_version)
            throw BadArgument("loss comes from a forward pass whose weights have changed since");
        at::Tensor grad_x;
        if (context->saved_data["x_wanted"].toBool())
            grad_x = at::empty(context->saved_data["x_sizes"].toIntVector(), pass.weights.options());
        const at::Tensor grad_out = upstream[0].to(at::kFloat).contiguous();
        pass.path->load(pass.weights, nullptr, true);
        pass.path->net_->backward(*pass.activations, grad_out.const_data_ptr<float>(),
                                  pass.gradients.mutable_data_ptr<float>(),
                                  grad_x.defined() ? grad_x.mutable_data_ptr<float>() : nullptr);
        pass.gradients.unsafeGetTensorImpl()->bump_version();
        pass.activations.reset();
        pass.path->charge_.update(pass.path->net_->held().total());
        return {grad_x, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

std::string FastPath::unavailable(const UNetConfig& config, Elements elements) {
    if (config.kind != NetworkKind::adm)
        return std::string("the network is of kind ") + name_of(config.kind) + ", which has the plain path alone";
    return FastUNet::unavailable(config, elements);
}
std::string FastPath::kernels() { return FastUNet::kernels(); }
FastPath::FastPath(const UNetConfig& config, std::shared_ptr<const ParameterTable> table, Elements elements)
    : table_(std::move(table)),
      elements_(elements),
      net_(FastUNet::create(config, *table_, elements)),
      out_channels_(config.out_channels) {}

FastPath::~FastPath() = default;

void FastPath::load(const at::Tensor& weights, const WeightReader* files, bool recording) {
    if (version(weights) == loaded_version_ && (loaded_recording_ || !recording)) return;
    loaded_version_ = -1;  // of no use if the next line throws
    if (weights.defined()) {
        net_->load_weights(FlatWeights(weights.const_data_ptr<float>()), recording);
    } else {
        net_->load_weights(*files, recording);
    }
    loaded_version_ = version(weights);
    loaded_recording_ = recording;
}

void FastPath::reserve(const at::Tensor& x, bool recording) {
    const auto bytes = [&] { return net_->held_after(x.size(0), x.size(2), x.size(3), recording).total(); };
    if (!charge_.fits(bytes())) {
        net_->trim();
        charge_.update(net_->held().total());
    }
    charge_.hold(bytes());
}

FastBytes FastPath::bytes(const UNetConfig& config, Elements elements, int64_t n, int64_t h, int64_t w,
                          bool recording) {
    const ParameterTable table(config);
    return FastUNet::create(config, table, elements)->held_after(n, h, w, recording);
}

at::Tensor FastPath::forward(const at::Tensor& weights, const WeightReader* files, const at::Tensor& gradients,
                             const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels, bool dropout,
                             uint64_t dropout_seed, int64_t first_image) {
    const bool recording = at::GradMode::is_enabled();
    reserve(x, recording);
    load(weights, files, recording);
    auto sizes = x.sizes().vec();
    std::unique_ptr<FastActivations> activations;
    at::Tensor out;
    {
        const at::NoGradGuard no_grad;
        sizes[1] = out_channels_;
        out = at::empty(sizes, x.options().requires_grad(false));
        net_->forward(x.const_data_ptr<float>(), t.const_data_ptr<float>(), pointer(labels), x.size(0), x.size(2),
                      x.size(3), dropout, dropout_seed, out.mutable_data_ptr<float>(),
                      recording ? &activations : nullptr, first_image);
        charge_.update(net_->held().total());
    }
    if (!recording) return out;
    auto pass = c10::make_intrusive<Pass>();
    pass->path = shared_from_this();
    pass->weights = weights;
    pass->gradients = gradients;
    pass->weights_version = version(weights);
    pass->activations = std::move(activations);
    const at::Tensor anchor = weights.detach().requires_grad_(true);
    return Node::apply(x, anchor, out, pass);
}

}  // namespace cm4j
