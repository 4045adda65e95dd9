// A network of any kind: weights, options and the choice between the plain path (ATen, float32 or float16) and the
// fast path (float32 or bfloat16).
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "attention.h"
#include "blocks.h"
#include "config.h"
#include "dual.h"
#include "edm2_network.h"
#include "parameters.h"
#include "seed_network.h"
#include "song_network.h"
#include "weight_files.h"

namespace cm4j {

class DeviceNetwork;
class FastPath;

// Bytes of one pass beside weights, gradients, inputs and output.
struct PassBytes {
    int64_t weights = 0;
    int64_t activations = 0;
    int64_t workspace = 0;
    bool fast = false;  // exact, else estimated
    int64_t parameters = 0;  // of the flat vector of weights
};

// [N] -> [N, half]: angles t * w of frequencies w from 1 down to 1/10000, that end excluded.
at::Tensor timestep_angles(const at::Tensor& t, int64_t half);

// [N] -> [N, width]: cosines, then sines, of frequencies from 1 down to 1/10000; an odd width ends in a zero.
// Source: openai/consistency_models, cm/nn.py, timestep_embedding.
at::Tensor timestep_embedding(const at::Tensor& t, int64_t width);

class UNet {
public:
    struct Options {
        at::ScalarType precision = at::kFloat;  // or kBFloat16, kHalf
        bool training = false;
        bool checkpoint = false;
        int64_t first_image = 0;  // of the passes to come, in its batch
        bool watch = false;  // the plain path, which looks for the first module that loses finite numbers
        bool fused = false;  // the device's operations also on the processor and in float32
        bool plain = false;  // the plain path also where there is a fast one
        std::vector<at::Tensor> masks;  // of dropout, one for each residual block; empty: drawn
    };

    // Weights are drawn from the generator, or stay zero without one.
    UNet(const UNetConfig& config, const std::optional<at::Generator>& generator);
    // Weights stay in files until the flat vector is needed.
    explicit UNet(std::shared_ptr<const WeightFiles> files);
    // The same weights and options, with storage of its own.
    UNet(const UNet& other);
    UNet& operator=(const UNet&) = delete;
    ~UNet();

    // On the processor, with the options that decide on a path.
    static PassBytes plan_bytes(const UNetConfig& config, const Options& options, bool recording, int64_t n, int64_t h,
                                int64_t w);

    const UNetConfig& config() const { return config_; }
    // Number of residual blocks, each of which drops.
    uint32_t dropout_count() const;
    const ParameterTable& table() const { return *table_; }
    const at::Tensor& weights() { return settle(), weights_; }
    // Made, as zeros, when first needed: networks that are never trained do without.
    const at::Tensor& gradients();

    at::Device device() const { return files_ ? at::kCPU : weights_.device(); }
    // Moves weights and gradients; tensors handed out before keep the old storage.
    void to(at::Device device);

    Options& options() { return options_; }
    const Options& options() const { return options_; }
    bool last_was_fast() const { return last_was_fast_; }

    // Begins or ends the watch over passes.
    void watch(bool active);
    // The first module of the watched passes whose output was not finite, or nothing where there was none.
    const std::string& fault() const { return fault_; }

    // Whether passes take the operations of CUDA devices, and the network that has them. The latter changes with the
    // precision and the device; Unsupported for networks of other kinds than adm, which have none.
    bool takes_fused() const;
    const std::shared_ptr<DeviceNetwork>& fused();

    // x [N, C, H, W] f32, t [N] f32, labels [N] i64 -> [N, C_out, H, W]. Throws BadArgument where they do not fit.
    at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                       uint64_t dropout_seed);

    // F(x, t) and dF/dx x_tangent + dF/dt t_tangent, exactly, by forward-mode differentiation of the plain path in
    // float32 with the dropout masks of forward. Recorded where recording is on, tangent included; without checkpoints.
    Dual jvp(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels, uint64_t dropout_seed,
             const at::Tensor& x_tangent, const at::Tensor& t_tangent);

private:
    struct Layer {
        std::string name;
        std::variant<Convolution, ResBlock, AttentionBlock, Resample> module;
    };
    using Block = std::vector<Layer>;

    void build();
    // Brings weights that are still in files into the flat vector.
    void settle();
    Block block(const BlockPlan& plan, uint32_t& stream) const;
    // Forced weight normalisation of a network that is trained, once after each change of its weights.
    void force_magnitudes();
    void check(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels) const;
    // Whether passes take the fast path unless they need something that only the plain path has.
    bool has_fast() const;
    bool takes_fast() const;
    Dropout dropout(uint64_t seed) const;
    // Whether masks are, if any are needed, and not given.
    bool drawn() const;
    at::Tensor on_device(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                         uint64_t dropout_seed);
    // type: of the blocks, float32 or float16; embeddings, group norms and the last convolution are float32.
    at::Tensor plain(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
                     const Dropout& dropout, at::ScalarType type);
    at::Tensor embedding(const at::Tensor& t, const std::optional<at::Tensor>& labels) const;
    at::Tensor run(const Block& block, at::Tensor h, const at::Tensor& emb, const Dropout& dropout);
    void look(const std::string& module, const at::Tensor& output);

    const UNetConfig config_;
    const std::shared_ptr<const ParameterTable> table_;
    std::shared_ptr<const WeightFiles> files_;  // null where the flat vector is
    at::Tensor weights_;    // [total], or undefined
    at::Tensor gradients_;  // [total], or undefined
    std::unique_ptr<Leaves> leaves_;
    std::vector<Block> input_, output_;
    Block middle_;
    std::optional<SeedNetwork> seed_;  // in place of the blocks
    std::optional<SongNetwork> song_;  // likewise
    std::optional<Edm2Network> edm2_;  // likewise
    int64_t normalised_version_ = -1;  // of the weights, when their rows were last brought to unit magnitude
    std::shared_ptr<FastPath> fast_;        // made when first used
    std::shared_ptr<DeviceNetwork> fused_;  // likewise
    Options options_;
    bool last_was_fast_ = false;
    std::string fault_;
};

}  // namespace cm4j
