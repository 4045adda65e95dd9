// Places the buffers of a graph and runs its steps.
#include "plan.h"

#include <algorithm>

namespace cm4j::fast {
namespace {

constexpr int64_t float_bytes = sizeof(float);

template <typename Touch>
void touch_slices(const Step& step, Touch&& touch) {
    for (const Slice& s : {step.x, step.y, step.add}) touch(s);
}

template <typename Touch>
void touch_slices(const GradientStep& step, Touch&& touch) {
    for (const Slice& s : {step.dy, step.dx, step.add[0], step.add[1]}) touch(s);
}

}  // namespace

// Buffers at their places in one block.
template <typename E>
struct Plan<E>::Memory {
    const Graph& graph;
    const Placement& placement;
    char* base;

    View<E> view(Slice s) const {
        if (!s) return {};
        auto* data = reinterpret_cast<E*>(base + placement.offsets[static_cast<size_t>(s.buffer)]);
        return {data + s.channel, graph.buffers[static_cast<size_t>(s.buffer)].channels};
    }
};

template <typename E>
Plan<E>::Plan(const UNetConfig& config, const Architecture& architecture, const Layers& layers,
              const Kernels<E>& kernels, Extent extent)
    : config_(config),
      layers_(layers),
      kernels_(kernels),
      extent_(extent),
      input_{config.in_channels,
             config.patch,
             {extent.images, extent.height / config.patch, extent.width / config.patch}},
      output_{config.out_channels, config.patch, input_.folded},
      graph_(config, architecture, layers, input_.folded.height, input_.folded.width),
      gradient_steps_(gradient_steps(graph_)) {
    const auto lifetimes = [&](const auto& steps) {
        std::vector<Lifetime> result;
        for (const Buffer& b : graph_.buffers) result.push_back({buffer_bytes(b)});
        for (size_t i = 0; i < steps.size(); i++) {
            touch_slices(steps[i], [&](const Slice& s) {
                if (s) result[static_cast<size_t>(s.buffer)].touch(static_cast<int>(i));
            });
        }
        return result;
    };
    auto forward = lifetimes(graph_.steps);
    reused_ = place(forward);
    for (Lifetime& l : forward) {
        if (l.first >= 0) l.first = 0, l.last = static_cast<int>(graph_.steps.size());
    }
    kept_ = place(forward);
    gradients_ = place(lifetimes(gradient_steps_));
}

template <typename E>
int64_t Plan<E>::statistics_bytes() const {
    return graph_.norms * extent_.images * norm_groups * 2 * float_bytes;
}

template <typename E>
int64_t Plan<E>::condition_bytes() const { return extent_.images * layers_.condition_width() * float_bytes; }

template <typename E>
int64_t Plan<E>::picture_bytes(const PictureLayout& layout) {
    return layout.folded.pixels() * layout.folded_channels() * float_bytes;
}

template <typename E>
int64_t Plan<E>::activation_bytes(const Activations& activations, bool keep) const {
    return activations.buffers.grown(keep ? kept_.bytes : 0) + activations.statistics.grown(statistics_bytes());
}

template <typename E>
int64_t Plan<E>::workspace_bytes(const Workspace& workspace, bool keep) const {
    const int64_t buffers = workspace.buffers.grown(keep ? gradients_.bytes : reused_.bytes);
    const int64_t conditions = workspace.conditions.grown(keep ? condition_bytes() : 0);
    const int64_t input = keep ? picture_bytes(input_) : 0;
    return buffers + conditions + workspace.picture.grown(std::max(input, picture_bytes(output_)));
}

template <typename E>
void Plan<E>::prepare_backward(Workspace& workspace) const {
    workspace.buffers.grow(gradients_.bytes);
    workspace.conditions.grow(condition_bytes());
    workspace.picture.grow(std::max(picture_bytes(input_), picture_bytes(output_)));
}

template <typename E>
Extent Plan<E>::extent_of(Slice s) const {
    const Buffer& b = graph_.buffers[static_cast<size_t>(s.buffer)];
    return {extent_.images, b.height, b.width};
}

template <typename E>
int64_t Plan<E>::buffer_bytes(const Buffer& b) const {
    return extent_.images * b.height * b.width * b.channels * static_cast<int64_t>(sizeof(E));
}

template <typename E>
float* Plan<E>::statistics(const Activations& activations, const Step& step) const {
    return activations.statistics.as<float>() + step.index * extent_.images * norm_groups * 2;
}

template <typename E>
Norm<E> Plan<E>::norm_arguments(const Step& step, const Memory& memory, const Activations& activations) const {
    const NormLayer& layer = layers_.norm(step.layer);
    Norm<E> n{extent_of(step.x), step.x.channels, layer.gamma.values, layer.beta.values, nullptr, nullptr,
              layers_.condition_width(), step.silu, memory.view(step.x)};
    if (step.condition >= 0) {
        const float* condition = activations.embedding.condition + step.condition;
        (config_.use_scale_shift_norm ? n.scale_shift : n.offset) = condition;
    }
    return n;
}

template <typename E>
Dropout<E> Plan<E>::dropout_arguments(const Step& step, View<E> x, const Activations& activations) const {
    const Extent extent = extent_of(step.x);
    return {activations.first_image * extent.area() * step.x.channels,
            extent.pixels(),
            step.x.channels,
            x,
            static_cast<float>(config_.dropout),
            dropout_key(activations.dropout_seed, step.index)};
}

template <typename E>
Attention<E> Plan<E>::attention_arguments(const Step& step, const Memory& memory) const {
    return {extent_.images, extent_of(step.x).area(), step.heads, step.y.channels / step.heads, memory.view(step.x)};
}

template <typename E>
void Plan<E>::forward(const float* x, Activations& activations, bool keep, Workspace& workspace, float* out) const {
    const Placement& placement = keep ? kept_ : reused_;
    AlignedBuffer& block = keep ? activations.buffers : workspace.buffers;
    block.grow(placement.bytes);
    activations.statistics.grow(statistics_bytes());
    workspace.picture.grow(picture_bytes(output_));
    const Memory memory{graph_, placement, block.as<char>()};
    fold_picture(input_, x, graph_.input.channels, memory.view(graph_.input).data);
    for (const Step& step : graph_.steps) run(step, memory, activations, workspace.picture.as<float>());
    unfold_picture(output_, workspace.picture.as<float>(), out);
}

template <typename E>
void Plan<E>::run(const Step& step, const Memory& memory, const Activations& activations, float* picture) const {
    const View<E> x = memory.view(step.x), y = memory.view(step.y);
    const Extent extent = extent_of(step.x);
    switch (step.kind) {
        case Step::Kind::conv: {
            const ConvLayer& layer = layers_.conv(step.layer);
            const ConvOutput<E> to = step.y ? ConvOutput<E>{y, nullptr} : ConvOutput<E>{{}, picture};
            kernels_.conv_forward(
                {layer.shape, extent, layer.packed.as<void>(), layer.bias.values, x, memory.view(step.add), to});
            break;
        }
        case Step::Kind::norm:
            kernels_.norm_forward({norm_arguments(step, memory, activations), y, statistics(activations, step)});
            break;
        case Step::Kind::attention:
            kernels_.attention_forward({attention_arguments(step, memory), y});
            break;
        case Step::Kind::halve:
            kernels_.resize({Resample::halve, extent, step.x.channels, 0.25f, x, {}, y});
            break;
        case Step::Kind::twice:
            kernels_.resize({Resample::twice, extent, step.x.channels, 1, x, {}, y});
            break;
        case Step::Kind::dropout:
            if (!activations.dropout) break;
            kernels_.dropout(dropout_arguments(step, x, activations));
            break;
    }
}

template <typename E>
void Plan<E>::backward(const Activations& activations, const float* grad_out, Workspace& workspace, float* gradients,
                       float* grad_x) const {
    prepare_backward(workspace);
    const Memory memory{graph_, kept_, activations.buffers.as<char>()};
    const Memory gradient_memory{graph_, gradients_, workspace.buffers.as<char>()};
    fold_picture(output_, grad_out, graph_.output_gradient.channels, gradient_memory.view(graph_.output_gradient).data);
    for (const GradientStep& step : gradient_steps_) {
        if (step.kind == GradientStep::Kind::picture && !grad_x) continue;
        run(step, memory, gradient_memory, activations, workspace, gradients);
    }
    if (grad_x) unfold_picture(input_, workspace.picture.as<float>(), grad_x);
}

template <typename E>
void Plan<E>::run(const GradientStep& step, const Memory& memory, const Memory& gradients,
                  const Activations& activations, Workspace& workspace, float* parameter_gradients) const {
    const Step& forward = graph_.steps[static_cast<size_t>(step.step)];
    const View<E> dy = gradients.view(step.dy), dx = gradients.view(step.dx), add = gradients.view(step.add[0]);
    const View<E> x = memory.view(forward.x);
    const Extent extent = extent_of(forward.x);
    switch (step.kind) {
        case GradientStep::Kind::weight: {
            const ConvLayer& layer = layers_.conv(forward.layer);
            kernels_.conv_weight_gradient({layer.shape, extent, x, dy, parameter_gradients + layer.weight,
                                           parameter_gradients + layer.bias.offset});
            break;
        }
        case GradientStep::Kind::input:
        case GradientStep::Kind::picture: {
            const ConvLayer& layer = layers_.conv(forward.layer);
            const bool picture = step.kind == GradientStep::Kind::picture;
            const ConvOutput<E> to =
                picture ? ConvOutput<E>{{}, workspace.picture.as<float>()} : ConvOutput<E>{dx, nullptr};
            kernels_.conv_input_gradient({layer.shape, extent, layer.packed.as<void>(), dy, add, to});
            break;
        }
        case GradientStep::Kind::norm: {
            const NormLayer& layer = layers_.norm(forward.layer);
            float* condition =
                forward.condition >= 0 ? workspace.conditions.as<float>() + forward.condition : nullptr;
            kernels_.norm_backward({norm_arguments(forward, memory, activations), statistics(activations, forward), dy,
                                    dx, {add, gradients.view(step.add[1])}, parameter_gradients + layer.gamma.offset,
                                    parameter_gradients + layer.beta.offset, condition});
            break;
        }
        case GradientStep::Kind::attention:
            kernels_.attention_backward({attention_arguments(forward, memory), dy, dx});
            break;
        case GradientStep::Kind::halve:
            kernels_.resize({Resample::twice, extent_of(forward.y), step.dx.channels, 0.25f, dy, add, dx});
            break;
        case GradientStep::Kind::twice:
            kernels_.resize({Resample::halve, extent_of(forward.y), step.dx.channels, 1, dy, add, dx});
            break;
        case GradientStep::Kind::dropout:
            if (!activations.dropout) break;
            kernels_.dropout(dropout_arguments(forward, dx, activations));
            break;
        case GradientStep::Kind::add:
            kernels_.add(extent.pixels(), step.dx.channels, dy, dx);
            break;
    }
}

template class Plan<bf16>;
template class Plan<float>;

}  // namespace cm4j::fast
