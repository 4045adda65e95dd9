// Winograd convolution: forward pass and, with the turned weights, input gradient.
#pragma once

#include <omp.h>

#include "division.h"
#include "winograd.h"

namespace cm4j::fast {
namespace {

// Tiles that are multiplied at once: divisible by 6 and 12, the rows of the micro-kernel.
template <typename S>
constexpr int64_t block_tiles = S::Operand::group == 2 ? 36 : 24;
template <typename S>
constexpr int64_t tile_rows = block_tiles<S> + 1;  // room for the phantom tile after a line of an odd number

template <typename S>
struct WinogradConvolution {
    Extent extent;  // of the larger side
    Doubling doubling = Doubling::none;
    int64_t in = 0;
    int64_t out = 0;
    const Value<S>* packed = nullptr;
    const float* bias = nullptr;
    View<Element<S>> x;
    View<Element<S>> add;
    View<Element<S>> y;
};

// At m A of one tile, for S::lanes output channels; m has `stride` floats between frequencies.
template <typename S, Doubling doubling>
void transform_output(const float* m, int64_t stride, Vec<S> bias, Vec<S> y[2][2]) {
    Vec<S> s[2][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const auto product = [&](int f) { return vanishes(doubling, f) ? S::zero() : S::load(m + f * stride); };
        const Vec<S> m0 = product(j), m1 = product(4 + j), m2 = product(8 + j), m3 = product(12 + j);
        s[0][j] = m0 + (m1 + m2);
        s[1][j] = (m1 - m2) - m3;
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        y[i][0] = bias + (s[i][0] + (s[i][1] + s[i][2]));
        y[i][1] = bias + ((s[i][1] - s[i][2]) - s[i][3]);
    }
}

// Writes output channels [first, first + columns) of one tile; pixels beyond the picture are left out.
template <typename S, Doubling doubling>
void write_tile(const WinogradConvolution<S>& args, const Run& run, int64_t tile_column, const float* products,
                int64_t first, int64_t columns) {
    const int64_t width = args.extent.width;
    const int64_t top = 2 * run.line;
    const int64_t left = 2 * tile_column;
    const int rows = top + 1 < args.extent.height ? 2 : 1;
    const int pixels = left + 1 < width ? 2 : 1;
    const int64_t corner = (run.image * args.extent.height + top) * width + left;
    for (int64_t k = 0; k < columns; k += S::lanes) {
        const Vec<S> bias = args.bias ? S::load(args.bias + first + k) : S::zero();
        Vec<S> y[2][2];
        transform_output<S, doubling>(products + k, tile_rows<S> * columns, bias, y);
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
            if (i >= rows) break;
#pragma GCC unroll 2
            for (int j = 0; j < 2; j++) {
                if (j >= pixels) break;
                const int64_t pixel = corner + i * width + j;
                Vec<S> v = y[i][j];
                if (args.add) v = v + S::load(args.add.pixel(pixel) + first + k);
                S::store(args.y.pixel(pixel) + first + k, v);
            }
        }
    }
}

// The same for an output whose 2x2 blocks are summed: (1 1) At = (1 2 0 -1).
template <typename S>
void write_sum(const WinogradConvolution<S>& args, const Run& run, int64_t tile_column, const float* products,
               int64_t first, int64_t columns) {
    const int64_t pixel = (run.image * (args.extent.height / 2) + run.line) * (args.extent.width / 2) + tile_column;
    const int64_t stride = tile_rows<S> * columns;
    for (int64_t k = 0; k < columns; k += S::lanes) {
        const auto line = [&](int i) {
            const float* m = products + 4 * i * stride + k;
            const Vec<S> middle = S::load(m + stride);
            const Vec<S> ends = S::load(m) - S::load(m + 3 * stride);
            return ends + (middle + middle);
        };
        const Vec<S> middle = line(1);
        Vec<S> v = (line(0) - line(3)) + (middle + middle);
        if (args.bias) v = v + S::load(args.bias + first + k);
        if (args.add) v = v + S::load(args.add.pixel(pixel) + first + k);
        S::store(args.y.pixel(pixel) + first + k, v);
    }
}

template <typename S, Doubling doubling>
void convolve(const WinogradConvolution<S>& args) {
    constexpr int group = S::Operand::group;
    const Tiling tiling(args.extent);
    const int64_t tiles = args.extent.images * tiling.lines * tiling.tiles_per_line;
    const int64_t panels = divide_up(args.out, panel_columns);
    const Division division = divide(tiles, block_tiles<S>, panels, omp_get_max_threads());
    const int64_t items = divide_up(tiles, division.rows) * division.shares;
#pragma omp parallel
    {
        Value<S>* const inputs = scratch<Value<S>>(Scratch::first, frequencies * tile_rows<S> * args.in);
        float* const products = scratch<float>(Scratch::second, frequencies * tile_rows<S> * panel_columns);
#pragma omp for schedule(static)
        for (int64_t item = 0; item < items; item++) {
            const int64_t first = item / division.shares * division.rows;
            const int64_t count = std::min(division.rows, tiles - first);
            for_each_run(tiling.lines, tiling.tiles_per_line, first, count, [&](const Run& run) {
                // A phantom tile falls on the row of the next run, which overwrites it.
                const auto store = [&](int64_t pair, int64_t c, int f, Vec<S> even, Vec<S> odd)
                                       __attribute__((always_inline)) {
                    if (vanishes(doubling, f)) return;
                    Value<S>* v = inputs + (f * tile_rows<S> + run.offset + 2 * pair) * args.in + c;
                    S::Operand::store(v, even);
                    S::Operand::store(v + args.in, odd);
                };
                const int64_t pairs = divide_up(run.count, 2);
                if constexpr (doubling == Doubling::input) {
                    const Extent small{args.extent.images, args.extent.height / 2, args.extent.width / 2};
                    transform_doubled_input<S>(small, args.x, run.image, run.line, run.first, pairs, 0, args.in, store);
                } else {
                    transform_input<S>(args.extent, args.x, run.image, run.line, run.first, pairs, 0, args.in, store);
                }
            });
            const int64_t share = item % division.shares;
            const int64_t end = std::min(args.out, panel_columns * (panels * (share + 1) / division.shares));
            for (int64_t k = panel_columns * (panels * share / division.shares); k < end; k += panel_columns) {
                const int64_t columns = std::min(panel_columns, args.out - k);
                for (int64_t f = 0; f < frequencies; f++) {
                    if (vanishes(doubling, f)) continue;
                    S::Gemm::store(count, columns, args.in / group,
                                   {inputs + f * tile_rows<S> * args.in, args.in, group},
                                   {args.packed + (f * args.out + k) * args.in, group * columns},
                                   products + f * tile_rows<S> * columns, columns);
                }
                for_each_run(tiling.lines, tiling.tiles_per_line, first, count, [&](const Run& run) {
                    for (int64_t t = 0; t < run.count; t++) {
                        const float* of_tile = products + (run.offset + t) * columns;
                        if constexpr (doubling == Doubling::output) {
                            write_sum<S>(args, run, run.first + t, of_tile, k, columns);
                        } else {
                            write_tile<S, doubling>(args, run, run.first + t, of_tile, k, columns);
                        }
                    }
                });
            }
        }
    }
}

template <typename S>
void winograd_convolve(const WinogradConvolution<S>& args) {
    switch (args.doubling) {
        case Doubling::none: convolve<S, Doubling::none>(args); break;
        case Doubling::input: convolve<S, Doubling::input>(args); break;
        case Doubling::output: convolve<S, Doubling::output>(args); break;
    }
}

}  // namespace
}  // namespace cm4j::fast
