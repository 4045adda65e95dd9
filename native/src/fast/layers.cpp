// The parameters of the network in the layouts of the kernels.
#include "layers.h"

#include <algorithm>
#include <cstring>
#include <exception>

namespace cm4j::fast {

Layers::Layers(const Architecture& architecture, const ParameterTable& table, const WeightKernels& kernels)
    : table_(table), kernels_(kernels) {
    for (const LayerPlan& layer : architecture.layers()) {
        const std::string& name = layer.name;
        switch (layer.kind) {
            case LayerPlan::Kind::conv: add_picture_conv(name); break;
            case LayerPlan::Kind::resblock:
                add_norm(name + ".in_layers.0");
                add_conv(name + ".in_layers.2", 3, 1, layer.resize == Resize::up);
                keep_compact(layer);
                add_condition(name + ".emb_layers.1");
                add_norm(name + ".out_layers.0");
                add_conv(name + ".out_layers.3", 3);
                keep_compact(layer);
                if (layer.in != layer.out) add_conv(name + ".skip_connection", 1);
                break;
            case LayerPlan::Kind::attention:
                add_norm(name + ".norm");
                add_conv(name + ".qkv", 1);
                add_conv(name + ".proj_out", 1);
                break;
            case LayerPlan::Kind::resample:
                if (!layer.convolution) break;
                if (layer.resize == Resize::down) add_conv(name + ".op", 3, 2);
                if (layer.resize == Resize::up) add_conv(name + ".conv", 3, 1, true);
                break;
        }
    }
    add_norm("out.0");
    add_picture_conv("out.2");

    // The copies of all vectors stand in one buffer, padded to whole vector registers.
    for (ConvLayer& c : convs_) vectors_.push_back(&c.bias);
    for (NormLayer& n : norms_) vectors_.insert(vectors_.end(), {&n.gamma, &n.beta});
    int64_t total = 0;
    for (const VectorParameter* v : vectors_) total += round_up(v->count, 16);
    vector_values_.grow(total * static_cast<int64_t>(sizeof(float)));
    std::fill_n(vector_values_.as<float>(), total, 0.f);
    float* next = vector_values_.as<float>();
    for (VectorParameter* v : vectors_) {
        v->values = next;
        next += round_up(v->count, 16);
    }
}

VectorParameter Layers::vector(const std::string& name) {
    const Parameter& p = table_.at(name);
    return {p.offset, p.count, nullptr};
}

void Layers::add_conv(const std::string& name, int kernel, int stride, bool doubled) {
    const Parameter& weight = table_.at(name + ".weight");
    conv_names_.emplace(name, static_cast<int>(convs_.size()));
    ConvLayer layer;
    layer.shape = {weight.shape[1], weight.shape[0], kernel, stride, doubled};
    layer.weight = weight.offset;
    layer.bias = vector(name + ".bias");
    convs_.push_back(std::move(layer));
}

// Winograd's weights are 16/9 of a convolution's. Where a picture has few pixels they come through the memory for too
// little work: at 8x8 and 1024 channels it takes as long either way, and half a gigabyte less for LSUN's network.
void Layers::keep_compact(const LayerPlan& layer) {
    constexpr int64_t few_pixels = 64, many_weights = int64_t{1} << 20;
    ConvShape& shape = convs_.back().shape;
    shape.compact = !shape.doubled && layer.side * layer.side <= few_pixels && shape.in * shape.out >= many_weights;
}

void Layers::add_picture_conv(const std::string& name) {
    add_conv(name, 3);
    convs_.back().shape.picture = true;
}

void Layers::add_norm(const std::string& name) {
    norm_names_.emplace(name, static_cast<int>(norms_.size()));
    norms_.push_back({vector(name + ".weight"), vector(name + ".bias")});
}

void Layers::add_condition(const std::string& name) {
    const Parameter& weight = table_.at(name + ".weight");
    condition_names_.emplace(name, condition_width_);
    conditions_.push_back(
        {weight.shape[1], weight.shape[0], weight.offset, table_.at(name + ".bias").offset, condition_width_});
    condition_width_ += weight.shape[0];
}

void Layers::load(const WeightReader& weights, bool training) {
    for (ConvLayer& c : convs_) c.packed.grow(kernels_.conv_packed_bytes(c.shape, training));
    const auto count = static_cast<int64_t>(convs_.size());
    std::exception_ptr failure;
#pragma omp parallel
    {
        AlignedBuffer room;
#pragma omp for schedule(dynamic)
        for (int64_t i = 0; i < count; i++) {
            try {
                ConvLayer& c = convs_[count - 1 - i];  // the decoder's are the larger ones
                const int64_t values = c.shape.in * c.shape.out * c.shape.taps();
                kernels_.conv_pack(c.shape, weights.read(c.weight, values, room), training, c.packed.as<void>());
            } catch (...) {
#pragma omp critical(cm4j_layers)
                failure = std::current_exception();
            }
        }
    }
    if (failure) std::rethrow_exception(failure);
    AlignedBuffer room;
    for (VectorParameter* v : vectors_) {
        float* copy = vector_values_.as<float>() + (v->values - vector_values_.as<float>());
        std::memcpy(copy, weights.read(v->offset, v->count, room), sizeof(float) * static_cast<size_t>(v->count));
    }
}

int64_t Layers::loaded_bytes(bool training) const {
    int64_t bytes = vector_values_.bytes();
    for (const ConvLayer& c : convs_) bytes += c.packed.grown(kernels_.conv_packed_bytes(c.shape, training));
    return bytes;
}

int64_t Layers::memory_bytes() const {
    int64_t bytes = vector_values_.bytes();
    for (const ConvLayer& c : convs_) bytes += c.packed.bytes();
    return bytes;
}

}  // namespace cm4j::fast
