// Parameters as tensors: views of one flat vector, with their gradients as views of another.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "config.h"

namespace cm4j {

// A weight and a bias.
struct Affine {
    at::Tensor weight, bias;
    // Group norm, in float32; the result has the type of x.
    at::Tensor normalise(const at::Tensor& x, int64_t groups = 32, double eps = 1e-5) const;
    // In the type of x, float32 or float16.
    at::Tensor convolve(const at::Tensor& x, int64_t stride = 1, int64_t padding = 0) const;
};

// The parameters of one network as leaves of the autograd graph.
class Leaves {
public:
    // table is borrowed for the life of this object.
    Leaves(const ParameterTable& table, at::Tensor weights);

    const at::Tensor& at(const std::string& name) const { return leaves_[table_.index.at(name)]; }
    bool contains(const std::string& name) const { return table_.contains(name); }
    Affine affine(const std::string& name) const { return {at(name + ".weight"), at(name + ".bias")}; }

    // Points the gradient of each leaf into this flat vector, where backward passes then accumulate.
    void accumulate_into(const at::Tensor& gradients);

private:
    const ParameterTable& table_;
    std::vector<at::Tensor> leaves_;
};

// The part of a flat vector that belongs to a parameter, in its shape.
at::Tensor view_of(const at::Tensor& flat, const Parameter& parameter);

// Fills a flat vector with PyTorch's default initialisation, drawn in the table's order; the modules the network
// starts with at zero (last convolution of each block and of the network) are drawn, too, and then cleared.
void initialise(const ParameterTable& table, const at::Tensor& flat, at::Generator generator);

}  // namespace cm4j
