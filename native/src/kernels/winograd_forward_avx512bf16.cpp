// Winograd convolution: forward pass and, with the turned weights, input gradient.
#if defined(__AVX512BF16__)

#include "gemm_avx512bf16.h"
#include "winograd_avx512bf16.h"

namespace cm4j::fast::avx512 {
namespace {

constexpr int64_t block_tiles = 36;           // divisible by 6 and 12, the rows of the micro-kernel
constexpr int64_t block_rows = block_tiles + 1;  // room for the phantom tile after a line of an odd number
constexpr int64_t block_columns = 64;         // output channels whose products stay in the second-level cache

// At m A of one tile, for 16 output channels; m has `stride` floats between frequencies.
template <Doubling doubling>
inline void transform_output(const float* m, int64_t stride, __m512 bias, __m512 y[2][2]) {
    __m512 s[2][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const auto product = [&](int f) {
            return vanishes(doubling, f) ? _mm512_setzero_ps() : _mm512_loadu_ps(m + f * stride);
        };
        const __m512 m0 = product(j), m1 = product(4 + j), m2 = product(8 + j), m3 = product(12 + j);
        s[0][j] = _mm512_add_ps(m0, _mm512_add_ps(m1, m2));
        s[1][j] = _mm512_sub_ps(_mm512_sub_ps(m1, m2), m3);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        y[i][0] = _mm512_add_ps(bias, _mm512_add_ps(s[i][0], _mm512_add_ps(s[i][1], s[i][2])));
        y[i][1] = _mm512_add_ps(bias, _mm512_sub_ps(_mm512_sub_ps(s[i][1], s[i][2]), s[i][3]));
    }
}

// Writes output channels [first, first + columns) of one tile; pixels beyond the picture are left out.
template <Doubling doubling>
inline void write_tile(const WinogradConvolution& args, const Run& run, int64_t tile_column, const float* products,
                       int64_t first, int64_t columns) {
    const int64_t width = args.extent.width;
    const int64_t top = 2 * run.line;
    const int64_t left = 2 * tile_column;
    const int rows = top + 1 < args.extent.height ? 2 : 1;
    const int pixels = left + 1 < width ? 2 : 1;
    const int64_t corner = (run.image * args.extent.height + top) * width + left;
    for (int64_t k = 0; k < columns; k += 16) {
        const __m512 bias = args.bias ? _mm512_loadu_ps(args.bias + first + k) : _mm512_setzero_ps();
        __m512 y[2][2];
        transform_output<doubling>(products + k, block_rows * columns, bias, y);
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
            if (i >= rows) break;
#pragma GCC unroll 2
            for (int j = 0; j < 2; j++) {
                if (j >= pixels) break;
                const int64_t pixel = corner + i * width + j;
                __m512 v = y[i][j];
                if (args.add) v = _mm512_add_ps(v, load16(args.add.pixel(pixel) + first + k));
                store16(args.y.pixel(pixel) + first + k, v);
            }
        }
    }
}

// The same for an output whose 2x2 blocks are summed: (1 1) At = (1 2 0 -1).
inline void write_sum(const WinogradConvolution& args, const Run& run, int64_t tile_column, const float* products,
                      int64_t first, int64_t columns) {
    const int64_t pixel = (run.image * (args.extent.height / 2) + run.line) * (args.extent.width / 2) + tile_column;
    const int64_t stride = block_rows * columns;
    for (int64_t k = 0; k < columns; k += 16) {
        const auto line = [&](int i) {
            const float* m = products + 4 * i * stride + k;
            const __m512 middle = _mm512_loadu_ps(m + stride);
            const __m512 ends = _mm512_sub_ps(_mm512_loadu_ps(m), _mm512_loadu_ps(m + 3 * stride));
            return _mm512_add_ps(ends, _mm512_add_ps(middle, middle));
        };
        const __m512 middle = line(1);
        __m512 v = _mm512_add_ps(_mm512_sub_ps(line(0), line(3)), _mm512_add_ps(middle, middle));
        if (args.bias) v = _mm512_add_ps(v, _mm512_loadu_ps(args.bias + first + k));
        if (args.add) v = _mm512_add_ps(v, load16(args.add.pixel(pixel) + first + k));
        store16(args.y.pixel(pixel) + first + k, v);
    }
}

template <Doubling doubling>
void convolve(const WinogradConvolution& args) {
    const Tiling tiling(args.extent);
    const int64_t tiles = args.extent.images * tiling.lines * tiling.tiles_per_line;
    const int64_t blocks = divide_up(tiles, block_tiles);
#pragma omp parallel
    {
        bf16* const inputs = scratch<bf16>(Scratch::first, frequencies * block_rows * args.in);
        float* const products = scratch<float>(Scratch::second, frequencies * block_rows * block_columns);
#pragma omp for schedule(static)
        for (int64_t block = 0; block < blocks; block++) {
            const int64_t first = block * block_tiles;
            const int64_t count = std::min(block_tiles, tiles - first);
            for_each_run(tiling.lines, tiling.tiles_per_line, first, count, [&](const Run& run) {
                // A phantom tile falls on the row of the next run, which overwrites it.
                const auto store = [&](int64_t pair, int64_t c, int f, __m512 even, __m512 odd)
                                       __attribute__((always_inline)) {
                    if (vanishes(doubling, f)) return;
                    bf16* v = inputs + (f * block_rows + run.offset + 2 * pair) * args.in + c;
                    store16(v, even);
                    store16(v + args.in, odd);
                };
                const int64_t pairs = divide_up(run.count, 2);
                if constexpr (doubling == Doubling::input) {
                    const Extent small{args.extent.images, args.extent.height / 2, args.extent.width / 2};
                    transform_doubled_input(small, args.x, run.image, run.line, run.first, pairs, 0, args.in, store);
                } else {
                    transform_input(args.extent, args.x, run.image, run.line, run.first, pairs, 0, args.in, store);
                }
            });
            for (int64_t k = 0; k < args.out; k += block_columns) {
                const int64_t columns = std::min(block_columns, args.out - k);
                for (int64_t f = 0; f < frequencies; f++) {
                    if (vanishes(doubling, f)) continue;
                    gemm_store(count, columns, args.in / 2, {inputs + f * block_rows * args.in, args.in, 2},
                               {args.packed + (f * (args.in / 2) * args.out + k) * 2, 2 * args.out},
                               products + f * block_rows * columns, columns);
                }
                for_each_run(tiling.lines, tiling.tiles_per_line, first, count, [&](const Run& run) {
                    for (int64_t t = 0; t < run.count; t++) {
                        const float* of_tile = products + (run.offset + t) * columns;
                        if constexpr (doubling == Doubling::output) {
                            write_sum(args, run, run.first + t, of_tile, k, columns);
                        } else {
                            write_tile<doubling>(args, run, run.first + t, of_tile, k, columns);
                        }
                    }
                });
            }
        }
    }
}

}  // namespace

void winograd_convolve(const WinogradConvolution& args) {
    switch (args.doubling) {
        case Doubling::none: convolve<Doubling::none>(args); break;
        case Doubling::input: convolve<Doubling::input>(args); break;
        case Doubling::output: convolve<Doubling::output>(args); break;
    }
}

}  // namespace cm4j::fast::avx512

#endif
