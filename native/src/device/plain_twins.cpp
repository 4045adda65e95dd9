#include "plain_twins.h"

#include <vector>

#include "../errors.h"

namespace cm4j::twins {

using namespace operations;
using namespace elements;

namespace {

float load(const void* data, Element type, int64_t i) {
    if (type == Element::f32) return static_cast<const float*>(data)[i];
    return float_of(static_cast<uint32_t>(static_cast<const uint16_t*>(data)[i]) << 16);
}

// bfloat16 by rounding to even; NaN stays NaN.
void store(void* data, Element type, int64_t i, float value) {
    if (type == Element::f32) {
        static_cast<float*>(data)[i] = value;
        return;
    }
    const uint32_t bits = bits_of(value);
    const uint32_t rounded = (bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16;
    static_cast<uint16_t*>(data)[i] = static_cast<uint16_t>(value != value ? 0x7FC0U : rounded);
}

void require_known(Element type) {
    if (type != Element::f32 && type != Element::bf16)
        throw Unsupported("the plain twins compute in float32 and bfloat16 only");
}

struct Modulation {
    float scale, shift;
};
template <class Op>
Modulation modulation(const Op& op, int64_t n, int64_t c) {
    if (op.scale == nullptr) return {0, 0};
    const int64_t at = n * op.modulation_stride + c;
    return {load(op.scale, op.shape.type, at), load(op.shift, op.shape.type, at)};
}

// The place of pixel p of channel c of image n, in either layout.
struct Places {
    const PairShape& s;
    int64_t last(int64_t n, int64_t c, int64_t p) const { return (n * s.pixels + p) * s.channels + c; }
    int64_t first(int64_t n, int64_t c, int64_t p) const { return (n * s.channels + c) * s.pixels + p; }
};

template <class Body>
void each(const PairShape& s, int64_t n, const Body& body) {
    const Places place{s};
    for (int64_t p = 0; p < s.pixels; ++p)
        for (int64_t c = 0; c < s.channels; ++c) body(place.first(n, c, p), place.last(n, c, p));
}

}  // namespace

void norm_forward(const NormForward& op) {
    const NormShape& s = op.shape;
    require_known(s.type);
    const int64_t width = s.channels / s.groups;
    for (int64_t n = 0; n < s.images; ++n) {
        for (int64_t g = 0; g < s.groups; ++g) {
            const int64_t begin = n * s.pixels * s.channels + g * width;
            const float pivot = load(op.x, s.type, begin);
            Sums sums{0, 0};
            for (int64_t p = 0; p < s.pixels; ++p)
                for (int64_t c = 0; c < width; ++c) gather(sums, load(op.x, s.type, begin + p * s.channels + c), pivot);
            const Statistics found = statistics(sums, pivot, static_cast<float>(width * s.pixels), s.eps);
            op.statistics[2 * (n * s.groups + g)] = found.mean;
            op.statistics[2 * (n * s.groups + g) + 1] = found.rstd;
            for (int64_t c = 0; c < width; ++c) {
                const int64_t channel = g * width + c;
                const Modulation m = modulation(op, n, channel);
                const Line l = line(found, op.weight[channel], op.bias[channel], m.scale, m.shift);
                for (int64_t p = 0; p < s.pixels; ++p) {
                    const int64_t i = begin + p * s.channels + c;
                    store(op.y, s.type, i, activated(on(l, load(op.x, s.type, i)), s.silu != 0));
                }
            }
        }
    }
}

void norm_backward(const NormBackward& op) {
    const NormShape& s = op.shape;
    require_known(s.type);
    const int64_t width = s.channels / s.groups;
    const bool silu = s.silu != 0;
    for (int64_t c = 0; c < s.channels; ++c) op.weight_gradient[c] = op.bias_gradient[c] = 0;
    for (int64_t n = 0; n < s.images; ++n) {
        for (int64_t g = 0; g < s.groups; ++g) {
            const int64_t begin = n * s.pixels * s.channels + g * width;
            const float* kept = op.statistics + 2 * (n * s.groups + g);
            const Statistics found{kept[0], kept[1]};
            float plain = 0, scaled = 0;
            for (int64_t c = 0; c < width; ++c) {
                const int64_t channel = g * width + c;
                const Modulation m = modulation(op, n, channel);
                const Line l = line(found, op.weight[channel], op.bias[channel], m.scale, m.shift);
                Upstream sums{0, 0};
                for (int64_t p = 0; p < s.pixels; ++p) {
                    const int64_t i = begin + p * s.channels + c;
                    gather(sums, load(op.x, s.type, i), load(op.upstream, s.type, i), found, l, silu);
                }
                const ChannelGradient d = channel_gradient(sums, op.weight[channel], op.bias[channel], m.scale);
                op.weight_gradient[channel] += d.weight;
                op.bias_gradient[channel] += d.bias;
                if (op.scale_gradient != nullptr) {
                    store(op.scale_gradient, s.type, n * op.modulation_stride + channel, d.scale);
                    store(op.shift_gradient, s.type, n * op.modulation_stride + channel, d.shift);
                }
                plain += d.group_plain;
                scaled += d.group_scaled;
            }
            const auto count = static_cast<float>(width * s.pixels);
            for (int64_t c = 0; c < width; ++c) {
                const int64_t channel = g * width + c;
                const Modulation m = modulation(op, n, channel);
                const Line l = line(found, op.weight[channel], op.bias[channel], m.scale, m.shift);
                for (int64_t p = 0; p < s.pixels; ++p) {
                    const int64_t i = begin + p * s.channels + c;
                    store(op.x_gradient, s.type, i,
                          element_gradient(load(op.x, s.type, i), load(op.upstream, s.type, i), found, l, silu,
                                           plain / count, scaled / count));
                }
            }
        }
    }
}

void pair_input(const PairInput& op) {
    const PairShape& s = op.shape;
    require_known(s.type);
    for (int64_t n = 0; n < s.images; ++n) {
        const auto k = [&](int32_t row) { return op.coefficients[row * s.images + n]; };
        each(s, n, [&](int64_t first, int64_t last) {
            store(op.input_t, s.type, last, k(kInT) * noisy(op.x0[first], k(kSigmaT), op.z[first]));
            store(op.input_r, s.type, last, k(kInR) * noisy(op.x0[first], k(kSigmaR), op.z[first]));
        });
    }
}

void pair_loss(const PairLoss& op) {
    const PairShape& s = op.shape;
    require_known(s.type);
    const auto count = static_cast<float>(s.channels * s.pixels);
    for (int64_t n = 0; n < s.images; ++n) {
        const auto k = [&](int32_t row) { return op.coefficients[row * s.images + n]; };
        const auto difference = [&](int64_t first, int64_t last) {
            const float x0 = op.x0[first], z = op.z[first];
            const float student = denoised(noisy(x0, k(kSigmaT), z), k(kSkipT), load(op.raw_t, s.type, last), k(kOutT));
            float goal = denoised(noisy(x0, k(kSigmaR), z), k(kSkipR), load(op.raw_r, s.type, last), k(kOutR));
            if (op.nan_is_zero != 0 && goal != goal) goal = 0;
            return student - goal;
        };
        double squares = 0;
        each(s, n, [&](int64_t first, int64_t last) {
            const float d = difference(first, last);
            squares += static_cast<double>(d) * d;
        });
        const auto sum = static_cast<float>(squares);
        op.losses[n] = k(kWeight) * distance(op.distance, sum, count, op.c);
        const float factor = k(kWeight) * k(kOutT) * distance_slope(op.distance, sum, count, op.c) /
                             static_cast<float>(s.images);
        each(s, n, [&](int64_t first, int64_t last) {
            store(op.raw_gradient, s.type, last, factor * difference(first, last));
        });
    }
}

void sample_step(const SampleStep& op) {
    const PairShape& s = op.shape;
    require_known(s.type);
    const float* k = op.coefficients;
    for (int64_t n = 0; n < s.images; ++n)
        each(s, n, [&](int64_t first, int64_t last) {
            float x = op.x[first];
            if (op.raw != nullptr)
                x = clipped(denoised(x, k[kSampleSkip], load(op.raw, s.type, last), k[kSampleOut]), op.clip != 0);
            if (op.noise != nullptr) x += k[kSampleScale] * op.noise[first];
            op.x[first] = x;
            if (op.input != nullptr) store(op.input, s.type, last, k[kSampleIn] * x);
        });
}

void optimise(const Optimise& op) {
    const float factor = gradient_factor(op.scalars, op.norm == nullptr ? 0 : *op.norm, op.loss == nullptr ? 0 : *op.loss);
    if (factor != factor) return;
    const float* rates = op.scalars + kStepScalars;
    for (int64_t i = 0; i < op.count; ++i) {
        const Moments e = step(op.scalars, factor, op.gradients[i], {op.weights[i], op.exp_avg[i], op.exp_avg_sq[i]});
        op.weights[i] = e.p;
        op.exp_avg[i] = e.m;
        op.exp_avg_sq[i] = e.v;
        const auto copy = [&](const Copy& to, float value) {
            if (to.half == nullptr) return;
            require_known(to.type);
            const Segment& segment = op.segments[segment_of(op.segments, op.segment_count, i)];
            store(to.half, to.type, half_index(segment, i), value);
        };
        copy(op.weights_copy, e.p);
        for (int32_t a = 0; a < op.average_count; ++a) {
            op.averages[a][i] = average(op.averages[a][i], e.p, rates[2 * a], rates[2 * a + 1]);
            copy(op.average_copies[a], op.averages[a][i]);
        }
    }
}

void copy_weights(const CopyWeights& op) {
    require_known(op.copy.type);
    for (int64_t i = 0; i < op.count; ++i) {
        const Segment& segment = op.segments[segment_of(op.segments, op.segment_count, i)];
        store(op.copy.half, op.copy.type, half_index(segment, i), op.weights[i]);
    }
}

void dropout(const Dropout& op) {
    const PairShape& s = op.shape;
    require_known(s.type);
    const auto probability = static_cast<float>(op.probability);
    const auto kept = static_cast<float>(1.0 / (1.0 - op.probability));
    for (int64_t n = 0; n < s.images; ++n)
        each(s, n, [&](int64_t first, int64_t last) {
            const float factor = dropout_factor(static_cast<uint64_t>(op.seed[0]), op.stream,
                                                static_cast<uint32_t>(op.seed[1] + n),
                                                first - n * s.channels * s.pixels, probability, kept);
            store(op.y, s.type, last, factor * load(op.x, s.type, last));
        });
}

}  // namespace cm4j::twins
