// Joins the fast path to the autograd graph: one node for the whole network.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "../fast/fast_unet.h"
#include "../memory.h"
#include "config.h"

namespace cm4j {

// The fast path of one network, with the weights it holds a copy of.
class FastPath : public std::enable_shared_from_this<FastPath> {
public:
    // Empty where this build, machine and configuration have a fast path, else the reason why not.
    static std::string unavailable(const UNetConfig& config, Elements elements);
    // What a network of this configuration holds once a pass of this shape has been run.
    static FastBytes bytes(const UNetConfig& config, Elements elements, int64_t n, int64_t h, int64_t w,
                           bool recording);
    // The kernels a fast path would use here.
    static std::string kernels();

    FastPath(const UNetConfig& config, std::shared_ptr<const ParameterTable> table, Elements elements);
    ~FastPath();

    Elements elements() const { return elements_; }

    // weights, gradients: the flat vectors; gradients undefined where nothing is recorded, and weights where files, which
    // may be null, still hold them.
    // x, t, labels: checked, row-major. Gradients flow to x where it asks for one, and into the flat gradients.
    at::Tensor forward(const at::Tensor& weights, const WeightReader* files, const at::Tensor& gradients,
                       const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels, bool dropout,
                       uint64_t dropout_seed, int64_t first_image);

private:
    struct Pass;
    struct Node;
    void load(const at::Tensor& weights, const WeightReader* files, bool recording);
    // Counts the bytes of a pass before it allocates them.
    void reserve(const at::Tensor& x, bool recording);

    std::shared_ptr<const ParameterTable> table_;
    Elements elements_;
    std::unique_ptr<FastUNet> net_;
    int64_t out_channels_;
    int64_t loaded_version_ = -1;  // of the weights the fast path holds
    bool loaded_recording_ = false;
    memory::Charge charge_;
};

}  // namespace cm4j
