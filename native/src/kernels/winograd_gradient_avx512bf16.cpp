// Winograd's weight gradient: dg = Gt [ sum over tiles of (Bt d B) . (A dY At) ] G, the transpose of the forward
// pass in g. The sum is a matrix product over tiles for each of the 16 frequencies; the bias gradient is the sum of
// the frequency (1, 1) of A dY At, which adds up the four pixels of a tile.
#if defined(__AVX512BF16__)

#include <omp.h>

#include <cstring>

#include "gemm_avx512bf16.h"
#include "winograd_avx512bf16.h"

namespace cm4j::fast::avx512 {
namespace {

// A block of products [16][block_out][block_in] float32 stays in the second-level cache with its operands.
constexpr int64_t block_out = 128;
constexpr int64_t block_in = 128;
constexpr int64_t block_pairs = 48;
constexpr int bias_frequency = 5;

// A dY At of the two tiles of each pair of a run: store(pair of the block, channel, frequency, first, second).
template <typename Store>
inline void transform_output_gradient(const Extent& extent, View dy, const Run& run, int64_t channel_begin,
                                      int64_t channel_end, Store&& store) {
    const int64_t top = 2 * run.line;
    const bool lower = top + 1 < extent.height;
    const int64_t line = (run.image * extent.height + top) * extent.width;
    for (int64_t k = channel_begin; k < channel_end; k += 16) {
        for (int64_t p = 0; p < run.count; p++) {
            const int64_t left = 4 * (run.first + p);
            __m512 t[4][4];  // A dY for the four columns of the pair
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                const bool inside = left + j < extent.width;
                const int64_t pixel = line + left + j;
                const __m512 y0 = inside ? load16(dy.pixel(pixel) + k) : _mm512_setzero_ps();
                const __m512 y1 = inside && lower ? load16(dy.pixel(pixel + extent.width) + k) : _mm512_setzero_ps();
                t[0][j] = y0;
                t[1][j] = _mm512_add_ps(y0, y1);
                t[2][j] = _mm512_sub_ps(y0, y1);
                t[3][j] = _mm512_sub_ps(_mm512_setzero_ps(), y1);
            }
            const int64_t pair = run.offset + p;
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                store(pair, k, 4 * i + 0, t[i][0], t[i][2]);
                store(pair, k, 4 * i + 1, _mm512_add_ps(t[i][0], t[i][1]), _mm512_add_ps(t[i][2], t[i][3]));
                store(pair, k, 4 * i + 2, _mm512_sub_ps(t[i][0], t[i][1]), _mm512_sub_ps(t[i][2], t[i][3]));
                store(pair, k, 4 * i + 3, _mm512_sub_ps(_mm512_setzero_ps(), t[i][1]),
                      _mm512_sub_ps(_mm512_setzero_ps(), t[i][3]));
            }
        }
    }
}

// Gt u G for 16 filters.
inline void transform_weight_gradient(const __m512 u[16], __m512 g[9]) {
    const __m512 half = _mm512_set1_ps(0.5f);
    __m512 t[3][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const __m512 sum = _mm512_mul_ps(half, _mm512_add_ps(u[4 + j], u[8 + j]));
        t[0][j] = _mm512_add_ps(u[j], sum);
        t[1][j] = _mm512_mul_ps(half, _mm512_sub_ps(u[4 + j], u[8 + j]));
        t[2][j] = _mm512_add_ps(sum, u[12 + j]);
    }
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
        const __m512 sum = _mm512_mul_ps(half, _mm512_add_ps(t[i][1], t[i][2]));
        g[3 * i + 0] = _mm512_add_ps(t[i][0], sum);
        g[3 * i + 1] = _mm512_mul_ps(half, _mm512_sub_ps(t[i][1], t[i][2]));
        g[3 * i + 2] = _mm512_add_ps(sum, t[i][3]);
    }
}

// The part of the gradient that one thread works on: out and in channels of this block, tiles of this thread.
struct Block {
    int64_t k, out;
    int64_t c, in;
    int64_t product_elements() const { return frequencies * out * in; }
};

void accumulate(const ConvWeightGradient& args, const Tiling& tiling, const Block& block, int64_t pair_begin,
                int64_t pair_end, float* products, float* bias) {
    const Doubling doubling = args.shape.doubled ? Doubling::input : Doubling::none;
    bf16* const inputs = scratch<bf16>(Scratch::first, frequencies * block_pairs * block.in * 2);
    bf16* const outputs = scratch<bf16>(Scratch::second, frequencies * block_pairs * block.out * 2);
    for (int64_t first = pair_begin; first < pair_end; first += block_pairs) {
        const int64_t pairs = std::min(block_pairs, pair_end - first);
        for_each_run(tiling.lines, tiling.pairs_per_line, first, pairs, [&](const Run& run) {
            const auto store = [&](int64_t pair, int64_t c, int f, __m512 even, __m512 odd)
                                   __attribute__((always_inline)) {
                bf16* v = inputs + ((f * block_pairs + run.offset + pair) * block.in + c - block.c) * 2;
                _mm512_storeu_si512(v, interleave(even, odd));
            };
            const int64_t end = block.c + block.in;
            if (doubling == Doubling::input) {
                transform_doubled_input(args.extent, args.x, run.image, run.line, 2 * run.first, run.count, block.c,
                                        end, store);
            } else {
                transform_input(args.extent, args.x, run.image, run.line, 2 * run.first, run.count, block.c, end,
                                store);
            }
            transform_output_gradient(
                args.shape.output(args.extent), args.dy, run, block.k, block.k + block.out,
                [&](int64_t pair, int64_t k, int f, __m512 even, __m512 odd) __attribute__((always_inline)) {
                    bf16* v = outputs + ((f * block_pairs + pair) * block.out + k - block.k) * 2;
                    _mm512_storeu_si512(v, interleave(even, odd));
                    if (f == bias_frequency) {
                        float* sum = bias + k - block.k;
                        _mm512_storeu_ps(sum, _mm512_add_ps(_mm512_loadu_ps(sum), _mm512_add_ps(even, odd)));
                    }
                });
        });
        for (int64_t f = 0; f < frequencies; f++) {
            if (vanishes(doubling, f)) continue;
            gemm_add(block.out, block.in, pairs, {outputs + f * block_pairs * block.out * 2, 2, 2 * block.out},
                     {inputs + f * block_pairs * block.in * 2, 2 * block.in}, products + f * block.out * block.in,
                     block.in);
        }
    }
}

// Adds up what the threads found and writes rows [begin, end) of the block.
void finish(const ConvWeightGradient& args, const Block& block, const float* products, int64_t thread_stride,
            int threads, int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; k++) {
        for (int64_t c = 0; c < block.in; c += 16) {
            __m512 u[16], g[9];
            for (int64_t f = 0; f < frequencies; f++) {
                const float* p = products + (f * block.out + k) * block.in + c;
                u[f] = _mm512_loadu_ps(p);
                for (int t = 1; t < threads; t++) u[f] = _mm512_add_ps(u[f], _mm512_loadu_ps(p + t * thread_stride));
            }
            transform_weight_gradient(u, g);
            alignas(64) float lanes[9][16];
            for (int i = 0; i < 9; i++) _mm512_store_ps(lanes[i], g[i]);
            float* dweight = args.dweight + ((block.k + k) * args.shape.in + block.c + c) * 9;
            for (int lane = 0; lane < 16; lane++) {
                for (int i = 0; i < 9; i++) dweight[9 * lane + i] += lanes[i][lane];
            }
        }
    }
}

}  // namespace

void winograd_weight_gradient(const ConvWeightGradient& args) {
    const Tiling tiling(args.shape.output(args.extent));
    const int64_t pairs = args.extent.images * tiling.lines * tiling.pairs_per_line;
    const int team = omp_get_max_threads();
    const int64_t thread_stride = frequencies * std::min(block_out, args.shape.out) * std::min(block_in, args.shape.in);
    float* const products = scratch<float>(Scratch::shared, team * thread_stride);
    float* const biases = scratch<float>(Scratch::shared_second, team * block_out);
#pragma omp parallel num_threads(team)
    {
        const int threads = omp_get_num_threads();
        const int thread = omp_get_thread_num();
        const auto share = [&](int64_t count, int t) { return count * t / threads; };
        for (int64_t k = 0; k < args.shape.out; k += block_out) {
            for (int64_t c = 0; c < args.shape.in; c += block_in) {
                const Block block{k, std::min(block_out, args.shape.out - k), c, std::min(block_in, args.shape.in - c)};
                float* const own = products + thread * thread_stride;
                float* const bias = biases + thread * block_out;
                std::memset(own, 0, sizeof(float) * static_cast<size_t>(block.product_elements()));
                std::memset(bias, 0, sizeof(float) * block_out);
                accumulate(args, tiling, block, share(pairs, thread), share(pairs, thread + 1), own,
                           bias);
#pragma omp barrier
                finish(args, block, products, thread_stride, threads, share(block.out, thread),
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

}  // namespace cm4j::fast::avx512

#endif
