// The parameters of the network in the layouts of the kernels.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "../kernels/buffers.h"
#include "../kernels/kernels.h"
#include "../unet/architecture.h"
#include "../unet/weight_reader.h"

namespace cm4j::fast {

// A vector of float32 parameters: where it stands in the flat vector, and this network's copy of it.
struct VectorParameter {
    int64_t offset = 0;
    int64_t count = 0;
    const float* values = nullptr;
};

struct ConvLayer {
    ConvShape shape;
    int64_t weight = 0;  // offset in the flat vector
    VectorParameter bias;
    AlignedBuffer packed;
};

struct NormLayer {
    VectorParameter gamma;
    VectorParameter beta;
};

// A linear layer; the rows of several of them make one matrix in Embedding.
struct LinearLayer {
    int64_t in = 0;
    int64_t out = 0;
    int64_t weight = 0;  // offset in the flat vector
    int64_t bias = 0;
    int64_t column = 0;  // first of its outputs among those of all layers
};

class Layers {
public:
    Layers(const Architecture& architecture, const ParameterTable& table, const WeightKernels& kernels);
    Layers(const Layers&) = delete;

    int conv_index(const std::string& name) const { return conv_names_.at(name); }
    int norm_index(const std::string& name) const { return norm_names_.at(name); }
    const ConvLayer& conv(int index) const { return convs_[index]; }
    const NormLayer& norm(int index) const { return norms_[index]; }

    // The conditioning of all ResBlocks, side by side.
    const std::vector<LinearLayer>& condition_layers() const { return conditions_; }
    int64_t condition_column(const std::string& name) const { return condition_names_.at(name); }
    int64_t condition_width() const { return condition_width_; }

    void load(const WeightReader& weights, bool training);
    int64_t memory_bytes() const;
    // What memory_bytes() will be after load.
    int64_t loaded_bytes(bool training) const;

private:
    VectorParameter vector(const std::string& name);
    void add_conv(const std::string& name, int kernel, int stride = 1, bool doubled = false);
    void keep_compact(const LayerPlan& layer);
    void add_picture_conv(const std::string& name);
    void add_norm(const std::string& name);
    void add_condition(const std::string& name);

    const ParameterTable& table_;
    const WeightKernels& kernels_;
    std::vector<ConvLayer> convs_;
    std::vector<NormLayer> norms_;
    std::vector<LinearLayer> conditions_;
    std::unordered_map<std::string, int> conv_names_;
    std::unordered_map<std::string, int> norm_names_;
    std::unordered_map<std::string, int64_t> condition_names_;
    int64_t condition_width_ = 0;
    std::vector<VectorParameter*> vectors_;
    AlignedBuffer vector_values_;
};

}  // namespace cm4j::fast
