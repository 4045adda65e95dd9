// DDPM++ and NCSN++ as in NVlabs/edm: residual blocks whose sums keep their size, on a ladder of resolutions.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "blocks.h"
#include "parameters.h"
#include "song_architecture.h"

namespace cm4j {

// A change of resolution without parameters: 2 x 2 mean and nearest neighbour, or the outer product of a filter with
// itself.
class SongResampler {
public:
    SongResampler() = default;
    // filter [4, 4], of sum 1
    explicit SongResampler(at::Tensor filter) : filter_(std::move(filter)) {}
    // [N, C, H, W] -> half or twice the height and width
    at::Tensor operator()(const at::Tensor& x, Resize direction) const;
    // [N, C, H + 2, W + 2] -> [N, C, H / 2, W / 2]: the filter alone, without a border of its own.
    at::Tensor halve_bordered(const at::Tensor& x) const;

private:
    at::Tensor filter_;  // undefined: mean and nearest neighbour
};

// Source: NVlabs/edm, training/networks.py, UNetBlock.
class SongResBlock {
public:
    // stream: a number of its own for each block, which keeps dropout masks apart.
    SongResBlock(const Leaves& leaves, const SongBlock& plan, SongResampler resample, uint32_t stream);
    // x [N, in, H, W], emb [N, 4 M] -> [N, out, H', W']
    at::Tensor forward(const at::Tensor& x, const at::Tensor& emb, const Dropout& dropout) const;

private:
    at::Tensor attend(const at::Tensor& x) const;

    Affine norm0_, conv0_, affine_, norm1_, conv1_;
    std::optional<Affine> skip_;
    std::optional<Affine> norm2_, qkv_, proj_;
    SongResampler resample_;
    Resize resize_;
    uint32_t stream_;
};

// Source: NVlabs/edm, training/networks.py, SongUNet, without the label of augmented pictures.
class SongNetwork {
public:
    // Looks at the output of a module.
    using Look = std::function<void(const std::string& module, const at::Tensor& output)>;

    SongNetwork(const Leaves& leaves, const UNetConfig& config);
    // x [N, C, H, W], t [N], labels [N] -> [N, C_out, H, W]. recompute: blocks keep their inputs alone.
    at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                       const Dropout& dropout, bool recompute, const Look& look) const;

private:
    struct Step {
        SongBlock plan;
        SongResBlock block;
        std::optional<Affine> pyramid;
    };

    Step step(const Leaves& leaves, const SongBlock& plan, uint32_t stream) const;
    at::Tensor embedding(const at::Tensor& t, const std::optional<at::Tensor>& labels) const;

    int64_t noise_channels_, classes_;
    SongResampler resample_;
    at::Tensor frequencies_;  // of NCSN++, without gradient; undefined in DDPM++
    std::optional<Affine> label_;
    Affine layer0_, layer1_;
    std::string first_name_, last_name_;
    Affine first_, norm_, last_;
    std::vector<Step> encoder_, decoder_;
};

// Fills a flat vector as NVlabs/edm does, with draws in the same order: Xavier's uniform numbers in weights, small ones
// where blocks end, zeros in biases.
void initialise_song(const ParameterTable& table, const at::Tensor& flat, at::Generator generator);

}  // namespace cm4j
