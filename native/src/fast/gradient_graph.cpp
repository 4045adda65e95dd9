// Reverses the forward graph.
//
// A value read by several steps receives the sum of their gradients. The step that runs backward first writes, later
// ones add. The residual connection x + f(x) needs no copy: the gradient of its result is remembered as a
// contribution to x and added by the norm that f begins with.
#include "gradient_graph.h"

#include <algorithm>
#include <stdexcept>

namespace cm4j::fast {
namespace {

using Kind = GradientStep::Kind;

class Reversal {
public:
    explicit Reversal(const Graph& graph) : graph_(graph) {
        for (const Buffer& b : graph.buffers) written_.emplace_back(b.channels, false);
    }

    std::vector<GradientStep> run() {
        for (index_ = static_cast<int>(graph_.steps.size()) - 1; index_ >= 0; index_--) reverse(graph_.steps[index_]);
        return std::move(steps_);
    }

private:
    struct Contribution {
        Slice value;
        Slice gradient;
    };

    void reverse(const Step& step) {
        const Slice dy = step.y ? gradient_of(step.y) : graph_.output_gradient;
        switch (step.kind) {
            case Step::Kind::conv:
                emit(Kind::weight, dy, {});
                if (step.add && step.add != step.y) contributions_.push_back({step.add, dy});
                if (step.x == graph_.input) {
                    emit(Kind::picture, dy, {});
                } else {
                    write(Kind::input, dy, step.x);
                }
                break;
            case Step::Kind::norm: norm(dy, step.x); break;
            case Step::Kind::attention: write(Kind::attention, dy, step.x); break;
            case Step::Kind::halve: write(Kind::halve, dy, step.x); break;
            case Step::Kind::twice: write(Kind::twice, dy, step.x); break;
            case Step::Kind::dropout: emit(Kind::dropout, dy, dy); break;
        }
    }

    GradientStep& emit(Kind kind, Slice dy, Slice dx) {
        steps_.push_back({.kind = kind, .step = index_, .dy = dy, .dx = dx});
        return steps_.back();
    }

    // Emits a step that writes the gradient of value, or adds to what is there.
    GradientStep& write(Kind kind, Slice dy, Slice value) {
        GradientStep& step = emit(kind, dy, value);
        if (is_written(value)) step.add[0] = value;
        mark_written(value);
        return step;
    }

    void norm(Slice dy, Slice value) {
        GradientStep& step = write(Kind::norm, dy, value);
        for (Slice& add : step.add) {
            if (!add) add = take_contribution(value);
        }
    }

    // Where the complete gradient of a value stands.
    Slice gradient_of(Slice value) {
        for (const Contribution& r : resolved_) {
            if (r.value == value) return r.gradient;
        }
        if (!is_written(value)) {
            const Slice only = take_contribution(value);
            if (!only) throw std::logic_error("a value of the network has no reader");
            if (!has_contribution(value)) {
                resolved_.push_back({value, only});
                return only;
            }
            throw std::logic_error("a value of the network has two residual readers and no other");
        }
        while (const Slice more = take_contribution(value)) emit(Kind::add, more, value);
        return value;
    }

    bool has_contribution(Slice value) const {
        return std::any_of(contributions_.begin(), contributions_.end(),
                           [&](const Contribution& c) { return c.value == value; });
    }
    Slice take_contribution(Slice value) {
        for (auto c = contributions_.begin(); c != contributions_.end(); ++c) {
            if (c->value != value) continue;
            const Slice gradient = c->gradient;
            contributions_.erase(c);
            return gradient;
        }
        return {};
    }

    bool is_written(Slice s) const {
        const auto begin = written_[s.buffer].begin() + s.channel;
        return std::all_of(begin, begin + s.channels, [](bool w) { return w; });
    }
    void mark_written(Slice s) {
        const auto begin = written_[s.buffer].begin() + s.channel;
        std::fill(begin, begin + s.channels, true);
    }

    const Graph& graph_;
    int index_ = 0;
    std::vector<GradientStep> steps_;
    std::vector<std::vector<bool>> written_;  // by buffer and channel
    std::vector<Contribution> contributions_;
    std::vector<Contribution> resolved_;
};

}  // namespace

std::vector<GradientStep> gradient_steps(const Graph& graph) { return Reversal(graph).run(); }

}  // namespace cm4j::fast
