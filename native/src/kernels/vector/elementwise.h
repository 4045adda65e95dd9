// Resampling, dropout and addition.
#pragma once

#include <initializer_list>

#include "../kernels.h"
#include "gemm.h"

namespace cm4j::fast {
namespace {

template <typename S>
void resize(const Resampling<Element<S>>& args) {
    const Extent& e = args.extent;
    const bool halve = args.kind == Resample::halve;
    const Vec<S> factor = S::set(args.factor);
    const int64_t height = halve ? e.height / 2 : e.height;  // of the smaller side
    const int64_t width = halve ? e.width / 2 : e.width;
    const auto write = [&](int64_t pixel, int64_t c, Vec<S> v) {
        if (args.add) v = v + S::load(args.add.pixel(pixel) + c);
        S::store(args.y.pixel(pixel) + c, v);
    };
#pragma omp parallel for schedule(static)
    for (int64_t line = 0; line < e.images * height; line++) {
        for (int64_t column = 0; column < width; column++) {
            const int64_t small = line * width + column;
            const int64_t large = line * 2 * (2 * width) + 2 * column;  // top left of the 2x2 block
            const int64_t below = large + 2 * width;
            for (int64_t c = 0; c < args.channels; c += S::lanes) {
                if (halve) {
                    const auto two = [&](int64_t at) {
                        return S::load(args.x.pixel(at) + c) + S::load(args.x.pixel(at + 1) + c);
                    };
                    const Vec<S> top = two(large), low = two(below);
                    write(small, c, factor * (top + low));
                } else {
                    const Vec<S> v = factor * S::load(args.x.pixel(small) + c);
                    for (int64_t at : {large, large + 1, below, below + 1}) write(at, c, v);
                }
            }
        }
    }
}

template <typename S>
void dropout(const Dropout<Element<S>>& args) {
    const auto threshold = static_cast<uint32_t>(static_cast<double>(args.probability) * 4294967296.0);
    const float gain = 1.f / (1.f - args.probability);
#pragma omp parallel for schedule(static)
    for (int64_t pixel = 0; pixel < args.pixels; pixel++) {
        Element<S>* x = args.x.pixel(pixel);
        const auto first = static_cast<uint64_t>(args.first + pixel * args.channels);
        for (int64_t c = 0; c < args.channels; c += S::lanes) {
            alignas(64) float gains[S::lanes];
            for (int i = 0; i < S::lanes; i++) {
                gains[i] = dropout_keeps(args.key, first + static_cast<uint64_t>(c + i), threshold) ? gain : 0.f;
            }
            S::store(x + c, S::load(gains) * S::load(x + c));
        }
    }
}

template <typename S>
void add(int64_t pixels, int64_t channels, View<Element<S>> x, View<Element<S>> y) {
#pragma omp parallel for schedule(static)
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
        for (int64_t c = 0; c < channels; c += S::lanes) {
            S::store(y.pixel(pixel) + c, S::load(y.pixel(pixel) + c) + S::load(x.pixel(pixel) + c));
        }
    }
}

}  // namespace
}  // namespace cm4j::fast
