// Which networks and machines have a fast path.
#include "fast_unet.h"

#include <algorithm>
#include <cstdlib>

#include "network.h"

namespace cm4j {
namespace {

constexpr int64_t most_channels = fast::zero_row_bytes / static_cast<int64_t>(sizeof(fast::bf16));

std::string chosen() {
    const char* name = std::getenv("CM4J_KERNELS");
    return name ? name : "";
}

std::string machine_lacks() {
    const std::string name = chosen();
    if (name == "portable") return "CM4J_KERNELS=portable";
    if (!name.empty() && name != "avx512-bf16") return "CM4J_KERNELS=" + name + " is not portable or avx512-bf16";
    if (!fast::avx512_bf16_kernels()) return "this build has no AVX-512 BF16 kernels";
    if (!fast::cpu_has_avx512_bf16()) return "this processor has no AVX-512 BF16";
    return "";
}

std::string multiple_of(const std::string& what, int64_t value, int64_t divisor) {
    if (value % divisor == 0) return "";
    return what + " is " + std::to_string(value) + ", not a multiple of " + std::to_string(divisor);
}

}  // namespace

std::string FastUNet::unavailable(const UNetConfig& config) {
    if (std::string reason = machine_lacks(); !reason.empty()) return reason;
    if (config.qkv_order != QkvOrder::three_head) return "qkv_order is not three-head";
    if (std::string r = multiple_of("model_channels", config.model_channels, 16); !r.empty()) return r;
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

std::string FastUNet::kernels() { return machine_lacks().empty() ? "avx512-bf16" : "portable"; }

std::unique_ptr<FastUNet> FastUNet::create(const UNetConfig& config, const ParameterTable& table) {
    return std::make_unique<fast::Network>(config, table, *fast::avx512_bf16_kernels());
}

}  // namespace cm4j
