// The fast path's U-Net: plans by shape, pooled activations.
#include "network.h"

#include <algorithm>

namespace cm4j::fast {
namespace {

constexpr size_t most_plans = 8;

// Inference takes a large batch in parts, so that what one layer writes is still cached when the next one reads it.
// Results do not depend on it.
constexpr int64_t cached_bytes = int64_t{16} << 20;

// Activations on loan: they return to their plan's pool, which they keep alive.
template <typename E>
class Loan final : public FastActivations {
public:
    explicit Loan(std::shared_ptr<Plan<E>> plan) : plan_(std::move(plan)) {
        if (plan_->pool.empty()) {
            activations_ = std::make_unique<Activations>();
        } else {
            activations_ = std::move(plan_->pool.back());
            plan_->pool.pop_back();
        }
        plan_->live++;
    }
    // Called when the pass has been run, and its size is known.
    void settle() { plan_->live_bytes += bytes_ = activations_->bytes(); }

    ~Loan() override {
        plan_->live--;
        plan_->live_bytes -= bytes_;
        plan_->pool.push_back(std::move(activations_));
    }

    Plan<E>& plan() const { return *plan_; }
    Activations& activations() { return *activations_; }

private:
    std::shared_ptr<Plan<E>> plan_;
    std::unique_ptr<Activations> activations_;
    int64_t bytes_ = 0;
};

}  // namespace

template <typename E>
Network<E>::Network(const UNetConfig& config, const ParameterTable& table, const Kernels<E>& kernels)
    : config_(config),
      table_(table),
      architecture_(config_),
      kernels_(kernels),
      layers_(architecture_, table_, kernels),
      embedding_(config_, table_, layers_, kernels) {}

template <typename E>
void Network<E>::load_weights(const WeightReader& weights, bool training) {
    layers_.load(weights, training);
    embedding_.load(weights, training);
}

template <typename E>
std::shared_ptr<Plan<E>> Network<E>::plan(Extent extent) {
    const auto same = [&](const std::shared_ptr<Plan<E>>& p) {
        const Extent e = p->extent();
        return e.images == extent.images && e.height == extent.height && e.width == extent.width;
    };
    const auto found = std::find_if(plans_.begin(), plans_.end(), same);
    if (found != plans_.end()) {
        std::rotate(found, found + 1, plans_.end());
        return plans_.back();
    }
    if (plans_.size() == most_plans) plans_.erase(plans_.begin());
    plans_.push_back(std::make_shared<Plan<E>>(config_, architecture_, layers_, kernels_, extent));
    return plans_.back();
}

template <typename E>
int64_t Network<E>::inference_images(Extent extent) {
    const int64_t bytes = std::max<int64_t>(1, plan({1, extent.height, extent.width})->inference_bytes());
    const int64_t parts = divide_up(extent.images, std::max<int64_t>(4, cached_bytes / bytes));
    return divide_up(extent.images, parts);
}

template <typename E>
void Network<E>::forward(const float* x, const float* t, const int64_t* labels, int64_t n, int64_t h, int64_t w,
                         bool dropout, uint64_t dropout_seed, float* out,
                         std::unique_ptr<FastActivations>* activations, int64_t first_image) {
    const auto run = [&](Plan<E>& plan, Activations& target, bool keep, int64_t first) {
        target.dropout = dropout && config_.dropout > 0;
        target.dropout_seed = dropout_seed;
        target.first_image = first_image + first;
        embedding_.forward(t + first, labels ? labels + first : nullptr, plan.extent().images, target.embedding);
        plan.forward(x + first * config_.in_channels * h * w, target, keep, workspace_,
                     out + first * config_.out_channels * h * w);
    };
    if (activations) {
        auto loan = std::make_unique<Loan<E>>(plan({n, h, w}));
        // All that the backward pass will need, too: it cannot run out of memory then.
        loan->plan().prepare_backward(workspace_);
        embedding_.prepare_backward(n);
        run(loan->plan(), loan->activations(), true, 0);
        loan->settle();
        *activations = std::move(loan);
        return;
    }
    const int64_t part = inference_images({n, h, w});
    for (int64_t first = 0; first < n; first += part) {
        run(*plan({std::min(part, n - first), h, w}), inference_, false, first);
    }
}

template <typename E>
void Network<E>::backward(FastActivations& activations, const float* grad_out, float* gradients, float* grad_x) {
    auto& loan = static_cast<Loan<E>&>(activations);
    loan.plan().backward(loan.activations(), grad_out, workspace_, gradients, grad_x);
    embedding_.backward(loan.activations().embedding, workspace_.conditions.as<float>(), gradients);
}

template <typename E>
FastBytes Network<E>::held() const {
    FastBytes bytes{layers_.memory_bytes() + embedding_.memory_bytes(), 0, workspace_.bytes() + inference_.bytes()};
    for (const auto& plan : plans_) {
        bytes.activations += plan->live_bytes;
        for (const auto& activations : plan->pool) bytes.activations += activations->bytes();
    }
    return bytes;
}

template <typename E>
FastBytes Network<E>::held_after(int64_t n, int64_t h, int64_t w, bool recording) {
    const int64_t images = recording ? n : inference_images({n, h, w});
    const Plan<E>& shape = *plan({images, h, w});
    FastBytes bytes = held();
    bytes.weights = layers_.loaded_bytes(recording) + embedding_.loaded_bytes(recording, images);
    bytes.workspace = shape.workspace_bytes(workspace_, recording);
    const auto grown = [&](const Activations& a) {
        return shape.activation_bytes(a, recording) + a.embedding.storage.grown(embedding_.state_bytes(images));
    };
    if (!recording) {
        bytes.workspace += grown(inference_);
    } else if (shape.pool.empty()) {
        bytes.workspace += inference_.bytes();
        bytes.activations += grown({});
    } else {
        bytes.workspace += inference_.bytes();
        bytes.activations += grown(*shape.pool.back()) - shape.pool.back()->bytes();
    }
    return bytes;
}

template <typename E>
void Network<E>::trim() {
    int64_t live = 0;
    for (const auto& plan : plans_) {
        plan->pool.clear();
        live += plan->live;
    }
    inference_ = {};
    if (live == 0) workspace_ = {};  // else it is needed for their backward passes
}

template class Network<bf16>;
template class Network<float>;

}  // namespace cm4j::fast
