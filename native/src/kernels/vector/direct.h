// Convolutions as matrix products over gathered rows: 1x1, strided, and the few channels of pictures. Weights, forward
// pass and input gradient.
//
// Forward weights are [taps x in / group][out][group], those of the gradient [taps x out / group][in][group]; the
// summed channels are padded to even, the columns to multiples of 16, with zeros.
#pragma once

#include <omp.h>

#include <algorithm>

#include "division.h"
#include "window.h"

namespace cm4j::fast {
namespace {

constexpr int64_t direct_rows = 48;  // pixels handled at once

struct PackedSize {
    int64_t sums;     // even
    int64_t columns;  // multiple of 16
};

PackedSize packed_size(const ConvShape& s, bool gradient) {
    return gradient ? PackedSize{round_up(s.out, 2), round_up(s.in, 16)}
                    : PackedSize{round_up(s.in, 2), round_up(s.out, 16)};
}

int64_t direct_packed_values(const ConvShape& shape, bool gradient) {
    const auto [sums, columns] = packed_size(shape, gradient);
    return shape.taps() * sums * columns;
}

template <typename S>
void direct_pack(const ConvShape& shape, const float* weight, bool gradient, Value<S>* packed) {
    constexpr int group = S::Operand::group;
    const auto [sums, columns] = packed_size(shape, gradient);
    const int64_t real_sums = gradient ? shape.out : shape.in;
    const int64_t real_columns = gradient ? shape.in : shape.out;
    const int64_t taps = shape.taps();
    const int64_t sum_stride = gradient ? shape.in * taps : taps;
    const int64_t column_stride = gradient ? taps : shape.in * taps;
    // Columns in blocks of one vector, so that what is read and what is written stay in the first-level cache.
    constexpr int64_t block = 16;
    for (int64_t first = 0; first < columns; first += block) {
        for (int64_t s = 0; s < sums; s += group) {
            for (int64_t tap = 0; tap < taps; tap++) {
                Value<S>* const to = packed + (tap * sums + s) * columns + group * first;
                for (int64_t n = 0; n < block; n++) {
                    for (int64_t i = 0; i < group; i++) {
                        const bool real = s + i < real_sums && first + n < real_columns;
                        const float* const from = weight + (s + i) * sum_stride + (first + n) * column_stride + tap;
                        to[group * n + i] = S::Operand::from_float(real ? *from : 0.f);
                    }
                }
            }
        }
    }
}

template <typename S>
struct DirectProduct {
    Window window;
    int64_t out;  // channels written
    PackedSize size;
    const Value<S>* packed;
    const float* bias;
    View<Element<S>> x;
    View<Element<S>> add;
    ConvOutput<Element<S>> y;
};

// Rows of the product that are not written by the micro-kernel itself.
template <typename S>
void write_rows(const DirectProduct<S>& p, int64_t first, int64_t rows, const float* products) {
    for (int64_t i = 0; i < rows; i++) {
        const float* row = products + i * p.size.columns;
        for (int64_t n = 0; n < p.out; n++) {
            float v = row[n] + (p.bias ? p.bias[n] : 0.f);
            if (p.add) v += to_float(p.add.pixel(first + i)[n]);
            if (p.y.full) {
                p.y.full[(first + i) * p.out + n] = v;
            } else {
                p.y.view.pixel(first + i)[n] = rounded<Element<S>>(v);
            }
        }
    }
}

template <typename S>
void multiply(const DirectProduct<S>& p) {
    constexpr int group = S::Operand::group;
    const int64_t pixels = p.window.target.pixels();
    const int64_t length = p.window.taps() * p.size.sums;
    const bool in_place = p.y.view && p.out == p.size.columns;  // the micro-kernel can write the result
    const int64_t block_rows = divide(pixels, direct_rows, 1, omp_get_max_threads()).rows;
    const int64_t blocks = divide_up(pixels, block_rows);
#pragma omp parallel for schedule(static)
    for (int64_t block = 0; block < blocks; block++) {
        const int64_t first = block * block_rows;
        const int64_t rows = std::min(block_rows, pixels - first);
        Value<S>* const space = scratch<Value<S>>(Scratch::first, direct_rows * length);
        Left<Value<S>> left{space, length, group};
        if (p.window.pointwise()) {
            left = left_rows<S>({p.x.pixel(first), p.x.stride}, rows, length, space);
        } else {
            for (int64_t i = 0; i < rows; i++) {
                gather_row<S>(p.window, p.x, p.size.sums, first + i, space + i * length);
            }
        }
        const Right<Value<S>> right{p.packed, group * p.size.columns};
        if (in_place) {
            S::Gemm::finish(rows, p.size.columns, length / group, left, right,
                            Finish<Element<S>>{p.y.view.pixel(first), p.y.view.stride, p.bias,
                                               p.add ? p.add.pixel(first) : nullptr, p.add.stride});
        } else {
            float* products = scratch<float>(Scratch::second, direct_rows * p.size.columns);
            S::Gemm::store(rows, p.size.columns, length / group, left, right, products, p.size.columns);
            write_rows<S>(p, first, rows, products);
        }
    }
}

template <typename S>
void direct_forward(const ConvForward<Element<S>>& a, const Value<S>* packed) {
    multiply<S>({{a.shape.output(a.extent), a.extent, a.shape.kernel, a.shape.stride, false},
                 a.shape.out, packed_size(a.shape, false), packed, a.bias, a.x, a.add, a.y});
}

template <typename S>
void direct_input_gradient(const ConvInputGradient<Element<S>>& a, const Value<S>* packed) {
    multiply<S>({{a.extent, a.shape.output(a.extent), a.shape.kernel, a.shape.stride, true},
                 a.shape.in, packed_size(a.shape, true), packed, nullptr, a.dy, a.add, a.dx});
}

}  // namespace
}  // namespace cm4j::fast
