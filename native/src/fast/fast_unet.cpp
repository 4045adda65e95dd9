// Which networks and machines have a fast path.
#include "fast_unet.h"

#include <algorithm>
#include <cstdlib>

#include "../errors.h"
#include "../kernels/dispatch.h"
#include "network.h"

namespace cm4j {
namespace {

// The best vector kernels of this machine; none where it has none.
fast::KernelPair best() {
    for (const fast::KernelSet& set : fast::kernel_sets()) {
        if (set.kernels && set.runs && !set.portable()) return set.kernels;
    }
    return {};
}

std::string asked() {
    const char* value = std::getenv("CM4J_KERNELS");
    return value ? value : "";
}

// What CM4J_KERNELS asks for; none where it asks for none, or leaves the choice to us and there are no vector kernels.
fast::KernelPair chosen() {
    const std::string name = asked();
    if (name.empty() || name == "auto") return best();
    if (name == "plain") return {};
    std::string known = "auto, plain";
    for (const fast::KernelSet& set : fast::kernel_sets()) {
        if (name != set.name) {
            known += std::string(", ") + set.name;
            continue;
        }
        if (!set.kernels) throw Unsupported("CM4J_KERNELS=" + name + ": this build has no such kernels");
        if (!set.runs) throw Unsupported("CM4J_KERNELS=" + name + ": this processor has no " + set.needs);
        return set.kernels;
    }
    throw BadArgument("CM4J_KERNELS is " + name + ", not one of " + known);
}

std::string multiple_of(const std::string& what, int64_t value, int64_t divisor) {
    if (value % divisor == 0) return "";
    return what + " is " + std::to_string(value) + ", not a multiple of " + std::to_string(divisor);
}

}  // namespace

std::string FastUNet::unavailable(const UNetConfig& config, Elements elements) {
    if (!chosen()) {
        return asked() == "plain" ? "CM4J_KERNELS is plain" : "this processor has neither AVX2 nor AVX-512";
    }
    if (config.qkv_order != QkvOrder::three_head) return "qkv_order is not three-head";
    if (std::string r = multiple_of("model_channels", config.model_channels, 16); !r.empty()) return r;
    const int64_t element_bytes = elements == Elements::bf16 ? sizeof(fast::bf16) : sizeof(float);
    const int64_t most_channels = fast::zero_row_bytes / element_bytes;
    for (const LayerPlan& layer : Architecture(config).layers()) {
        if (std::max(layer.in, layer.out) > most_channels) {
            return layer.name + " has more than " + std::to_string(most_channels) + " channels";
        }
        if (layer.kind != LayerPlan::Kind::attention) continue;
        const std::string width = "the width of the attention heads of " + layer.name;
        if (std::string r = multiple_of(width, layer.in / layer.heads, 16); !r.empty()) return r;
    }
    return "";
}

std::string FastUNet::kernels() {
    const fast::KernelPair kernels = chosen();
    return kernels ? kernels.half->name : "plain";
}

std::unique_ptr<FastUNet> FastUNet::create(const UNetConfig& config, const ParameterTable& table, Elements elements) {
    const fast::KernelPair kernels = chosen();
    if (elements == Elements::f32) return std::make_unique<fast::Network<float>>(config, table, *kernels.full);
    return std::make_unique<fast::Network<fast::bf16>>(config, table, *kernels.half);
}

}  // namespace cm4j
