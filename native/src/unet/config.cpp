#include "config.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <sstream>
#include <string_view>

#include "../errors.h"
#include "architecture.h"
#include "edm2_plan.h"
#include "song_architecture.h"

namespace cm4j {

namespace {

constexpr int64_t kGroups = 32;    // every group norm of the network
constexpr int64_t kMost = 1 << 20;  // of any size in a configuration; keeps products within int64
constexpr int64_t kAlignment = 16;  // floats between the starts of two parameters: one cache line

[[noreturn]] void refuse_key(std::string_view key, const std::string& complaint) {
    throw BadArgument("config: " + std::string(key) + " " + complaint);
}

int64_t integer(std::string_view key, std::string_view value, int64_t least, int64_t most = kMost) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size())
        refuse_key(key, "is '" + std::string(value) + "', not an integer");
    if (number < least || number > most)
        refuse_key(key, "is " + std::to_string(number) + ", outside [" + std::to_string(least) + ", " +
                            std::to_string(most) + "]");
    return number;
}

bool flag(std::string_view key, std::string_view value) { return integer(key, value, 0, 1) == 1; }

double probability(std::string_view key, std::string_view value) {
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || !(number >= 0 && number < 1))
        refuse_key(key, "is '" + std::string(value) + "', not a real number in [0, 1)");
    return number;
}

std::vector<int64_t> integers(std::string_view key, std::string_view value) {
    std::vector<int64_t> list;
    while (!value.empty()) {
        const size_t comma = value.find(',');
        list.push_back(integer(key, value.substr(0, comma), 1));
        if (comma == std::string_view::npos) break;
        value.remove_prefix(comma + 1);
        if (value.empty()) refuse_key(key, "ends in a comma");
    }
    if (list.size() > 32) refuse_key(key, "has more than 32 entries");
    return list;
}

NetworkKind network_kind(std::string_view key, std::string_view value) {
    for (const NetworkKind kind :
         {NetworkKind::adm, NetworkKind::seed, NetworkKind::ddpmpp, NetworkKind::ncsnpp, NetworkKind::edm2})
        if (value == name_of(kind)) return kind;
    refuse_key(key, "is '" + std::string(value) + "', not adm, seed, ddpmpp, ncsnpp or edm2");
}

QkvOrder qkv_order(std::string_view key, std::string_view value) {
    if (value == "three-head") return QkvOrder::three_head;
    if (value == "head-three") return QkvOrder::head_three;
    if (value == "head-dim-three") return QkvOrder::head_dim_three;
    refuse_key(key, "is '" + std::string(value) + "', not three-head, head-three or head-dim-three");
}

using Assign = std::function<void(UNetConfig&, std::string_view key, std::string_view value)>;

Assign to_integer(int64_t UNetConfig::*field, int64_t least) {
    return [=](UNetConfig& c, auto key, auto value) { c.*field = integer(key, value, least); };
}
Assign to_integers(std::vector<int64_t> UNetConfig::*field) {
    return [=](UNetConfig& c, auto key, auto value) { c.*field = integers(key, value); };
}
Assign to_flag(bool UNetConfig::*field) {
    return [=](UNetConfig& c, auto key, auto value) { c.*field = flag(key, value); };
}

// May be left out: a network that does not say what it is, is an ADM U-Net.
constexpr std::string_view kKind = "kind";

// Every key and how it is read.
const std::vector<std::pair<std::string_view, Assign>>& keys() {
    using C = UNetConfig;
    static const std::vector<std::pair<std::string_view, Assign>> table = {
        {kKind, [](C& c, auto key, auto value) { c.kind = network_kind(key, value); }},
        {"image_size", to_integer(&C::image_size, 1)},
        {"in_channels", to_integer(&C::in_channels, 1)},
        {"out_channels", to_integer(&C::out_channels, 1)},
        {"model_channels", to_integer(&C::model_channels, 1)},
        {"num_res_blocks", to_integer(&C::num_res_blocks, 1)},
        {"channel_mult", to_integers(&C::channel_mult)},
        {"attention_downsample", to_integers(&C::attention_downsample)},
        {"num_heads", to_integer(&C::num_heads, -1)},
        {"num_heads_upsample", to_integer(&C::num_heads_upsample, -1)},
        {"num_head_channels", to_integer(&C::num_head_channels, -1)},
        {"num_classes", to_integer(&C::num_classes, 0)},
        {"patch", to_integer(&C::patch, 1)},
        {"dropout", [](C& c, auto key, auto value) { c.dropout = probability(key, value); }},
        {"use_scale_shift_norm", to_flag(&C::use_scale_shift_norm)},
        {"resblock_updown", to_flag(&C::resblock_updown)},
        {"conv_resample", to_flag(&C::conv_resample)},
        {"qkv_order", [](C& c, auto key, auto value) { c.qkv_order = qkv_order(key, value); }},
    };
    return table;
}

// The seed network has a width and a number of channels; all else about it is fixed.
void check_seed(const UNetConfig& c) {
    const auto fixed = [](std::string_view key, bool fits, const char* only) {
        if (!fits) refuse_key(key, std::string("can only be ") + only + " in a network of kind seed");
    };
    fixed("out_channels", c.out_channels == c.in_channels, "in_channels");
    fixed("num_res_blocks", c.num_res_blocks == 1, "1");
    fixed("channel_mult", c.channel_mult == std::vector<int64_t>{1, 1, 2}, "1,1,2");
    fixed("attention_downsample", c.attention_downsample.empty(), "empty");
    fixed("num_heads", c.num_heads == 1, "1");
    fixed("num_heads_upsample", c.num_heads_upsample == -1, "-1");
    fixed("num_head_channels", c.num_head_channels == -1, "-1");
    fixed("num_classes", c.num_classes == 0, "0");
    fixed("patch", c.patch == 1, "1");
    fixed("dropout", c.dropout == 0, "0");
    fixed("use_scale_shift_norm", !c.use_scale_shift_norm, "0");
    fixed("resblock_updown", !c.resblock_updown, "0");
    fixed("conv_resample", !c.conv_resample, "0");
    fixed("qkv_order", c.qkv_order == QkvOrder::three_head, "three-head");
}

// DDPM++ and NCSN++: time is added, attention has one head, and the number of groups of a norm follows from its width.
void check_song(const UNetConfig& c) {
    const auto fixed = [&](std::string_view key, bool fits, const char* only) {
        if (!fits)
            refuse_key(key, std::string("can only be ") + only + " in a network of kind " + name_of(c.kind));
    };
    fixed("num_heads", c.num_heads == 1, "1");
    fixed("num_heads_upsample", c.num_heads_upsample == -1, "-1");
    fixed("num_head_channels", c.num_head_channels == -1, "-1");
    fixed("patch", c.patch == 1, "1");
    fixed("use_scale_shift_norm", !c.use_scale_shift_norm, "0");
    fixed("resblock_updown", c.resblock_updown, "1");
    fixed("conv_resample", !c.conv_resample, "0");
    fixed("qkv_order", c.qkv_order == QkvOrder::head_dim_three, "head-dim-three");
    if (c.model_channels % 2 != 0) refuse_key("model_channels", "is odd; sines and cosines are half of them each");
    for (const SongBlock& block : SongArchitecture(c).blocks())
        for (const int64_t channels : {block.in, block.out})
            if (song_groups(channels) == 0 || channels % song_groups(channels) != 0)
                refuse_key("model_channels", "makes " + std::to_string(channels) + " channels in " + block.name +
                                                 ", not a multiple of the " + std::to_string(song_groups(channels)) +
                                                 " groups of its norm");
}

// The magnitude-preserving network has the ladder of an ADM U-Net; how its blocks are made is fixed.
void check_edm2(const UNetConfig& c) {
    const auto fixed = [](std::string_view key, bool fits, const char* only) {
        if (!fits) refuse_key(key, std::string("can only be ") + only + " in a network of kind edm2");
    };
    fixed("out_channels", c.out_channels == c.in_channels, "in_channels");
    fixed("num_heads", c.num_heads == 1, "1");
    fixed("num_heads_upsample", c.num_heads_upsample == -1, "-1");
    fixed("num_head_channels", c.num_head_channels > 0, "positive");
    fixed("patch", c.patch == 1, "1");
    fixed("use_scale_shift_norm", !c.use_scale_shift_norm, "0");
    fixed("resblock_updown", c.resblock_updown, "1");
    fixed("conv_resample", !c.conv_resample, "0");
    fixed("qkv_order", c.qkv_order == QkvOrder::head_dim_three, "head-dim-three");
}

// The rules that tie keys together.
void check(const UNetConfig& c) {
    if (c.channel_mult.empty()) refuse_key("channel_mult", "is empty");
    const auto levels = c.channel_mult.size();
    if (levels > 16) refuse_key("channel_mult", "has more than 16 levels");
    const int64_t multiple = c.patch << (levels - 1);
    if (c.image_size % multiple != 0)
        refuse_key("image_size", "is " + std::to_string(c.image_size) + ", not divisible by patch * 2^(levels - 1) = " +
                                     std::to_string(multiple));
    if (is_song(c.kind)) return check_song(c);
    for (int64_t mult : c.channel_mult)
        if (c.kind != NetworkKind::edm2 && c.model_channels * mult % kGroups != 0)
            refuse_key("model_channels", "times channel_mult is " + std::to_string(c.model_channels * mult) +
                                             ", not a multiple of the 32 normalisation groups");
    if (c.num_head_channels == 0) refuse_key("num_head_channels", "is 0; use -1 to count by num_heads");
    if (c.num_head_channels < 0 && c.num_heads < 1) refuse_key("num_heads", "is below 1");
    if (c.num_heads_upsample == 0) refuse_key("num_heads_upsample", "is 0; use -1 for num_heads");
    if (c.kind == NetworkKind::seed) check_seed(c);
    if (c.kind == NetworkKind::edm2) check_edm2(c);
}

// Adds parameters one after another.
struct TableBuilder {
    ParameterTable& table;

    void add(const std::string& name, std::vector<int64_t> shape) {
        Parameter parameter{name, std::move(shape), table.total, 1};
        for (int64_t size : parameter.shape) parameter.count *= size;
        table.total += (parameter.count + kAlignment - 1) / kAlignment * kAlignment;
        table.index.emplace(name, static_cast<int32_t>(table.parameters.size()));
        table.parameters.push_back(std::move(parameter));
    }

    void norm(const std::string& name, int64_t channels) {
        add(name + ".weight", {channels});
        add(name + ".bias", {channels});
    }
    void linear(const std::string& name, int64_t in, int64_t out) {
        add(name + ".weight", {out, in});
        add(name + ".bias", {out});
    }
    void conv(const std::string& name, int64_t in, int64_t out, int64_t kernel) {
        add(name + ".weight", {out, in, kernel, kernel});
        add(name + ".bias", {out});
    }

    // Norm, SiLU, convolution, twice: a torch.nn.Sequential of the seed network.
    void pair(const std::string& name, int64_t in, int64_t out) {
        norm(name + ".0", in);
        conv(name + ".2", in, out, 3);
        norm(name + ".3", out);
        conv(name + ".5", out, out, 3);
    }

    void seed(int64_t width, int64_t channels) {
        const int64_t wide = 2 * width;
        conv("down.0", channels, width, 3);
        pair("down.1", width, width);
        pair("down.2", width, wide);
        pair("down.3", wide, wide);
        linear("time_downs.0", wide, width);
        linear("time_downs.1", wide, width);
        linear("time_downs.2", wide, wide);
        linear("time_downs.3", wide, wide);
        pair("mid", wide, wide);
        pair("up.0", wide, wide);
        pair("up.1", 2 * wide, width);
        pair("up.2", width, width);
        conv("up.3", wide, wide, 3);
        conv("last", wide + channels, channels, 3);
    }

    void song(const SongBlock& block, int64_t time) {
        const std::string& name = block.name;
        norm(name + ".norm0", block.in);
        conv(name + ".conv0", block.in, block.out, 3);
        linear(name + ".affine", time, block.out);
        norm(name + ".norm1", block.out);
        conv(name + ".conv1", block.out, block.out, 3);
        if (block.in != block.out || block.resize != Resize::none) conv(name + ".skip", block.in, block.out, 1);
        if (block.attention) {
            norm(name + ".norm2", block.out);
            conv(name + ".qkv", block.out, 3 * block.out, 1);
            conv(name + ".proj", block.out, block.out, 1);
        }
        if (!block.pyramid.empty()) conv(block.pyramid, block.pyramid_in, block.out, 3);
    }

    void song(const UNetConfig& config) {
        const SongArchitecture architecture(config);
        const int64_t noise = architecture.noise_channels, time = config.time_channels();
        if (config.kind == NetworkKind::ncsnpp) add("map_noise.freqs", {noise / 2});
        if (config.num_classes > 0) linear("map_label", config.num_classes, noise);
        linear("map_layer0", noise, time);
        linear("map_layer1", time, time);
        conv(architecture.first, config.in_channels, config.model_channels, 3);
        for (const SongBlock& block : architecture.blocks()) song(block, time);
        norm(architecture.last + "_norm", architecture.head_channels);
        conv(architecture.last + "_conv", architecture.head_channels, config.out_channels, 3);
    }

    void edm2(const UNetConfig& config) {
        const Edm2Plan plan(config);
        const auto kernel = [&](const std::string& name, int64_t in, int64_t out, int64_t side) {
            add(name + ".weight", {out, in, side, side});
        };
        add("out_gain", {});
        add("emb_fourier.freqs", {plan.features});
        add("emb_fourier.phases", {plan.features});
        add("emb_noise.weight", {plan.embedding, plan.features});
        if (config.num_classes > 0) add("emb_label.weight", {plan.embedding, config.num_classes});
        kernel(plan.first, config.in_channels + 1, plan.features, 3);
        for (const Edm2BlockPlan& block : plan.blocks()) {
            add(block.name + ".emb_gain", {});
            kernel(block.name + ".conv_res0", block.decoder ? block.in : block.out, block.out, 3);
            add(block.name + ".emb_linear.weight", {block.out, plan.embedding});
            kernel(block.name + ".conv_res1", block.out, block.out, 3);
            if (block.in != block.out) kernel(block.name + ".conv_skip", block.in, block.out, 1);
            if (block.heads == 0) continue;
            kernel(block.name + ".attn_qkv", block.out, 3 * block.out, 1);
            kernel(block.name + ".attn_proj", block.out, block.out, 1);
        }
        kernel("out_conv", plan.head_channels, config.out_channels, 3);
    }

    void layer(const LayerPlan& layer, const UNetConfig& config) {
        const std::string& name = layer.name;
        switch (layer.kind) {
            case LayerPlan::Kind::conv: conv(name, layer.in, layer.out, 3); break;
            case LayerPlan::Kind::resblock:
                norm(name + ".in_layers.0", layer.in);
                conv(name + ".in_layers.2", layer.in, layer.out, 3);
                linear(name + ".emb_layers.1", config.time_channels(),
                       config.use_scale_shift_norm ? 2 * layer.out : layer.out);
                norm(name + ".out_layers.0", layer.out);
                conv(name + ".out_layers.3", layer.out, layer.out, 3);
                if (layer.in != layer.out) conv(name + ".skip_connection", layer.in, layer.out, 1);
                break;
            case LayerPlan::Kind::attention:
                norm(name + ".norm", layer.in);
                conv(name + ".qkv", layer.in, 3 * layer.in, 1);
                conv(name + ".proj_out", layer.in, layer.in, 1);
                break;
            case LayerPlan::Kind::resample:
                if (layer.convolution) conv(name + (layer.resize == Resize::down ? ".op" : ".conv"), layer.in, layer.out, 3);
                break;
        }
    }
};

}  // namespace

const char* name_of(NetworkKind kind) {
    switch (kind) {
        case NetworkKind::adm: return "adm";
        case NetworkKind::seed: return "seed";
        case NetworkKind::ddpmpp: return "ddpmpp";
        case NetworkKind::ncsnpp: return "ncsnpp";
        case NetworkKind::edm2: return "edm2";
    }
    return "";
}

UNetConfig UNetConfig::parse(const std::string& text) {
    UNetConfig config;
    std::set<std::string> seen;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line.empty()) continue;
        const size_t equals = line.find('=');
        if (equals == std::string::npos) refuse_key("line '" + line + "'", "has no '='");
        const std::string key = line.substr(0, equals);
        const auto known =
            std::find_if(keys().begin(), keys().end(), [&](const auto& entry) { return entry.first == key; });
        if (known == keys().end()) refuse_key(key, "is no known key");
        if (!seen.insert(key).second) refuse_key(key, "stands twice");
        known->second(config, key, std::string_view(line).substr(equals + 1));
    }
    for (const auto& [key, assign] : keys())
        if (key != kKind && seen.count(std::string(key)) == 0) refuse_key(key, "is missing");
    check(config);
    // Walks all attention layers, so that heads which do not divide the channels are refused here.
    if (config.kind == NetworkKind::adm) Architecture{config};
    if (config.kind == NetworkKind::edm2) Edm2Plan{config};
    return config;
}

bool UNetConfig::has_attention(int64_t downsample) const {
    return std::find(attention_downsample.begin(), attention_downsample.end(), downsample) !=
           attention_downsample.end();
}

int64_t UNetConfig::heads(int64_t channels, bool decoder) const {
    if (num_head_channels > 0) {
        if (channels % num_head_channels != 0)
            refuse_key("num_head_channels", "is " + std::to_string(num_head_channels) +
                                                ", which does not divide the " + std::to_string(channels) +
                                                " channels of an attention block");
        return channels / num_head_channels;
    }
    const bool own = decoder && num_heads_upsample > 0;
    const int64_t count = own ? num_heads_upsample : num_heads;
    if (channels % count != 0)
        refuse_key(own ? "num_heads_upsample" : "num_heads", "is " + std::to_string(count) +
                                                                 ", which does not divide the " +
                                                                 std::to_string(channels) +
                                                                 " channels of an attention block");
    return count;
}

ParameterTable::ParameterTable(const UNetConfig& config) {
    TableBuilder builder{*this};
    if (config.kind == NetworkKind::seed) {
        builder.seed(config.model_channels, config.in_channels);
        return;
    }
    if (is_song(config.kind)) {
        builder.song(config);
        return;
    }
    if (config.kind == NetworkKind::edm2) {
        builder.edm2(config);
        return;
    }
    const int64_t time = config.time_channels();
    builder.linear("time_embed.0", config.model_channels, time);
    builder.linear("time_embed.2", time, time);
    if (config.num_classes > 0) builder.add("label_emb.weight", {config.num_classes, time});
    const Architecture architecture(config);
    for (const LayerPlan& layer : architecture.layers()) builder.layer(layer, config);
    builder.norm("out.0", architecture.head_channels);
    builder.conv("out.2", architecture.head_channels, config.folded_out(), 3);
}

}  // namespace cm4j
