// The network.
#include <algorithm>
#include <cstring>
#include <functional>

#include "learning_handles.h"

using namespace cm4j;

namespace {

UNet& network(const cm_unet* net) { return *handle(net, "net").value; }

const Parameter& parameter(const UNet& net, int32_t index) {
    const auto& all = net.table().parameters;
    if (index < 0 || static_cast<size_t>(index) >= all.size())
        refuse("index", std::to_string(index) + " is outside [0, " + std::to_string(all.size()) + ")");
    return all[static_cast<size_t>(index)];
}

bool flag(const char* name, int64_t value) {
    if (value != 0 && value != 1) refuse(name, "is " + std::to_string(value) + ", neither 0 nor 1");
    return value == 1;
}

void set_option(UNet& net, int32_t option, int64_t value) {
    switch (option) {
        case CM_UNET_PRECISION:
            if (value != CM_F32 && value != CM_BF16 && value != CM_F16)
                refuse("value", "is " + std::to_string(value) + ", none of CM_F32, CM_BF16 and CM_F16");
            if (value == CM_F16 && net.config().kind != NetworkKind::adm)
                throw Unsupported(std::string("float16 is for ADM U-Nets; this network is of kind ") +
                                  name_of(net.config().kind) + ", which computes in float32");
            net.options().precision = scalar_type(static_cast<int32_t>(value));
            break;
        case CM_UNET_TRAINING: net.options().training = flag("value", value); break;
        case CM_UNET_CHECKPOINT: net.options().checkpoint = flag("value", value); break;
        case CM_UNET_FIRST_IMAGE:
            if (value < 0) refuse("value", "is " + std::to_string(value) + ", a negative place in a batch");
            net.options().first_image = value;
            break;
        case CM_UNET_FUSED:
            if (flag("value", value) && net.config().kind != NetworkKind::adm)
                throw Unsupported(std::string("fused operations are for ADM U-Nets; this network is of kind ") +
                                  name_of(net.config().kind));
            net.options().fused = value == 1;
            break;
        case CM_UNET_WATCH: net.watch(flag("value", value)); break;
        case CM_UNET_PLAIN: net.options().plain = flag("value", value); break;
        case CM_UNET_DEVICE: refuse("option", "CM_UNET_DEVICE is read only; cm_unet_to moves a network");
        case CM_UNET_FAST: refuse("option", "CM_UNET_FAST is read only");
        default: refuse("option", std::to_string(option) + " is no option of a network");
    }
}

int64_t get_option(const UNet& net, int32_t option) {
    switch (option) {
        case CM_UNET_PRECISION: return dtype_code(net.options().precision);
        case CM_UNET_FUSED: return net.options().fused;
        case CM_UNET_WATCH: return net.options().watch;
        case CM_UNET_PLAIN: return net.options().plain;
        case CM_UNET_DEVICE: return net.device().is_cpu() ? int64_t{CM_CPU} : net.device().index();
        case CM_UNET_TRAINING: return net.options().training;
        case CM_UNET_CHECKPOINT: return net.options().checkpoint;
        case CM_UNET_FAST: return net.last_was_fast();
        case CM_UNET_FIRST_IMAGE: return net.options().first_image;
        default: refuse("option", std::to_string(option) + " is no option of a network");
    }
}

WeightPart part(const int64_t* numbers, int32_t files, const cm_tensor* const* tensors, int32_t tensor_count) {
    const int64_t place = numbers[CM_PART_PLACE], count = numbers[CM_PART_COUNT], file = numbers[CM_PART_FILE];
    if (file < -1 || file >= files)
        refuse("parts", "names file " + std::to_string(file) + " of " + std::to_string(files));
    if (place < 0 || count < 0)
        refuse("parts", "has " + std::to_string(count) + " numbers at " + std::to_string(place));
    WeightPart result;
    result.parameter = static_cast<int32_t>(numbers[CM_PART_PARAMETER]);
    result.file = static_cast<int32_t>(file);
    result.count = count;
    if (file >= 0) {
        result.offset = place;
        result.type = scalar_type(static_cast<int32_t>(numbers[CM_PART_DTYPE]));
        return result;
    }
    if (place >= tensor_count)
        refuse("parts", "names tensor " + std::to_string(place) + " of " + std::to_string(tensor_count));
    result.values = tensor(tensors[place], "tensors");
    if (result.values.numel() != count)
        refuse("parts", "takes " + std::to_string(count) + " numbers from a tensor of " +
                            std::to_string(result.values.numel()));
    return result;
}

void hand_over(const std::string& name, char* buffer, int64_t buffer_bytes) {
    require(buffer != nullptr, "buffer is NULL");
    if (buffer_bytes <= static_cast<int64_t>(name.size()))
        refuse("buffer_bytes", "is " + std::to_string(buffer_bytes) + ", the name needs " +
                                   std::to_string(name.size() + 1));
    std::memcpy(buffer, name.c_str(), name.size() + 1);
}

cm_status hand_out(cm_unet** out, const std::function<std::shared_ptr<UNet>()>& make) noexcept {
    if (out != nullptr) *out = nullptr;
    return guard([&] {
        require(out != nullptr, "out is NULL");
        *out = new cm_unet(make());
    });
}

}  // namespace

cm_status cm_unet_create(const char* config, cm_rng* rng, cm_unet** out) {
    return hand_out(out, [&] {
        require(config != nullptr, "config is NULL");
        std::optional<at::Generator> generator;
        if (rng != nullptr) generator = rng->value;
        return std::make_shared<UNet>(UNetConfig::parse(config), generator);
    });
}

cm_status cm_unet_open(const char* config, const char* const* paths, int32_t path_count,
                       const cm_tensor* const* tensors, int32_t tensor_count, const int64_t* parts,
                       int64_t part_count, cm_unet** out) {
    return hand_out(out, [&] {
        require(config != nullptr, "config is NULL");
        require(path_count == 0 || paths != nullptr, "paths is NULL");
        require(tensor_count == 0 || tensors != nullptr, "tensors is NULL");
        require(part_count == 0 || parts != nullptr, "parts is NULL");
        std::vector<std::string> files;
        for (int32_t i = 0; i < path_count; ++i) {
            require(paths[i] != nullptr, "paths has a NULL");
            files.emplace_back(paths[i]);
        }
        std::vector<WeightPart> list;
        for (int64_t i = 0; i < part_count; ++i)
            list.push_back(part(parts + i * CM_PART_LENGTH, path_count, tensors, tensor_count));
        return std::make_shared<UNet>(
            std::make_shared<const WeightFiles>(UNetConfig::parse(config), files, std::move(list)));
    });
}

cm_status cm_unet_clone(const cm_unet* net, cm_unet** out) {
    return hand_out(out, [&] { return std::make_shared<UNet>(network(net)); });
}

void cm_unet_free(cm_unet* net) { delete net; }

cm_status cm_unet_to(cm_unet* net, int32_t device) {
    return guard([&] {
        network(net).to(cm4j::device(device));
    });
}

cm_status cm_unet_option_set(cm_unet* net, int32_t option, int64_t value) {
    return guard([&] { set_option(network(net), option, value); });
}

cm_status cm_unet_masks_set(cm_unet* net, const cm_tensor* const* masks, int32_t mask_count) {
    return guard([&] {
        UNet& n = network(net);
        if (mask_count != 0 && mask_count != static_cast<int32_t>(n.dropout_count()))
            refuse("mask_count", "is " + std::to_string(mask_count) + ", neither 0 nor the " +
                                     std::to_string(n.dropout_count()) + " of this network");
        if (mask_count > 0 && masks == nullptr) refuse("masks", "is NULL");
        std::vector<at::Tensor> list;
        for (int32_t i = 0; i < mask_count; ++i) {
            const at::Tensor& mask = tensor(masks[i], "masks");
            require_type(mask, at::kByte, "masks");
            list.push_back(mask);
        }
        n.options().masks = std::move(list);
    });
}

cm_status cm_unet_option_get(const cm_unet* net, int32_t option, int64_t* value) {
    if (value != nullptr) *value = 0;
    return guard([&] {
        require(value != nullptr, "value is NULL");
        *value = get_option(network(net), option);
    });
}

int32_t cm_unet_parameter_count(const cm_unet* net) {
    return net == nullptr ? 0 : static_cast<int32_t>(net->value->table().parameters.size());
}

cm_status cm_unet_parameter_name(const cm_unet* net, int32_t index, char* buffer, int64_t buffer_bytes) {
    return guard([&] {
        hand_over(parameter(network(net), index).name, buffer, buffer_bytes);
    });
}

cm_status cm_unet_fault(const cm_unet* net, char* buffer, int64_t buffer_bytes) {
    return guard([&] { hand_over(network(net).fault(), buffer, buffer_bytes); });
}

cm_status cm_unet_parameter(const cm_unet* net, int32_t index, cm_tensor** out) {
    return give(out, [&] { return view_of(network(net).weights(), parameter(network(net), index)); });
}

cm_status cm_unet_gradient(const cm_unet* net, int32_t index, cm_tensor** out) {
    return give(out, [&] { return view_of(network(net).gradients(), parameter(network(net), index)); });
}

cm_status cm_unet_weights(const cm_unet* net, cm_tensor** out) {
    return give(out, [&] { return network(net).weights(); });
}

cm_status cm_unet_gradients(const cm_unet* net, cm_tensor** out) {
    return give(out, [&] { return network(net).gradients(); });
}

cm_status cm_unet_plan_bytes(const char* config, int32_t precision, int32_t plain, int32_t checkpoint,
                             int32_t recording, int64_t images, int64_t height, int64_t width, int64_t* plan) {
    return guard([&] {
        require(config != nullptr, "config is NULL");
        require(plan != nullptr, "plan is NULL");
        if (precision != CM_F32 && precision != CM_BF16 && precision != CM_F16)
            refuse("precision", "is " + std::to_string(precision) + ", none of CM_F32, CM_BF16 and CM_F16");
        UNet::Options options;
        options.precision = scalar_type(precision);
        options.plain = flag("plain", plain);
        options.checkpoint = flag("checkpoint", checkpoint);
        const PassBytes bytes = UNet::plan_bytes(UNetConfig::parse(config), options, flag("recording", recording),
                                                 images, height, width);
        plan[CM_PLAN_WEIGHTS] = bytes.weights;
        plan[CM_PLAN_ACTIVATIONS] = bytes.activations;
        plan[CM_PLAN_WORKSPACE] = bytes.workspace;
        plan[CM_PLAN_FAST] = bytes.fast;
        plan[CM_PLAN_PARAMETERS] = bytes.parameters;
    });
}

cm_status cm_unet_forward(cm_unet* net, const cm_tensor* x, const cm_tensor* t, const cm_tensor* labels,
                          uint64_t dropout_seed, cm_tensor** out) {
    return give(out, [&] {
        return network(net).forward(tensor(x, "x"), tensor(t, "t"), optional_tensor(labels, "labels"), dropout_seed);
    });
}

cm_status cm_unet_jvp(cm_unet* net, const cm_tensor* x, const cm_tensor* t, const cm_tensor* labels,
                      uint64_t dropout_seed, const cm_tensor* x_tangent, const cm_tensor* t_tangent,
                      cm_tensor** out_tangent, cm_tensor** out) {
    if (out_tangent != nullptr) *out_tangent = nullptr;
    return give(out, [&] {
        require(out_tangent != nullptr, "out_tangent is NULL");
        Dual dual = network(net).jvp(tensor(x, "x"), tensor(t, "t"), optional_tensor(labels, "labels"), dropout_seed,
                                     tensor(x_tangent, "x_tangent"), tensor(t_tangent, "t_tangent"));
        *out_tangent = new cm_tensor(std::move(dual.tangent));
        return std::move(dual.value);
    });
}
