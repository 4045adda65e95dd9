// The architecture of a network as plain numbers, and the table of its parameters.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace cm4j {

enum class NetworkKind { adm, seed, ddpmpp, ncsnpp, edm2 };
enum class QkvOrder { three_head, head_three, head_dim_three };

// As in configurations.
const char* name_of(NetworkKind kind);
// The two networks of Song et al. 2021 as in NVlabs/edm.
inline bool is_song(NetworkKind kind) { return kind == NetworkKind::ddpmpp || kind == NetworkKind::ncsnpp; }

// Keys and meaning as in cm_unet_create.
struct UNetConfig {
    NetworkKind kind = NetworkKind::adm;
    int64_t image_size = 0;
    int64_t in_channels = 0;
    int64_t out_channels = 0;
    int64_t model_channels = 0;
    int64_t num_res_blocks = 0;
    std::vector<int64_t> channel_mult;
    std::vector<int64_t> attention_downsample;
    int64_t num_heads = 1;
    int64_t num_heads_upsample = -1;
    int64_t num_head_channels = -1;
    int64_t num_classes = 0;
    int64_t patch = 1;
    double dropout = 0;
    bool use_scale_shift_norm = true;
    bool resblock_updown = true;
    bool conv_resample = true;
    QkvOrder qkv_order = QkvOrder::three_head;

    // Parses the lines of cm_unet_create; throws BadArgument (guard.h) naming the key.
    static UNetConfig parse(const std::string& text);

    bool has_attention(int64_t downsample) const;
    // Heads of an attention block of this many channels in the encoder and middle, or in the decoder.
    int64_t heads(int64_t channels, bool decoder) const;
    int64_t time_channels() const { return 4 * model_channels; }
    int64_t folded_in() const { return in_channels * patch * patch; }
    int64_t folded_out() const { return out_channels * patch * patch; }
};

struct Parameter {
    std::string name;
    std::vector<int64_t> shape;
    int64_t offset = 0;  // in floats, a multiple of 16
    int64_t count = 0;
};

// All parameters in registration order, laid out one after another in one float32 vector.
struct ParameterTable {
    std::vector<Parameter> parameters;
    std::unordered_map<std::string, int32_t> index;
    int64_t total = 0;  // length of the vector, padding included

    explicit ParameterTable(const UNetConfig& config);
    bool contains(const std::string& name) const { return index.count(name) != 0; }
    // Throws std::out_of_range for an unknown name.
    const Parameter& at(const std::string& name) const { return parameters[index.at(name)]; }
};

}  // namespace cm4j
