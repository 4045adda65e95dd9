// Fused GroupNorm, conditioning and SiLU: forward pass. Two readings of an image: statistics, then the result.
#pragma once

#include <omp.h>

#include <cmath>

#include "../buffers.h"
#include "../kernels.h"
#include "exponential.h"

namespace cm4j::fast {
namespace {

// Channels of one image that are normalised together with no other: whole groups and whole vectors. All channels,
// unless there are fewer images than threads.
struct Share {
    int64_t per_image;
    int64_t channels;

    template <typename E>
    explicit Share(const Norm<E>& args) : per_image(1), channels(args.channels) {
        const int64_t width = args.channels / norm_groups;
        int64_t unit = 16;
        while (unit % width != 0 || args.channels % unit != 0) unit += 16;
        while (args.extent.images * per_image < omp_get_max_threads() && channels % (2 * unit) == 0) {
            channels /= 2;
            per_image *= 2;
        }
    }
};

// Calls f.operator()<Vectors>(first channel) for channels [begin, end), up to S::lanes x Most at once.
template <typename S, int Most, typename F>
void for_each_vectors(int64_t begin, int64_t end, F&& f) {
    while (end - begin >= S::lanes * Most) f.template operator()<Most>(begin), begin += S::lanes * Most;
    if constexpr (Most > 2) {
        if (end - begin >= 2 * S::lanes) f.template operator()<2>(begin), begin += 2 * S::lanes;
    }
    if (end - begin >= S::lanes) f.template operator()<1>(begin);
}

// Sums of x - x[0] and of its square for each channel: the shift keeps large offsets out of the squares.
template <typename S, int Vectors>
void channel_sums(const Element<S>* x, int64_t stride, int64_t pixels, float* sum, float* square) {
    Vec<S> pivot[Vectors], s[Vectors], q[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) {
        pivot[v] = S::load(x + S::lanes * v);
        s[v] = q[v] = S::zero();
    }
    for (int64_t i = 0; i < pixels; i++, x += stride) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; v++) {
            const Vec<S> d = S::load(x + S::lanes * v) - pivot[v];
            s[v] = s[v] + d;
            q[v] = S::fma(d, d, q[v]);
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) {
        S::store(sum + S::lanes * v, s[v]);
        S::store(square + S::lanes * v, q[v]);
    }
}

template <typename S, int Vectors, bool silu>
void normalise(const Element<S>* x, int64_t x_stride, Element<S>* y, int64_t y_stride, int64_t pixels,
               const float* slope, const float* intercept) {
    Vec<S> a[Vectors], b[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) {
        a[v] = S::load(slope + S::lanes * v);
        b[v] = S::load(intercept + S::lanes * v);
    }
    for (int64_t i = 0; i < pixels; i++, x += x_stride, y += y_stride) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; v++) {
            Vec<S> z = S::fma(S::load(x + S::lanes * v), a[v], b[v]);
            if constexpr (silu) z = z * sigmoid<S>(z);
            S::store(y + S::lanes * v, z);
        }
    }
}

// Mean and 1 / standard deviation of the groups in channels [begin, end) from the sums of their channels.
template <typename E>
void group_statistics(const NormForward<E>& args, int64_t image, int64_t begin, int64_t end, const float* sum,
                      const float* square) {
    const int64_t width = args.channels / norm_groups;
    const auto pixels = static_cast<float>(args.extent.area());
    const E* first = args.x.pixel(image * args.extent.area());
    const float* offset = args.offset ? args.offset + image * args.condition_stride : nullptr;
    for (int64_t g = begin / width; g < end / width; g++) {
        // Channels have equal weight: the group's spread is that within channels and that between their means.
        const auto channel_mean = [&](int64_t c) {
            return to_float(first[c]) + sum[c] / pixels + (offset ? offset[c] : 0.f);
        };
        float mean = 0;
        for (int64_t c = g * width; c < (g + 1) * width; c++) mean += channel_mean(c);
        mean /= static_cast<float>(width);
        float spread = 0;
        for (int64_t c = g * width; c < (g + 1) * width; c++) {
            const float between = channel_mean(c) - mean;
            spread += square[c] - sum[c] * (sum[c] / pixels) + pixels * between * between;
        }
        const float variance = std::fmax(spread, 0.f) / (pixels * static_cast<float>(width));
        float* statistics = args.statistics + (image * norm_groups + g) * 2;
        statistics[0] = mean;
        statistics[1] = 1.f / std::sqrt(variance + norm_eps);
    }
}

// z = slope x + intercept for channels [begin, end) of one image; both arrays are indexed by channel.
template <typename E>
void norm_coefficients(const Norm<E>& args, const float* statistics, int64_t image, int64_t begin, int64_t end,
                       float* slope, float* intercept) {
    const int64_t width = args.channels / norm_groups;
    const float* condition = args.scale_shift ? args.scale_shift + image * args.condition_stride : nullptr;
    const float* offset = args.offset ? args.offset + image * args.condition_stride : nullptr;
    for (int64_t g = begin / width; g < end / width; g++) {
        const float mean = statistics[(image * norm_groups + g) * 2];
        const float inverse = statistics[(image * norm_groups + g) * 2 + 1];
        for (int64_t c = g * width; c < (g + 1) * width; c++) {
            float a = inverse * args.gamma[c];
            float b = args.beta[c] + a * ((offset ? offset[c] : 0.f) - mean);
            if (condition) {
                const float gain = 1.f + condition[c];
                a *= gain;
                b = b * gain + condition[args.channels + c];
            }
            slope[c] = a;
            intercept[c] = b;
        }
    }
}

template <typename S>
void norm_forward(const NormForward<Element<S>>& args) {
    const Share share(args);
    const int64_t pixels = args.extent.area();
#pragma omp parallel for schedule(static)
    for (int64_t item = 0; item < args.extent.images * share.per_image; item++) {
        const int64_t image = item / share.per_image;
        const int64_t begin = item % share.per_image * share.channels;
        const int64_t end = begin + share.channels;
        const View<Element<S>> x{args.x.pixel(image * pixels), args.x.stride};
        const View<Element<S>> y{args.y.pixel(image * pixels), args.y.stride};
        // First the sums of the channels, then the coefficients of the result.
        float* first = scratch<float>(Scratch::first, 2 * args.channels);
        float* second = first + args.channels;
        for_each_vectors<S, 4>(begin, end, [&]<int Vectors>(int64_t c) {
            channel_sums<S, Vectors>(x.data + c, x.stride, pixels, first + c, second + c);
        });
        group_statistics(args, image, begin, end, first, second);
        norm_coefficients(args, args.statistics, image, begin, end, first, second);
        for_each_vectors<S, 4>(begin, end, [&]<int Vectors>(int64_t c) {
            const auto run = args.silu ? normalise<S, Vectors, true> : normalise<S, Vectors, false>;
            run(x.data + c, x.stride, y.data + c, y.stride, pixels, first + c, second + c);
        });
    }
}

}  // namespace
}  // namespace cm4j::fast
