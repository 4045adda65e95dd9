#include "unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/pixel_shuffle.h>
#include <ATen/ops/pixel_unshuffle.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>

#include "../device/device_network.h"
#include "../errors.h"
#include "checkpoint.h"
#include "fast_path.h"
#include "plain_memory.h"

namespace cm4j {

namespace {

std::string sizes_of(const at::Tensor& t) {
    std::string line = "[";
    for (int64_t i = 0; i < t.dim(); ++i) line += (i == 0 ? "" : ", ") + std::to_string(t.size(i));
    return line + "]";
}

void check_kind(const at::Tensor& t, at::ScalarType type, at::Device device, const std::string& name) {
    if (t.scalar_type() != type)
        throw BadArgument(name + " is " + c10::toString(t.scalar_type()) + ", not " + c10::toString(type));
    if (t.device() != device)
        throw BadArgument(name + " is on " + t.device().str() + ", the network on " + device.str());
}

int64_t size_unit(const UNetConfig& config) { return config.patch << (config.channel_mult.size() - 1); }

// What the fast path keeps activations in.
Elements kept(const UNet::Options& options) {
    return options.precision == at::kBFloat16 ? Elements::bf16 : Elements::f32;
}

// Whether memory is asked for that only the plain path can save. In bfloat16 it does not save it.
bool recomputes(const UNet::Options& options) { return options.checkpoint && options.precision == at::kFloat; }

// Whether passes on the processor take the plain path whatever the machine can do.
bool wants_plain(const UNet::Options& options) { return options.plain || options.precision == at::kHalf; }

bool fits(const UNetConfig& config, int64_t height, int64_t width) {
    const int64_t unit = size_unit(config);
    return height > 0 && width > 0 && height % unit == 0 && width % unit == 0;
}

}  // namespace

at::Tensor timestep_angles(const at::Tensor& t, int64_t half) {
    const at::Tensor steps = at::arange(0, half, t.options().requires_grad(false));
    const at::Tensor frequencies = at::exp(steps.mul(-std::log(10000.0)).div(static_cast<double>(half)));
    return t.unsqueeze(1) * frequencies.unsqueeze(0);
}

at::Tensor timestep_embedding(const at::Tensor& t, int64_t width) {
    const at::Tensor angles = timestep_angles(t, width / 2);
    const at::Tensor pairs = at::cat({angles.cos(), angles.sin()}, 1);
    return width % 2 == 0 ? pairs : at::constant_pad_nd(pairs, {0, 1}, 0);
}

PassBytes UNet::plan_bytes(const UNetConfig& config, const Options& options, bool recording, int64_t n, int64_t h,
                           int64_t w) {
    if (n <= 0) throw BadArgument("images is " + std::to_string(n) + ", not positive");
    if (!fits(config, h, w))
        throw BadArgument("height " + std::to_string(h) + " and width " + std::to_string(w) +
                          " must be multiples of " + std::to_string(size_unit(config)));
    const int64_t parameters = ParameterTable(config).total * static_cast<int64_t>(sizeof(float));
    if (!wants_plain(options) && !recomputes(options) && FastPath::unavailable(config, kept(options)).empty()) {
        const FastBytes fast = FastPath::bytes(config, kept(options), n, h, w, recording);
        return {fast.weights, fast.activations, fast.workspace, true, parameters};
    }
    const PlainBytes plain = plain_bytes(config, n, h, w, recording, options.checkpoint);
    return {0, plain.activations, plain.workspace, false, parameters};
}

UNet::UNet(const UNetConfig& config, const std::optional<at::Generator>& generator)
    : config_(config),
      table_(std::make_shared<const ParameterTable>(config)),
      weights_(at::zeros({table_->total}, at::kFloat)) {
    if (generator) {
        const auto draw = is_song(config_.kind)                     ? initialise_song
                          : config_.kind == NetworkKind::edm2 ? initialise_edm2
                                                              : initialise;
        draw(*table_, weights_, *generator);
    }
    build();
}

UNet::UNet(std::shared_ptr<const WeightFiles> files)
    : config_(files->config()), table_(files->table()), files_(std::move(files)) {}

UNet::UNet(const UNet& other)
    : config_(other.config_),
      table_(other.table_),
      files_(other.files_),
      weights_(files_ ? at::Tensor() : other.weights_.clone()),
      options_(other.options_) {
    if (!files_) build();
}

UNet::~UNet() = default;

uint32_t UNet::dropout_count() const {
    if (config_.kind == NetworkKind::seed) return 0;
    if (is_song(config_.kind)) return static_cast<uint32_t>(SongArchitecture(config_).blocks().size());
    if (config_.kind == NetworkKind::edm2) return static_cast<uint32_t>(Edm2Plan(config_).blocks().size());
    const auto layers = Architecture(config_).layers();
    return static_cast<uint32_t>(std::count_if(layers.begin(), layers.end(), [](const LayerPlan& layer) {
        return layer.kind == LayerPlan::Kind::resblock;
    }));
}

void UNet::to(at::Device device) {
    if (device == this->device()) return;
    settle();
    const at::NoGradGuard no_grad;
    weights_ = weights_.to(device);
    if (gradients_.defined()) gradients_ = gradients_.to(device);
    fast_.reset();
    fused_.reset();
    build();
    if (gradients_.defined()) leaves_->accumulate_into(gradients_);
}

void UNet::settle() {
    if (!files_) return;
    weights_ = files_->flat();
    build();
    files_.reset();
}

const at::Tensor& UNet::gradients() {
    settle();
    if (!gradients_.defined()) {
        const at::NoGradGuard no_grad;
        gradients_ = at::zeros_like(weights_);
        leaves_->accumulate_into(gradients_);
    }
    return gradients_;
}

void UNet::build() {
    leaves_ = std::make_unique<Leaves>(*table_, weights_);
    input_.clear();
    middle_.clear();
    output_.clear();
    if (config_.kind == NetworkKind::seed) {
        seed_.emplace(*leaves_, config_.model_channels);
        return;
    }
    if (is_song(config_.kind)) {
        song_.emplace(*leaves_, config_);
        return;
    }
    if (config_.kind == NetworkKind::edm2) {
        edm2_.emplace(*leaves_, config_);
        normalised_version_ = -1;
        return;
    }
    const Architecture architecture(config_);
    uint32_t stream = 0;
    for (const auto& plan : architecture.input) input_.push_back(block(plan, stream));
    middle_ = block(architecture.middle, stream);
    for (const auto& plan : architecture.output) output_.push_back(block(plan, stream));
}

UNet::Block UNet::block(const BlockPlan& plan, uint32_t& stream) const {
    using Kind = LayerPlan::Kind;
    Block layers;
    for (const LayerPlan& layer : plan) {
        switch (layer.kind) {
            case Kind::conv: layers.push_back({layer.name, Convolution(*leaves_, layer)}); break;
            case Kind::resblock:
                layers.push_back({layer.name, ResBlock(*leaves_, layer, config_.use_scale_shift_norm, stream++)});
                break;
            case Kind::attention:
                layers.push_back({layer.name, AttentionBlock(*leaves_, layer, config_.qkv_order)});
                break;
            case Kind::resample: layers.push_back({layer.name, Resample(*leaves_, layer)}); break;
        }
    }
    return layers;
}

void UNet::check(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels) const {
    check_kind(x, at::kFloat, device(), "x");
    check_kind(t, at::kFloat, device(), "t");
    if (x.dim() != 4 || x.size(1) != config_.in_channels || x.size(0) == 0)
        throw BadArgument("x has shape " + sizes_of(x) + ", not [N, " + std::to_string(config_.in_channels) +
                          ", H, W] with N at least 1");
    if (!fits(config_, x.size(2), x.size(3)))
        throw BadArgument("x has shape " + sizes_of(x) + "; height and width must be multiples of " +
                          std::to_string(size_unit(config_)));
    const auto per_image = [&](const at::Tensor& v, const std::string& name) {
        if (v.dim() != 1 || v.size(0) != x.size(0))
            throw BadArgument(name + " has shape " + sizes_of(v) + ", not [" + std::to_string(x.size(0)) + "]");
    };
    per_image(t, "t");
    if (labels.has_value() != (config_.num_classes > 0))
        throw BadArgument(labels ? "labels are given to an unconditional network"
                                 : "labels is NULL for a class-conditional network");
    if (!labels) return;
    check_kind(*labels, at::kLong, device(), "labels");
    per_image(*labels, "labels");
    const at::Tensor list = labels->to(at::kCPU).contiguous();
    for (int64_t i = 0; i < list.numel(); ++i) {
        const int64_t label = list.const_data_ptr<int64_t>()[i];
        if (label < 0 || label >= config_.num_classes)
            throw BadArgument("labels has " + std::to_string(label) + ", outside [0, " +
                              std::to_string(config_.num_classes) + ")");
    }
}

at::Tensor UNet::forward(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                         uint64_t dropout_seed) {
    check(x, t, labels);
    const bool recording = at::GradMode::is_enabled();
    if (recording) gradients();
    const at::ScalarType plain_type = options_.precision == at::kHalf ? at::kHalf : at::kFloat;
    if (options_.watch) {
        last_was_fast_ = false;
        return plain(x, t, labels, dropout(dropout_seed), plain_type);
    }
    if (drawn() && takes_fused()) {
        last_was_fast_ = true;
        return on_device(x, t, labels, dropout_seed);
    }
    // The fast path has no gradient towards the time input.
    const bool fast = takes_fast() && !(recording && t.requires_grad());
    last_was_fast_ = fast;
    if (!fast) return plain(x, t, labels, dropout(dropout_seed), plain_type);
    if (!fast_ || fast_->elements() != kept(options_))
        fast_ = std::make_shared<FastPath>(config_, table_, kept(options_));
    std::optional<at::Tensor> list;
    if (labels) list = labels->contiguous();
    return fast_->forward(weights_, files_.get(), gradients_, x.contiguous(), t.contiguous(), list, options_.training,
                          dropout_seed, options_.first_image);
}

bool UNet::has_fast() const {
    return !wants_plain(options_) && !takes_fused() && device().is_cpu() &&
           FastPath::unavailable(config_, kept(options_)).empty();
}

bool UNet::takes_fast() const { return drawn() && !recomputes(options_) && has_fast(); }

bool UNet::drawn() const { return options_.masks.empty() || !options_.training || config_.dropout <= 0; }

Dropout UNet::dropout(uint64_t seed) const {
    if (!options_.training || config_.dropout <= 0) return {};
    // A seed means the same masks on whichever path a pass takes.
    return {config_.dropout, seed, options_.first_image, drawn() && has_fast(), options_.masks};
}

bool UNet::takes_fused() const {
    return config_.kind == NetworkKind::adm && (options_.fused || (!device().is_cpu() && options_.precision != at::kFloat));
}

const std::shared_ptr<DeviceNetwork>& UNet::fused() {
    if (config_.kind != NetworkKind::adm)
        throw Unsupported(std::string("graphs and fused operations are for ADM U-Nets; this network is of kind ") +
                          name_of(config_.kind));
    settle();
    if (!fused_ || fused_->type() != options_.precision)
        fused_ = std::make_shared<DeviceNetwork>(config_, table_, *leaves_, weights_, options_.precision);
    return fused_;
}

at::Tensor UNet::on_device(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                           uint64_t dropout_seed) {
    const auto& net = fused();
    net->copy().refresh();
    DeviceNetwork::Pass pass{gradients_, options_.checkpoint, options_.training ? config_.dropout : 0, {}};
    if (pass.dropout > 0)
        pass.seed = at::tensor({static_cast<int64_t>(dropout_seed), options_.first_image}, at::kLong).to(device());
    const at::Tensor image = x.to(options_.precision).contiguous(at::MemoryFormat::ChannelsLast);
    return net->forward(image, t, labels, pass).to(at::kFloat).contiguous();
}

at::Tensor UNet::embedding(const at::Tensor& t, const std::optional<at::Tensor>& labels) const {
    const Affine first = leaves_->affine("time_embed.0");
    const Affine second = leaves_->affine("time_embed.2");
    const at::Tensor features = timestep_embedding(t, config_.model_channels);
    const at::Tensor hidden = at::silu(at::linear(features, first.weight, first.bias));
    const at::Tensor time = at::linear(hidden, second.weight, second.bias);  // [N, 4 M]
    return labels ? time + at::embedding(leaves_->at("label_emb.weight"), *labels) : time;
}

void UNet::force_magnitudes() {
    // A second pass over the same weights leaves them alone: the first may still have to be taken backwards.
    if (!options_.training || !at::GradMode::is_enabled() || weights_._version() == normalised_version_) return;
    normalise_stored(*table_, weights_);
    normalised_version_ = weights_._version();
}

void UNet::watch(bool active) {
    options_.watch = active;
    if (active) fault_.clear();
}

void UNet::look(const std::string& module, const at::Tensor& output) {
    if (options_.watch && fault_.empty() && !at::isfinite(output.detach()).all().item<bool>()) fault_ = module;
}

at::Tensor UNet::run(const Block& block, at::Tensor h, const at::Tensor& emb, const Dropout& dropout) {
    const bool recompute = options_.checkpoint && at::GradMode::is_enabled();
    for (const Layer& layer : block) {
        h = std::visit(
            [&](const auto& l) -> at::Tensor {
                using Kind = std::decay_t<decltype(l)>;
                if constexpr (std::is_same_v<Kind, ResBlock>) {
                    // The copy shares the weights and outlives this network, as the graph may.
                    if (recompute)
                        return checkpoint([l, dropout](const auto& x, const auto& e) { return l.forward(x, e, dropout); },
                                          h, emb);
                    return l.forward(h, emb, dropout);
                } else if constexpr (std::is_same_v<Kind, AttentionBlock>) {
                    if (recompute)
                        return checkpoint([l](const auto& x, const auto&) { return l.forward(x); }, h, emb);
                    return l.forward(h);
                } else {
                    return l.forward(h);
                }
            },
            layer.module);
        look(layer.name, h);
    }
    return h;
}

at::Tensor UNet::plain(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                       const Dropout& dropout, at::ScalarType type) {
    settle();
    look("the network's input", x);
    if (seed_) {
        const at::Tensor h = seed_->forward(x, t, options_.checkpoint && at::GradMode::is_enabled());
        look("last", h);
        return h;
    }
    if (song_)
        return song_->forward(x, t, labels, dropout, options_.checkpoint && at::GradMode::is_enabled(),
                              [this](const std::string& module, const at::Tensor& output) { look(module, output); });
    if (edm2_) {
        force_magnitudes();
        return edm2_->forward(x, t, labels, {dropout, options_.checkpoint && at::GradMode::is_enabled(),
                                             [&](const std::string& module, const at::Tensor& h) { look(module, h); }});
    }
    const at::Tensor emb = embedding(t, labels);
    look("time_embed", emb);
    at::Tensor h = (config_.patch > 1 ? at::pixel_unshuffle(x, config_.patch) : x).to(type);
    std::vector<at::Tensor> kept;
    for (const Block& block : input_) kept.push_back(h = run(block, h, emb, dropout));
    h = run(middle_, h, emb, dropout);
    for (const Block& block : output_) {
        h = run(block, at::cat({h, kept.back()}, 1), emb, dropout);
        kept.pop_back();
    }
    h = leaves_->affine("out.2").convolve(at::silu(leaves_->affine("out.0").normalise(h.to(at::kFloat))), 1, 1);
    look("out", h);
    return config_.patch > 1 ? at::pixel_shuffle(h, config_.patch) : h;
}

}  // namespace cm4j
