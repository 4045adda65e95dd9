// Winograd's weight gradient: dg = Gt [ sum over tiles of (Bt d B) . (A dY At) ] G, the transpose of the forward
// pass in g. The sum is a matrix product over tiles for each of the 16 frequencies; the bias gradient is the sum of
// the frequency (1, 1) of A dY At, which adds up the four pixels of a tile.
#pragma once

#include <omp.h>

#include <cstring>

#include "winograd.h"

namespace cm4j::fast {
namespace {

// A block of products [16][block_out][block_in] float32 stays near the second-level cache with its operands.
constexpr int64_t block_out = 128;
constexpr int64_t block_in = 128;
template <typename S>
constexpr int64_t block_pairs = 24 * S::Operand::group;
constexpr int bias_frequency = 5;

// A dY At of the two tiles of each pair of a run: store(pair of the block, channel, frequency, first, second).
template <typename S, typename Store>
void transform_output_gradient(const Extent& extent, View<Element<S>> dy, const Run& run, int64_t channel_begin,
                               int64_t channel_end, Store&& store) {
    const int64_t top = 2 * run.line;
    const bool lower = top + 1 < extent.height;
    const int64_t line = (run.image * extent.height + top) * extent.width;
    for (int64_t k = channel_begin; k < channel_end; k += S::lanes) {
        for (int64_t p = 0; p < run.count; p++) {
            const int64_t left = 4 * (run.first + p);
            Vec<S> t[4][4];  // A dY for the four columns of the pair
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                const bool inside = left + j < extent.width;
                const int64_t pixel = line + left + j;
                const Vec<S> y0 = inside ? S::load(dy.pixel(pixel) + k) : S::zero();
                const Vec<S> y1 = inside && lower ? S::load(dy.pixel(pixel + extent.width) + k) : S::zero();
                t[0][j] = y0;
                t[1][j] = y0 + y1;
                t[2][j] = y0 - y1;
                t[3][j] = S::zero() - y1;
            }
            const int64_t pair = run.offset + p;
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                store(pair, k, 4 * i + 0, t[i][0], t[i][2]);
                store(pair, k, 4 * i + 1, t[i][0] + t[i][1], t[i][2] + t[i][3]);
                store(pair, k, 4 * i + 2, t[i][0] - t[i][1], t[i][2] - t[i][3]);
                store(pair, k, 4 * i + 3, S::zero() - t[i][1], S::zero() - t[i][3]);
            }
        }
    }
}

// Gt u G for S::lanes filters.
template <typename S>
void transform_weight_gradient(const Vec<S> u[16], Vec<S> g[9]) {
    const Vec<S> half = S::set(0.5f);
    Vec<S> t[3][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const Vec<S> sum = half * (u[4 + j] + u[8 + j]);
        t[0][j] = u[j] + sum;
        t[1][j] = half * (u[4 + j] - u[8 + j]);
        t[2][j] = sum + u[12 + j];
    }
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
        const Vec<S> sum = half * (t[i][1] + t[i][2]);
        g[3 * i + 0] = t[i][0] + sum;
        g[3 * i + 1] = half * (t[i][1] - t[i][2]);
        g[3 * i + 2] = sum + t[i][3];
    }
}

// The part of the gradient that one thread works on: out and in channels of this block, tiles of this thread.
struct FilterBlock {
    int64_t k, out;
    int64_t c, in;
    int64_t product_elements() const { return frequencies * out * in; }
};

template <typename S>
void sum_tiles(const ConvWeightGradient<Element<S>>& args, const Tiling& tiling, const FilterBlock& block,
               int64_t pair_begin, int64_t pair_end, float* products, float* bias) {
    constexpr int group = S::Operand::group;
    const Doubling doubling = args.shape.doubled ? Doubling::input : Doubling::none;
    Value<S>* const inputs = scratch<Value<S>>(Scratch::first, frequencies * block_pairs<S> * block.in * 2);
    Value<S>* const outputs = scratch<Value<S>>(Scratch::second, frequencies * block_pairs<S> * block.out * 2);
    for (int64_t first = pair_begin; first < pair_end; first += block_pairs<S>) {
        const int64_t pairs = std::min(block_pairs<S>, pair_end - first);
        for_each_run(tiling.lines, tiling.pairs_per_line, first, pairs, [&](const Run& run) {
            const auto store = [&](int64_t pair, int64_t c, int f, Vec<S> even, Vec<S> odd)
                                   __attribute__((always_inline)) {
                Value<S>* rows = inputs + (f * block_pairs<S> + run.offset + pair) * 2 * block.in;
                S::Operand::store_two_rows(rows, block.in, c - block.c, even, odd);
            };
            const int64_t end = block.c + block.in;
            if (doubling == Doubling::input) {
                transform_doubled_input<S>(args.extent, args.x, run.image, run.line, 2 * run.first, run.count,
                                           block.c, end, store);
            } else {
                transform_input<S>(args.extent, args.x, run.image, run.line, 2 * run.first, run.count, block.c, end,
                                   store);
            }
            transform_output_gradient<S>(
                args.shape.output(args.extent), args.dy, run, block.k, block.k + block.out,
                [&](int64_t pair, int64_t k, int f, Vec<S> even, Vec<S> odd) __attribute__((always_inline)) {
                    Value<S>* rows = outputs + (f * block_pairs<S> + pair) * 2 * block.out;
                    S::Operand::store_two_rows(rows, block.out, k - block.k, even, odd);
                    if (f == bias_frequency) {
                        float* sum = bias + k - block.k;
                        S::store(sum, S::load(sum) + (even + odd));
                    }
                });
        });
        for (int64_t f = 0; f < frequencies; f++) {
            if (vanishes(doubling, f)) continue;
            S::Gemm::add(block.out, block.in, 2 * pairs / group,
                         {outputs + f * block_pairs<S> * 2 * block.out, group, group * block.out},
                         {inputs + f * block_pairs<S> * 2 * block.in, group * block.in},
                         products + f * block.out * block.in, block.in);
        }
    }
}

// Adds up what the threads found and writes rows [begin, end) of the block.
template <typename S>
void write_filters(const ConvWeightGradient<Element<S>>& args, const FilterBlock& block, const float* products,
                   int64_t thread_stride, int threads, int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; k++) {
        for (int64_t c = 0; c < block.in; c += S::lanes) {
            Vec<S> u[16], g[9];
            for (int64_t f = 0; f < frequencies; f++) {
                const float* p = products + (f * block.out + k) * block.in + c;
                u[f] = S::load(p);
                for (int t = 1; t < threads; t++) u[f] = u[f] + S::load(p + t * thread_stride);
            }
            transform_weight_gradient<S>(u, g);
            alignas(64) float lanes[9][S::lanes];
            for (int i = 0; i < 9; i++) S::store(lanes[i], g[i]);
            float* dweight = args.dweight + ((block.k + k) * args.shape.in + block.c + c) * 9;
            for (int lane = 0; lane < S::lanes; lane++) {
                for (int i = 0; i < 9; i++) dweight[9 * lane + i] += lanes[i][lane];
            }
        }
    }
}

template <typename S>
void winograd_weight_gradient(const ConvWeightGradient<Element<S>>& args) {
    const Tiling tiling(args.shape.output(args.extent));
    const int64_t pairs = args.extent.images * tiling.lines * tiling.pairs_per_line;
    const int team = omp_get_max_threads();
    const int64_t thread_stride =
        frequencies * std::min(block_out, args.shape.out) * std::min(block_in, args.shape.in);
    float* const products = scratch<float>(Scratch::shared, team * thread_stride);
    float* const biases = scratch<float>(Scratch::shared_second, team * block_out);
#pragma omp parallel num_threads(team)
    {
        const int threads = omp_get_num_threads();
        const int thread = omp_get_thread_num();
        const auto share = [&](int64_t count, int t) { return count * t / threads; };
        for (int64_t k = 0; k < args.shape.out; k += block_out) {
            for (int64_t c = 0; c < args.shape.in; c += block_in) {
                const FilterBlock block{k, std::min(block_out, args.shape.out - k), c,
                                        std::min(block_in, args.shape.in - c)};
                float* const own = products + thread * thread_stride;
                float* const bias = biases + thread * block_out;
                std::memset(own, 0, sizeof(float) * static_cast<size_t>(block.product_elements()));
                std::memset(bias, 0, sizeof(float) * block_out);
                sum_tiles<S>(args, tiling, block, share(pairs, thread), share(pairs, thread + 1), own, bias);
#pragma omp barrier
                write_filters<S>(args, block, products, thread_stride, threads, share(block.out, thread),
                                 share(block.out, thread + 1));
                if (c == 0 && thread == 0) {
                    for (int t = 0; t < threads; t++) {
                        for (int64_t i = 0; i < block.out; i++) args.dbias[k + i] += biases[t * block_out + i];
                    }
                }
#pragma omp barrier
            }
        }
    }
}

}  // namespace
}  // namespace cm4j::fast
