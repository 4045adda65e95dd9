#include "graphs.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "device_network.h"
#include "fused.h"

namespace cm4j {

namespace {

int64_t address(const at::Tensor& t) { return t.defined() ? reinterpret_cast<int64_t>(t.const_data_ptr()) : 0; }

// Where the copy of weights and its list of segments lie. The same places mean the same memory, even after the copy was made
// anew.
void push_copy(std::vector<int64_t>& signature, const WeightCopy* copy) {
    signature.push_back(copy ? reinterpret_cast<int64_t>(copy->target().half) : 0);
    signature.push_back(copy ? reinterpret_cast<int64_t>(copy->segments()) : 0);
}

// Numbers of the host into a tensor of the same length.
void fill(const at::Tensor& target, std::vector<float> numbers) {
    target.view({-1}).copy_(at::from_blob(numbers.data(), {static_cast<int64_t>(numbers.size())}, at::kFloat));
}

void take(const at::Tensor& target, const at::Tensor& given, const char* name) {
    if (!given.sizes().equals(target.sizes()))
        refuse(name, "has shape " + text(given.sizes()) + ", the graph was made for " + text(target.sizes()));
    require_type(given, at::kFloat, name);
    target.copy_(given);
}

std::vector<float> narrow(const double* values, int64_t count) {
    std::vector<float> list;
    for (int64_t i = 0; i < count; ++i) list.push_back(static_cast<float>(values[i]));
    return list;
}

void require_network(const UNet& net, const std::vector<int64_t>& shape, const char* name) {
    const UNetConfig& c = net.config();
    const int64_t multiple = c.patch << (c.channel_mult.size() - 1);
    if (shape.size() != 4 || shape[0] < 1 || shape[1] != c.in_channels || c.out_channels != c.in_channels ||
        shape[2] < 1 || shape[3] < 1 || shape[2] % multiple != 0 || shape[3] % multiple != 0)
        refuse("shape", text(shape) + " does not fit " + name);
}

at::Tensor image_of(const std::vector<int64_t>& shape, at::ScalarType type, at::Device device) {
    return at::empty(shape, at::TensorOptions(type).device(device), at::MemoryFormat::ChannelsLast);
}

}  // namespace

operations::PairShape Graph::pair_shape(const UNet& net) const {
    return {shape_[0], shape_[1], shape_[2] * shape_[3], fused::element_of(net.options().precision)};
}

void Graph::take_labels(const UNet& net, const std::optional<at::Tensor>& labels) {
    const int64_t classes = net.config().num_classes;
    if (labels.has_value() != (classes > 0))
        refuse("labels", classes > 0 ? "is NULL for a class-conditional network" : "are given to an unconditional network");
    if (!labels) return;
    require_type(*labels, at::kLong, "labels");
    if (labels->dim() != 1 || labels->size(0) != shape_[0])
        refuse("labels", "has shape " + text(labels->sizes()) + ", not [" + std::to_string(shape_[0]) + "]");
    const at::Tensor list = labels->to(at::kCPU).contiguous();
    for (int64_t i = 0; i < list.numel(); ++i) {
        const int64_t label = list.const_data_ptr<int64_t>()[i];
        if (label < 0 || label >= classes)
            refuse("labels", "has " + std::to_string(label) + ", outside [0, " + std::to_string(classes) + ")");
    }
    if (!labels_) labels_ = at::empty({shape_[0]}, at::TensorOptions(at::kLong).device(device_));
    labels_->copy_(list);
}

TrainingGraph::TrainingGraph(std::shared_ptr<UNet> online, std::shared_ptr<UNet> target,
                             std::shared_ptr<OptimState> optim, std::vector<at::Tensor> averages,
                             const std::vector<int64_t>& shape, const Loss& loss)
    : Graph(online->device(), shape),
      online_(std::move(online)),
      target_(target ? std::move(target) : online_),
      optim_(std::move(optim)),
      loss_(loss) {
    require_network(*online_, shape_, "the online network");
    require_network(*target_, shape_, "the target network");
    if (target_->device() != device_) refuse("target", "is on another device than the online network");
    if (averages.size() > elements::kMaxAverages) refuse("averages", "are more than 8");
    for (const at::Tensor& a : averages) {
        require_plain_f32(a, "averages");
        if (a.device() != device_ || a.numel() != online_->weights().numel())
            refuse("averages", "are not laid out as the weights, on their device");
        if (a.const_data_ptr() == online_->weights().const_data_ptr()) refuse("averages", "are the weight vector itself");
    }
    if (optim_->exp_avg.numel() != online_->weights().numel())
        refuse("optim", "is for " + std::to_string(optim_->exp_avg.numel()) + " elements, the network has " +
                            std::to_string(online_->weights().numel()));
    step_.averages = std::move(averages);
    x0_ = at::empty(shape_, floats());
    z_ = at::empty(shape_, floats());
    coefficients_ = at::empty({operations::kCoefficients, shape_[0]}, floats());
    scalars_ = at::empty({elements::kStepScalars + 2 * elements::kMaxAverages}, floats());
    seed_ = at::zeros({2}, at::TensorOptions(at::kLong).device(device_));
    losses_ = at::empty({shape_[0]}, floats());
    norm_ = at::empty({1}, floats());
    mean_ = at::empty({1}, floats());
}

// All that a capture has baked in.
std::vector<int64_t> TrainingGraph::signature() const {
    std::vector<int64_t> s{static_cast<int64_t>(labels_.has_value())};
    for (const at::Tensor& t : {step_.weights, step_.gradients, step_.exp_avg, step_.exp_avg_sq, target_->weights()})
        s.push_back(address(t));
    for (const at::Tensor& t : step_.averages) {
        s.push_back(address(t));
        push_copy(s, WeightCopy::of(t).get());
    }
    for (UNet* net : {online_.get(), target_.get()}) {
        s.push_back(static_cast<int64_t>(net->options().precision));
        s.push_back(net->options().training);
        s.push_back(net->options().checkpoint);
        push_copy(s, &net->fused()->copy());
    }
    return s;
}

void TrainingGraph::run(const at::Tensor& x0, const at::Tensor& z, const std::optional<at::Tensor>& labels,
                        const double* coefficients, double lr, double clip_norm, uint64_t dropout_seed,
                        const std::vector<double>& rates, double* losses) {
    const at::NoGradGuard no_grad;
    if (online_->device() != device_ || target_->device() != device_)
        throw BadArgument("graph was made for networks on " + device_.str() + ", which have moved since");
    for (UNet* net : {online_.get(), target_.get()}) {
        if (net->options().precision == at::kHalf)
            throw Unsupported("training in float16 would need loss scaling; use bfloat16");
        if (net->options().precision != online_->options().precision)
            throw BadArgument("target has another precision than the online network");
    }
    take(x0_, x0, "x0");
    take(z_, z, "z");
    take_labels(*online_, labels);
    fill(coefficients_, narrow(coefficients, coefficients_.numel()));
    fill(scalars_, FlatStep::scalars(optim_->scalars(optim_->steps + 1, lr, 1), clip_norm, rates));
    seed_.select(0, 0).fill_(static_cast<int64_t>(dropout_seed));  // graphs take whole batches
    optim_->move(device_);
    step_.weights = online_->weights();
    step_.gradients = online_->gradients();
    step_.exp_avg = optim_->exp_avg;
    step_.exp_avg_sq = optim_->exp_avg_sq;
    online_->fused()->copy().refresh();
    target_->fused()->copy().refresh();
    replay_.run(signature(), [this] { body(); });
    const at::Tensor found = losses_.to(at::kCPU);
    bool finite = true;
    for (int64_t i = 0; i < shape_[0]; ++i) {
        losses[i] = found.const_data_ptr<float>()[i];
        finite = finite && std::isfinite(losses[i]);
    }
    losses[shape_[0]] = norm_.to(at::kCPU).const_data_ptr<float>()[0];
    if (!finite || !std::isfinite(losses[shape_[0]])) return;
    ++optim_->steps;
    step_.written();
}

void TrainingGraph::body() {
    const at::NoGradGuard no_grad;
    const operations::PairShape shape = pair_shape(*online_);
    const at::ScalarType type = online_->options().precision;
    const auto pass = [&](UNet& net) {
        const double dropout = net.options().training ? net.config().dropout : 0;
        return DeviceNetwork::Pass{net.gradients(), net.options().checkpoint, dropout, seed_};
    };
    const at::Tensor input_t = image_of(shape_, type, device_), input_r = image_of(shape_, type, device_);
    fused::run(operations::PairInput{shape, x0_.const_data_ptr<float>(), z_.const_data_ptr<float>(),
                                     coefficients_.const_data_ptr<float>(), input_t.mutable_data_ptr(),
                                     input_r.mutable_data_ptr()},
               device_);
    const at::Tensor raw_r =
        target_->fused()->forward(input_r, coefficients_.select(0, operations::kTimeR), labels_, pass(*target_));
    at::Tensor raw_t;
    {
        const at::AutoGradMode recording(true);
        raw_t = online_->fused()->forward(input_t, coefficients_.select(0, operations::kTimeT), labels_, pass(*online_));
    }
    const at::Tensor raw_gradient = at::empty_like(raw_t, at::MemoryFormat::ChannelsLast);
    fused::run(operations::PairLoss{shape, x0_.const_data_ptr<float>(), z_.const_data_ptr<float>(),
                                    raw_t.const_data_ptr(), raw_r.const_data_ptr(),
                                    coefficients_.const_data_ptr<float>(), loss_.distance,
                                    static_cast<float>(loss_.constant), loss_.nan_is_zero,
                                    losses_.mutable_data_ptr<float>(), raw_gradient.mutable_data_ptr()},
               device_);
    step_.gradients.zero_();
    torch::autograd::backward({raw_t}, {raw_gradient});
    norm_.copy_(at::norm(step_.gradients).view({1}));
    mean_.copy_(losses_.mean().view({1}));
    fused::run(step_.operation(scalars_, norm_, mean_), device_);
}

SamplingGraph::SamplingGraph(std::shared_ptr<UNet> net, int64_t steps, const std::vector<int64_t>& shape, bool clip)
    : Graph(net->device(), shape), net_(std::move(net)), steps_(steps), clip_(clip) {
    require_network(*net_, shape_, "the network");
    if (steps < 1) refuse("steps", "is " + std::to_string(steps) + ", below 1");
    std::vector<int64_t> all = shape_;
    all.insert(all.begin(), steps);
    noise_ = at::empty(all, floats());
    coefficients_ = at::empty({steps + 1, operations::kSampleCoefficients}, floats());
    times_ = at::empty({steps, shape_[0]}, floats());
    x_ = at::empty(shape_, floats());
}

at::Tensor SamplingGraph::run(const at::Tensor& noise, const std::optional<at::Tensor>& labels, double start,
                              const double* k) {
    const at::NoGradGuard no_grad;
    if (net_->device() != device_)
        throw BadArgument("graph was made for a network on " + device_.str() + ", which has moved since");
    take(noise_, noise, "noise");
    take_labels(*net_, labels);
    // Each row ends with c_in of the evaluation that follows it; the first row makes the start.
    std::vector<float> rows{0, 0, static_cast<float>(start), static_cast<float>(k[3 * steps_])};
    std::vector<float> times;
    for (int64_t i = 0; i < steps_; ++i) {
        const double next = i + 1 < steps_ ? k[3 * steps_ + i + 1] : 0;
        for (double v : {k[i], k[steps_ + i], k[2 * steps_ + i], next}) rows.push_back(static_cast<float>(v));
        times.insert(times.end(), static_cast<size_t>(shape_[0]), static_cast<float>(k[4 * steps_ + i]));
    }
    fill(coefficients_, rows);
    fill(times_, times);
    net_->fused()->copy().refresh();
    std::vector<int64_t> signature{address(net_->weights()), static_cast<int64_t>(net_->options().precision),
                                   net_->options().training};
    push_copy(signature, &net_->fused()->copy());
    replay_.run(signature, [this] { body(); });
    return x_.clone();
}

void SamplingGraph::body() {
    const at::NoGradGuard no_grad;
    const at::Tensor input = image_of(shape_, net_->options().precision, device_);
    const auto row = [&](int64_t i) { return coefficients_.select(0, i).const_data_ptr<float>(); };
    const auto noise = [&](int64_t i) { return noise_.select(0, i).const_data_ptr<float>(); };
    x_.zero_();
    fused::run(operations::SampleStep{pair_shape(*net_), x_.mutable_data_ptr<float>(), nullptr, noise(0), row(0), clip_,
                                      input.mutable_data_ptr()},
               device_);
    for (int64_t i = 0; i < steps_; ++i) {
        const bool last = i + 1 == steps_;
        const at::Tensor raw = net_->fused()->forward(input, times_.select(0, i), labels_, {});
        fused::run(operations::SampleStep{pair_shape(*net_), x_.mutable_data_ptr<float>(), raw.const_data_ptr(),
                                          last ? nullptr : noise(i + 1), row(i + 1), clip_,
                                          last ? nullptr : input.mutable_data_ptr()},
                   device_);
    }
    x_.clamp_(-1, 1);
}

}  // namespace cm4j
