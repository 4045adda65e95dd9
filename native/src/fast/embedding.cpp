// Time and class embedding in float32.
#include "embedding.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace cm4j::fast {
namespace {

void silu(const float* x, int64_t count, float* y) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; i++) y[i] = x[i] / (1.f + std::exp(-x[i]));
}

// dx <- dx silu'(x)
void silu_gradient(const float* x, int64_t count, float* dx) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; i++) {
        const float s = 1.f / (1.f + std::exp(-x[i]));
        dx[i] *= s * (1.f + x[i] * (1.f - s));
    }
}

// [cos | sin](t f_j), f_j = 10000^(-j / half); one zero more where the width is odd. Ho et al. 2020 as in
// openai/consistency_models, cm/nn.py, timestep_embedding; in float32 as there.
void sinusoids(const float* t, int64_t images, int64_t width, float* out) {
    const int64_t half = width / 2;
    for (int64_t n = 0; n < images; n++) {
        float* row = out + n * width;
        for (int64_t j = 0; j < half; j++) {
            const float exponent = static_cast<float>(-std::log(10000.0)) * static_cast<float>(j);
            const float angle = t[n] * std::exp(exponent / static_cast<float>(half));
            row[j] = std::cos(angle);
            row[half + j] = std::sin(angle);
        }
        if (width % 2 != 0) row[width - 1] = 0;
    }
}

}  // namespace

Embedding::Embedding(const UNetConfig& config, const ParameterTable& table, const Layers& layers,
                     const WeightKernels& kernels)
    : kernels_(kernels),
      model_channels_(config.model_channels),
      time_channels_(config.time_channels()),
      conditions_(layers.condition_layers()) {
    const auto linear = [&](const std::string& name) {
        const Parameter& w = table.at(name + ".weight");
        return LinearLayer{w.shape[1], w.shape[0], w.offset, table.at(name + ".bias").offset, 0};
    };
    first_ = linear("time_embed.0");
    second_ = linear("time_embed.2");
    const auto shape = [](Matrix& m, int64_t in, int64_t out) { m.in = in, m.out = out; };
    shape(first_matrix_, first_.in, first_.out);
    shape(second_matrix_, second_.in, second_.out);
    shape(condition_matrix_, time_channels_, layers.condition_width());
    if (config.num_classes > 0) {
        const Parameter& p = table.at("label_emb.weight");
        labels_ = {p.offset, p.count, nullptr};
    }
}

void Embedding::load_rows(Matrix& m, const LinearLayer& layer, const WeightReader& weights, AlignedBuffer& room,
                          bool training) const {
    m.columns.grow(m.in * m.out * 4);
    m.bias.grow(m.out * 4);
    if (training) m.rows.grow(m.in * m.out * 4);
    const float* from = weights.read(layer.weight, layer.in * layer.out, room);
    constexpr int64_t tile = 16;
#pragma omp parallel for schedule(static)
    for (int64_t o = 0; o < layer.out; o += tile) {
        const int64_t end = std::min(o + tile, layer.out);
        for (int64_t i = 0; i < layer.in; i++) {
            float* column = m.columns.as<float>() + i * m.out + layer.column;
            for (int64_t r = o; r < end; r++) column[r] = from[r * layer.in + i];
        }
        if (training) {
            std::copy(from + o * layer.in, from + end * layer.in,
                      m.rows.as<float>() + (layer.column + o) * layer.in);
        }
    }
    std::copy_n(weights.read(layer.bias, layer.out, room), layer.out, m.bias.as<float>() + layer.column);
}

void Embedding::load(const WeightReader& weights, bool training) {
    AlignedBuffer room;
    load_rows(first_matrix_, first_, weights, room, training);
    load_rows(second_matrix_, second_, weights, room, training);
    for (const LinearLayer& layer : conditions_) load_rows(condition_matrix_, layer, weights, room, training);
    if (labels_.count == 0) return;
    label_rows_.grow(labels_.count * 4);
    std::copy_n(weights.read(labels_.offset, labels_.count, room), labels_.count, label_rows_.as<float>());
}

void Embedding::apply(const Matrix& m, const float* x, int64_t images, float* y) const {
    for (int64_t n = 0; n < images; n++) std::copy_n(m.bias.as<float>(), m.out, y + n * m.out);
    kernels_.matmul({images, m.out, m.in, x, m.in, 1, m.columns.as<float>(), m.out, y, m.out, true});
}

void Embedding::forward(const float* t, const int64_t* labels, int64_t images, EmbeddingState& state) const {
    const int64_t width = condition_matrix_.out;
    state.images = images;
    state.storage.grow(state_bytes(images));
    float* next = state.storage.as<float>();
    const auto take = [&](int64_t row) {
        float* p = next;
        next += images * row;
        return p;
    };
    state.condition = take(width);
    state.hidden = take(time_channels_);
    state.hidden_silu = take(time_channels_);
    state.sum = take(time_channels_);
    state.sum_silu = take(time_channels_);
    state.sinusoid = take(model_channels_);
    state.labels.clear();
    if (labels_.count > 0) state.labels.assign(labels, labels + images);

    sinusoids(t, images, model_channels_, state.sinusoid);
    apply(first_matrix_, state.sinusoid, images, state.hidden);
    silu(state.hidden, images * time_channels_, state.hidden_silu);
    apply(second_matrix_, state.hidden_silu, images, state.sum);
    for (size_t n = 0; n < state.labels.size(); n++) {
        const float* row = label_rows_.as<float>() + state.labels[n] * time_channels_;
        float* sum = state.sum + static_cast<int64_t>(n) * time_channels_;
        for (int64_t i = 0; i < time_channels_; i++) sum[i] += row[i];
    }
    silu(state.sum, images * time_channels_, state.sum_silu);
    apply(condition_matrix_, state.sum_silu, images, state.condition);
}

void Embedding::input_gradient(const Matrix& m, const float* dy, int64_t images, float* dx) const {
    kernels_.matmul({images, m.in, m.out, dy, m.out, 1, m.rows.as<float>(), m.in, dx, m.in, false});
}

void Embedding::parameter_gradients(const LinearLayer& layer, const float* x, const float* dy, int64_t dy_row,
                                    int64_t images, float* gradients) const {
    kernels_.matmul(
        {layer.out, layer.in, images, dy, 1, dy_row, x, layer.in, gradients + layer.weight, layer.in, true});
    float* bias = gradients + layer.bias;
    for (int64_t n = 0; n < images; n++) {
        for (int64_t o = 0; o < layer.out; o++) bias[o] += dy[n * dy_row + o];
    }
}

void Embedding::backward(const EmbeddingState& state, const float* dcondition, float* gradients) {
    const int64_t images = state.images;
    const int64_t count = images * time_channels_;
    prepare_backward(images);
    float* const dsum = gradient_storage_.as<float>();
    float* const dhidden = dsum + count;
    for (const LinearLayer& layer : conditions_) {
        parameter_gradients(layer, state.sum_silu, dcondition + layer.column, condition_matrix_.out, images,
                            gradients);
    }
    input_gradient(condition_matrix_, dcondition, images, dsum);
    silu_gradient(state.sum, count, dsum);
    for (size_t n = 0; n < state.labels.size(); n++) {
        float* row = gradients + labels_.offset + state.labels[n] * time_channels_;
        const float* from = dsum + static_cast<int64_t>(n) * time_channels_;
        for (int64_t i = 0; i < time_channels_; i++) row[i] += from[i];
    }
    parameter_gradients(second_, state.hidden_silu, dsum, time_channels_, images, gradients);
    input_gradient(second_matrix_, dsum, images, dhidden);
    silu_gradient(state.hidden, count, dhidden);
    parameter_gradients(first_, state.sinusoid, dhidden, time_channels_, images, gradients);
}

int64_t Embedding::state_bytes(int64_t images) const {
    return images * (model_channels_ + 4 * time_channels_ + condition_matrix_.out) * 4;
}

int64_t Embedding::loaded_bytes(bool training, int64_t images) const {
    int64_t bytes = label_rows_.grown(labels_.count * 4) + gradient_storage_.grown(training ? gradient_bytes(images) : 0);
    for (const Matrix* m : {&first_matrix_, &second_matrix_, &condition_matrix_}) {
        const int64_t matrix = m->in * m->out * 4;
        bytes += m->columns.grown(matrix) + m->bias.grown(m->out * 4) + m->rows.grown(training ? matrix : 0);
    }
    return bytes;
}

int64_t Embedding::memory_bytes() const {
    int64_t bytes = label_rows_.bytes() + gradient_storage_.bytes();
    for (const Matrix* m : {&first_matrix_, &second_matrix_, &condition_matrix_}) {
        bytes += m->rows.bytes() + m->columns.bytes() + m->bias.bytes();
    }
    return bytes;
}

}  // namespace cm4j::fast
