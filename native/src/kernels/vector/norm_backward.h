// Fused GroupNorm, conditioning and SiLU: backward pass.
//
// With x^ = (x + offset - mean) / deviation, z = (gamma x^ + beta) gain + shift and d = dL/dz:
//   dgamma = sum gain d x^,  dbeta = sum gain d,  dscale = sum d (gamma x^ + beta),  dshift = sum d
//   dx = (e - mean(e) - x^ mean(e x^)) / deviation,  e = d gain gamma, means over the group
#pragma once

#include "norm.h"

namespace cm4j::fast {
namespace {

// Arrays of one image, one value a channel.
struct NormChannels {
    float* slope;      // z = slope x + intercept
    float* intercept;
    float* inverse;    // x^ = inverse x + centre
    float* centre;
    float* sum_d;
    float* sum_dx;     // d x^
    float* sum_x;      // x^
    float* from_d;     // dx = from_d d + from_x x + constant
    float* from_x;
    float* constant;

    explicit NormChannels(int64_t channels) {
        float* next = scratch<float>(Scratch::first, 10 * channels);
        for (float** p :
             {&slope, &intercept, &inverse, &centre, &sum_d, &sum_dx, &sum_x, &from_d, &from_x, &constant}) {
            *p = next;
            next += channels;
        }
    }
};

// Replaces dy by d = dL/dz and adds up what the gradients need; sum_x only where `offset` asks for it.
template <typename S, int Vectors, bool silu, bool offset>
void reduce_gradient(View<Element<S>> x, View<Element<S>> dy, int64_t pixels, int64_t c, const NormChannels& ch) {
    Vec<S> a[Vectors], b[Vectors], p[Vectors], q[Vectors], sum_d[Vectors], sum_dx[Vectors], sum_x[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) {
        a[v] = S::load(ch.slope + c + S::lanes * v);
        b[v] = S::load(ch.intercept + c + S::lanes * v);
        p[v] = S::load(ch.inverse + c + S::lanes * v);
        q[v] = S::load(ch.centre + c + S::lanes * v);
        sum_d[v] = sum_dx[v] = sum_x[v] = S::zero();
    }
    const Element<S>* px = x.data + c;
    Element<S>* pd = dy.data + c;
    for (int64_t i = 0; i < pixels; i++, px += x.stride, pd += dy.stride) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; v++) {
            const Vec<S> value = S::load(px + S::lanes * v);
            Vec<S> d = S::load(pd + S::lanes * v);
            if constexpr (silu) {
                const Vec<S> z = S::fma(value, a[v], b[v]);
                const Vec<S> s = sigmoid<S>(z);
                // silu'(z) = s + s z (1 - s)
                d = d * S::fma(s, S::fnma(z, s, z), s);
                S::store(pd + S::lanes * v, d);
            }
            const Vec<S> normed = S::fma(value, p[v], q[v]);
            sum_d[v] = sum_d[v] + d;
            sum_dx[v] = S::fma(d, normed, sum_dx[v]);
            if constexpr (offset) sum_x[v] = sum_x[v] + normed;
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) {
        S::store(ch.sum_d + c + S::lanes * v, sum_d[v]);
        S::store(ch.sum_dx + c + S::lanes * v, sum_dx[v]);
        S::store(ch.sum_x + c + S::lanes * v, sum_x[v]);
    }
}

template <typename S, int Vectors, int Adds>
void apply_gradient(View<Element<S>> x, View<Element<S>> d, View<Element<S>> dx, const View<Element<S>>* add,
                    int64_t pixels, int64_t c, const NormChannels& ch) {
    Vec<S> p[Vectors], q[Vectors], r[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) {
        p[v] = S::load(ch.from_d + c + S::lanes * v);
        q[v] = S::load(ch.from_x + c + S::lanes * v);
        r[v] = S::load(ch.constant + c + S::lanes * v);
    }
    for (int64_t i = 0; i < pixels; i++) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; v++) {
            const int64_t at = c + S::lanes * v;
            Vec<S> value = S::fma(S::load(x.pixel(i) + at), q[v], r[v]);
            value = S::fma(S::load(d.pixel(i) + at), p[v], value);
#pragma GCC unroll 2
            for (int a = 0; a < Adds; a++) value = value + S::load(add[a].pixel(i) + at);
            S::store(dx.pixel(i) + at, value);
        }
    }
}

template <typename E>
void normalised_coefficients(const NormBackward<E>& args, int64_t image, int64_t begin, int64_t end,
                             const NormChannels& ch) {
    const int64_t width = args.channels / norm_groups;
    const float* offset = args.offset ? args.offset + image * args.condition_stride : nullptr;
    for (int64_t g = begin / width; g < end / width; g++) {
        const float* statistics = args.statistics + (image * norm_groups + g) * 2;
        for (int64_t c = g * width; c < (g + 1) * width; c++) {
            ch.inverse[c] = statistics[1];
            ch.centre[c] = ((offset ? offset[c] : 0.f) - statistics[0]) * statistics[1];
        }
    }
}

// From the sums of an image: its share of dgamma and dbeta, its conditioning gradient, the coefficients of dx.
template <typename E>
void norm_gradients(const NormBackward<E>& args, int64_t image, int64_t begin, int64_t end, const NormChannels& ch,
                    float* dgamma, float* dbeta) {
    const int64_t width = args.channels / norm_groups;
    const auto pixels = static_cast<float>(args.extent.area());
    const float* condition = args.scale_shift ? args.scale_shift + image * args.condition_stride : nullptr;
    float* dcondition = args.dcondition ? args.dcondition + image * args.condition_stride : nullptr;
    for (int64_t g = begin / width; g < end / width; g++) {
        float mean_e = 0, mean_ex = 0;
        for (int64_t c = g * width; c < (g + 1) * width; c++) {
            const float gain = condition ? 1.f + condition[c] : 1.f;
            mean_e += gain * args.gamma[c] * ch.sum_d[c];
            mean_ex += gain * args.gamma[c] * ch.sum_dx[c];
            dgamma[c] = gain * ch.sum_dx[c];
            dbeta[c] = gain * ch.sum_d[c];
            if (condition && dcondition) {
                dcondition[c] = args.gamma[c] * ch.sum_dx[c] + args.beta[c] * ch.sum_d[c];
                dcondition[args.channels + c] = ch.sum_d[c];
            }
        }
        mean_e /= pixels * static_cast<float>(width);
        mean_ex /= pixels * static_cast<float>(width);
        for (int64_t c = g * width; c < (g + 1) * width; c++) {
            const float inverse = ch.inverse[c];
            ch.from_d[c] = ch.slope[c];
            ch.from_x[c] = -inverse * inverse * mean_ex;
            ch.constant[c] = -inverse * (mean_e + ch.centre[c] * mean_ex);
            if (args.offset && dcondition) {
                dcondition[c] = ch.slope[c] * ch.sum_d[c] - inverse * (pixels * mean_e + mean_ex * ch.sum_x[c]);
            }
        }
    }
}

template <typename S>
void norm_backward(const NormBackward<Element<S>>& args) {
    using Rows = View<Element<S>>;
    const Share share(args);
    const int64_t pixels = args.extent.area();
    const int64_t images = args.extent.images;
    // Each image's share, summed in the order of images: the result does not depend on the threads.
    float* const partial = scratch<float>(Scratch::shared, images * 2 * args.channels);
    Rows add[2];
    int adds = 0;
    for (const Rows& v : args.add) {
        if (v) add[adds++] = v;
    }
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t item = 0; item < images * share.per_image; item++) {
            const int64_t image = item / share.per_image;
            const int64_t begin = item % share.per_image * share.channels;
            const int64_t end = begin + share.channels;
            const NormChannels ch(args.channels);
            const auto of_image = [&](const Rows& v) { return v ? Rows{v.pixel(image * pixels), v.stride} : v; };
            const Rows x = of_image(args.x), dy = of_image(args.dy), dx = of_image(args.dx);
            const Rows more[2] = {of_image(add[0]), of_image(add[1])};
            float* const dgamma = partial + image * 2 * args.channels;
            norm_coefficients(args, args.statistics, image, begin, end, ch.slope, ch.intercept);
            normalised_coefficients(args, image, begin, end, ch);
            for_each_vectors<S, 32 / S::lanes>(begin, end, [&]<int Vectors>(int64_t c) {
                const auto activated = args.offset ? reduce_gradient<S, Vectors, true, true>
                                                   : reduce_gradient<S, Vectors, true, false>;
                const auto plain = args.offset ? reduce_gradient<S, Vectors, false, true>
                                               : reduce_gradient<S, Vectors, false, false>;
                (args.silu ? activated : plain)(x, dy, pixels, c, ch);
            });
            norm_gradients(args, image, begin, end, ch, dgamma, dgamma + args.channels);
            for_each_vectors<S, 4>(begin, end, [&]<int Vectors>(int64_t c) {
                const auto run = adds == 0   ? apply_gradient<S, Vectors, 0>
                                 : adds == 1 ? apply_gradient<S, Vectors, 1>
                                             : apply_gradient<S, Vectors, 2>;
                run(x, dy, dx, more, pixels, c, ch);
            });
        }
#pragma omp for schedule(static)
        for (int64_t c = 0; c < args.channels; c += S::lanes) {
            Vec<S> gamma = S::zero(), beta = S::zero();
            for (int64_t n = 0; n < images; n++) {
                gamma = gamma + S::load(partial + n * 2 * args.channels + c);
                beta = beta + S::load(partial + (n * 2 + 1) * args.channels + c);
            }
            S::store(args.dgamma + c, gamma + S::load(args.dgamma + c));
            S::store(args.dbeta + c, beta + S::load(args.dbeta + c));
        }
    }
}

}  // namespace
}  // namespace cm4j::fast
