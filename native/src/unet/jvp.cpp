// Directional derivatives of the network, by LibTorch's forward-mode differentiation.
//
// Each operation of the plain path carries a tangent beside its value. Custom autograd functions have no rule for that;
// the only one on the path, the checkpoint, is left out.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <mutex>
#include <string>
#include <utility>

#include "../errors.h"
#include "unet.h"

namespace cm4j {

namespace {

namespace forward_ad = torch::autograd::forward_ad;

// While it lives, tensors may carry tangents. LibTorch has one such level for the whole process, so passes of several
// threads take turns.
class DualLevel {
public:
    DualLevel() : lock_(turn()), level_(forward_ad::enter_dual_level()) {}
    ~DualLevel() { forward_ad::exit_dual_level(level_); }
    DualLevel(const DualLevel&) = delete;
    DualLevel& operator=(const DualLevel&) = delete;

private:
    static std::mutex& turn() {
        static std::mutex mutex;
        return mutex;
    }

    std::unique_lock<std::mutex> lock_;
    uint64_t level_;
};

class WithoutCheckpoints {
public:
    explicit WithoutCheckpoints(bool& option) : option_(option), before_(std::exchange(option, false)) {}
    ~WithoutCheckpoints() { option_ = before_; }
    WithoutCheckpoints(const WithoutCheckpoints&) = delete;
    WithoutCheckpoints& operator=(const WithoutCheckpoints&) = delete;

private:
    bool& option_;
    bool before_;
};

void require_like(const at::Tensor& tangent, const at::Tensor& value, const std::string& name) {
    if (!tangent.sizes().equals(value.sizes()) || tangent.scalar_type() != value.scalar_type() ||
        tangent.device() != value.device())
        throw BadArgument(name + "_tangent differs from " + name + " in shape, type or device");
}

}  // namespace

Dual UNet::jvp(const at::Tensor& x, const at::Tensor& t, const std::optional<at::Tensor>& labels,
               uint64_t dropout_seed, const at::Tensor& x_tangent, const at::Tensor& t_tangent) {
    check(x, t, labels);
    require_like(x_tangent, x, "x");
    require_like(t_tangent, t, "t");
    if (at::GradMode::is_enabled()) gradients();
    const Dropout masks = dropout(dropout_seed);
    last_was_fast_ = false;
    const WithoutCheckpoints plainly(options_.checkpoint);
    const DualLevel level;
    return split(plain(join(x, x_tangent), join(t, t_tangent), labels, masks, at::kFloat));
}

}  // namespace cm4j
