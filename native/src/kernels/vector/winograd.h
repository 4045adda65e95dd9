// Winograd F(2x2, 3x3) for 3x3 convolutions of stride 1 whose channels are multiples of 32.
//
//   Y = At [ sum over c of (G g Gt) . (Bt d B) ] A          (Lavin & Gray 2016, section 4.1)
//
// A tile is a 2x2 block of output pixels and reads a 4x4 block d of the input: 16 products instead of 36. Tiles are
// transformed in pairs of horizontal neighbours, which share two of their columns; the last pair of a line may have
// a phantom second tile beyond the picture.
#pragma once

#include <algorithm>

#include "../buffers.h"
#include "../kernels.h"
#include "gemm.h"

namespace cm4j::fast {
namespace {

constexpr int64_t frequencies = 16;

// Output channels that are multiplied at once: their products stay in the second-level cache, and their weights stand
// together, so that they are read in one stream.
constexpr int64_t panel_columns = 64;

// Whether one side of a convolution has half the resolution of the other: an input that is doubled by nearest
// neighbours, or, for its gradient, an output whose 2x2 blocks are summed. Tiles are then single pixels of the small
// side, and all frequencies of row or column 2 vanish: Bt d has d1 - d2 = 0 there, and the sum of At m has weight 0.
enum class Doubling { none, input, output };

constexpr bool vanishes(Doubling doubling, int64_t frequency) {
    return doubling != Doubling::none && (frequency % 4 == 2 || frequency / 4 == 2);
}

// The tiles of a batch, line by line.
struct Tiling {
    int64_t lines;  // of one image
    int64_t tiles_per_line;
    int64_t pairs_per_line;

    explicit Tiling(Extent e)
        : lines((e.height + 1) / 2), tiles_per_line((e.width + 1) / 2), pairs_per_line((tiles_per_line + 1) / 2) {}
};

// Neighbouring tiles, or pairs of them, of one line.
struct Run {
    int64_t image;
    int64_t line;    // within the image
    int64_t first;   // within the line
    int64_t count;
    int64_t offset;  // tiles or pairs before it in the block
};

// Calls f for the runs that make up tiles (or pairs) [first, first + count) of a batch.
template <typename F>
void for_each_run(int64_t lines, int64_t per_line, int64_t first, int64_t count, F&& f) {
    for (int64_t done = 0; done < count;) {
        const int64_t line = (first + done) / per_line;
        const int64_t begin = (first + done) % per_line;
        const int64_t length = std::min(count - done, per_line - begin);
        f(Run{line / lines, line % lines, begin, length, done});
        done += length;
    }
}

// Bt d B of pairs of tiles from `tile` of a line on: store(pair, channel, frequency, first tile, second tile).
template <typename S, typename Store>
void transform_input(const Extent& extent, View<Element<S>> x, int64_t image, int64_t tile_line, int64_t tile,
                     int64_t pairs, int64_t channel_begin, int64_t channel_end, Store&& store) {
    const Element<S>* line[4];
    int64_t step[4];  // 0 for lines outside the picture, which read zeros
    for (int i = 0; i < 4; i++) {
        const int64_t y = 2 * tile_line - 1 + i;
        const bool inside = y >= 0 && y < extent.height;
        line[i] = inside ? x.pixel((image * extent.height + y) * extent.width)
                         : static_cast<const Element<S>*>(zero_row());
        step[i] = inside ? x.stride : 0;
    }
    for (int64_t c = channel_begin; c < channel_end; c += S::lanes) {
        Vec<S> e[4][6];  // Bt d
        const auto load_column = [&](int64_t column, int j) __attribute__((always_inline)) {
            if (column >= 0 && column < extent.width) {
                const Vec<S> d0 = S::load(line[0] + column * step[0] + c);
                const Vec<S> d1 = S::load(line[1] + column * step[1] + c);
                const Vec<S> d2 = S::load(line[2] + column * step[2] + c);
                const Vec<S> d3 = S::load(line[3] + column * step[3] + c);
                e[0][j] = d0 - d2;
                e[1][j] = d1 + d2;
                e[2][j] = d2 - d1;
                e[3][j] = d1 - d3;
            } else {
                e[0][j] = e[1][j] = e[2][j] = e[3][j] = S::zero();
            }
        };
        int64_t column = 2 * tile - 1;
        load_column(column, 0);
        load_column(column + 1, 1);
        for (int64_t p = 0; p < pairs; p++, column += 4) {
            load_column(column + 2, 2);
            load_column(column + 3, 3);
            load_column(column + 4, 4);
            load_column(column + 5, 5);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                store(p, c, 4 * i + 0, e[i][0] - e[i][2], e[i][2] - e[i][4]);
                store(p, c, 4 * i + 1, e[i][1] + e[i][2], e[i][3] + e[i][4]);
                store(p, c, 4 * i + 2, e[i][2] - e[i][1], e[i][4] - e[i][3]);
                store(p, c, 4 * i + 3, e[i][1] - e[i][3], e[i][3] - e[i][5]);
                e[i][0] = e[i][4];
                e[i][1] = e[i][5];
            }
        }
    }
}

// The same for a doubled input; extent is that of x.
template <typename S, typename Store>
void transform_doubled_input(const Extent& extent, View<Element<S>> x, int64_t image, int64_t tile_line, int64_t tile,
                             int64_t pairs, int64_t channel_begin, int64_t channel_end, Store&& store) {
    const Element<S>* line[3];
    int64_t step[3];
    for (int i = 0; i < 3; i++) {
        const int64_t y = tile_line - 1 + i;
        const bool inside = y >= 0 && y < extent.height;
        line[i] = inside ? x.pixel((image * extent.height + y) * extent.width)
                         : static_cast<const Element<S>*>(zero_row());
        step[i] = inside ? x.stride : 0;
    }
    constexpr int kept[3] = {0, 1, 3};
    for (int64_t c = channel_begin; c < channel_end; c += S::lanes) {
        Vec<S> e[3][4];  // rows 0, 1, 3 of Bt d
        const auto load_column = [&](int64_t column, int j) __attribute__((always_inline)) {
            if (column >= 0 && column < extent.width) {
                const Vec<S> d0 = S::load(line[0] + column * step[0] + c);
                const Vec<S> d1 = S::load(line[1] + column * step[1] + c);
                const Vec<S> d3 = S::load(line[2] + column * step[2] + c);
                e[0][j] = d0 - d1;
                e[1][j] = d1 + d1;
                e[2][j] = d1 - d3;
            } else {
                e[0][j] = e[1][j] = e[2][j] = S::zero();
            }
        };
        load_column(tile - 1, 0);
        load_column(tile, 1);
        for (int64_t p = 0; p < pairs; p++) {
            load_column(tile + 2 * p + 1, 2);
            load_column(tile + 2 * p + 2, 3);
#pragma GCC unroll 3
            for (int i = 0; i < 3; i++) {
                const int f = 4 * kept[i];
                store(p, c, f + 0, e[i][0] - e[i][1], e[i][1] - e[i][2]);
                store(p, c, f + 1, e[i][1] + e[i][1], e[i][2] + e[i][2]);
                store(p, c, f + 3, e[i][1] - e[i][2], e[i][2] - e[i][3]);
                e[i][0] = e[i][2];
                e[i][1] = e[i][3];
            }
        }
    }
}

}  // namespace
}  // namespace cm4j::fast
