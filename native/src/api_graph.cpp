// Whole training steps and sampling runs.
#include <cmath>
#include <functional>

#include "device/graphs.h"

struct cm_graph : cm4j::Counted<CM_KIND_GRAPH> {
    std::unique_ptr<cm4j::Graph> value;
    explicit cm_graph(std::unique_ptr<cm4j::Graph> graph) : value(std::move(graph)) {}
};

using namespace cm4j;

namespace {

cm_status hand_out(cm_graph** out, const std::function<std::unique_ptr<Graph>()>& make) noexcept {
    if (out != nullptr) *out = nullptr;
    return guard([&] {
        require(out != nullptr, "out is NULL");
        *out = new cm_graph(make());
    });
}

template <class Kind>
Kind& graph_of(cm_graph* graph, const char* what) {
    auto* kind = dynamic_cast<Kind*>(handle(graph, "graph").value.get());
    if (kind == nullptr) refuse("graph", std::string("is none for ") + what);
    return *kind;
}

bool flag(int32_t value, const char* name) {
    if (value != 0 && value != 1) refuse(name, "is " + std::to_string(value) + ", neither 0 nor 1");
    return value == 1;
}

}  // namespace

cm_status cm_graph_train(const cm_unet* online, const cm_unet* target, const cm_optim* optim,
                         cm_tensor* const* averages, int32_t average_count, const int64_t* shape, int32_t ndim,
                         int32_t distance, double constant, int32_t nan_is_zero, cm_graph** out) {
    return hand_out(out, [&]() -> std::unique_ptr<Graph> {
        const auto& net = handle(online, "online").value;
        const auto& state = handle(optim, "optim").value;
        if (average_count < 0) refuse("average_count", "is negative");
        if (average_count > 0 && averages == nullptr) refuse("averages", "is NULL");
        std::vector<at::Tensor> followers;
        for (int32_t i = 0; i < average_count; ++i) followers.push_back(tensor(averages[i], "averages"));
        if (distance != CM_DISTANCE_L2 && distance != CM_DISTANCE_PSEUDO_HUBER)
            refuse("distance", std::to_string(distance) + " is neither CM_DISTANCE_L2 nor CM_DISTANCE_PSEUDO_HUBER");
        if (!(constant >= 0)) refuse("constant", "is negative or no number");
        return std::make_unique<TrainingGraph>(
            net, target == nullptr ? nullptr : target->value, state, std::move(followers), shape_of(shape, ndim),
            TrainingGraph::Loss{distance == CM_DISTANCE_L2 ? elements::Distance::l2 : elements::Distance::pseudo_huber, constant, flag(nan_is_zero, "nan_is_zero")});
    });
}

cm_status cm_graph_train_run(cm_graph* graph, const cm_tensor* x0, const cm_tensor* z, const cm_tensor* labels,
                             const double* coefficients, double lr, double clip_norm, uint64_t dropout_seed,
                             const double* rates, double* losses) {
    return guard([&] {
        auto& training = graph_of<TrainingGraph>(graph, "training");
        require(coefficients != nullptr, "coefficients is NULL");
        require(losses != nullptr, "losses is NULL");
        require(rates != nullptr || training.average_count() == 0, "rates is NULL");
        require(std::isfinite(lr), "lr is not finite");
        require(clip_norm >= 0, "clip_norm is negative or no number");
        const std::vector<double> list(rates, rates + training.average_count());
        for (double rate : list)
            if (!(rate >= 0 && rate <= 1)) refuse("rates", "has " + std::to_string(rate) + ", outside [0, 1]");
        training.run(tensor(x0, "x0"), tensor(z, "z"), optional_tensor(labels, "labels"), coefficients, lr, clip_norm,
                     dropout_seed, list, losses);
    });
}

cm_status cm_graph_sample(const cm_unet* net, int32_t steps, const int64_t* shape, int32_t ndim, int32_t clip,
                          cm_graph** out) {
    return hand_out(out, [&]() -> std::unique_ptr<Graph> {
        return std::make_unique<SamplingGraph>(handle(net, "net").value, steps, shape_of(shape, ndim),
                                               flag(clip, "clip"));
    });
}

cm_status cm_graph_sample_run(cm_graph* graph, const cm_tensor* noise, const cm_tensor* labels, double start,
                              const double* coefficients, cm_tensor** out) {
    return give(out, [&] {
        auto& sampling = graph_of<SamplingGraph>(graph, "sampling");
        require(coefficients != nullptr, "coefficients is NULL");
        return sampling.run(tensor(noise, "noise"), optional_tensor(labels, "labels"), start, coefficients);
    });
}

int64_t cm_graph_captures(const cm_graph* graph) { return graph == nullptr ? 0 : graph->value->captures(); }

void cm_graph_free(cm_graph* graph) { delete graph; }
