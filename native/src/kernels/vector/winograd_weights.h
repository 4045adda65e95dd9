// Winograd's weight transform G g Gt.
#pragma once

#include "winograd.h"

namespace cm4j::fast {
namespace {

// S::lanes 3x3 filters, one a lane.
template <typename S>
void transform_weights(const Vec<S> g[9], Vec<S> u[16]) {
    const Vec<S> half = S::set(0.5f);
    Vec<S> t[4][3];
    for (int j = 0; j < 3; j++) {
        const Vec<S> outer = g[j] + g[6 + j];
        t[0][j] = g[j];
        t[1][j] = half * (outer + g[3 + j]);
        t[2][j] = half * (outer - g[3 + j]);
        t[3][j] = g[6 + j];
    }
    for (int i = 0; i < 4; i++) {
        const Vec<S> outer = t[i][0] + t[i][2];
        u[4 * i + 0] = t[i][0];
        u[4 * i + 1] = half * (outer + t[i][1]);
        u[4 * i + 2] = half * (outer - t[i][1]);
        u[4 * i + 3] = t[i][2];
    }
}

// packed[f][columns / panel][sums / group][panel][group]; strides in floats between filters along the columns and the
// summed channel.
template <typename S>
void pack_filters(const float* weight, int64_t columns, int64_t column_stride, int64_t sums, int64_t sum_stride,
                  bool turned, Value<S>* packed) {
    for (int64_t column = 0; column < columns; column += S::lanes) {
        const int64_t panel = column / panel_columns * panel_columns;
        const int64_t width = std::min(panel_columns, columns - panel);
        for (int64_t s = 0; s < sums; s += 2) {
            Vec<S> u[2][16];
            for (int odd = 0; odd < 2; odd++) {
                const float* filters = weight + column * column_stride + (s + odd) * sum_stride;
                Vec<S> g[9];
                for (int i = 0; i < 9; i++) g[i] = S::gather(filters + (turned ? 8 - i : i), column_stride);
                transform_weights<S>(g, u[odd]);
            }
            for (int64_t f = 0; f < frequencies; f++) {
                Value<S>* rows = packed + (f * columns + panel) * sums + s * width;
                S::Operand::store_two_rows(rows, width, column - panel, u[0][f], u[1][f]);
            }
        }
    }
}

template <typename S>
void winograd_pack(const ConvShape& shape, const float* weight, Value<S>* packed) {
    pack_filters<S>(weight, shape.out, 9 * shape.in, shape.in, 9, false, packed);
}

// The weights of the input gradient: channels exchanged, taps turned by half a turn.
template <typename S>
void winograd_pack_gradient(const ConvShape& shape, const float* weight, Value<S>* packed) {
    pack_filters<S>(weight, shape.in, 9, shape.out, 9 * shape.in, true, packed);
}

// Of either of them.
int64_t winograd_packed_values(const ConvShape& shape) { return frequencies * shape.in * shape.out; }

}  // namespace
}  // namespace cm4j::fast
