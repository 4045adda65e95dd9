// Convolutions as matrix products over gathered rows: weights, forward pass and input gradient.
#if defined(__AVX512BF16__)

#include "direct_avx512bf16.h"

#include <algorithm>

#include "gather_avx512bf16.h"
#include "gemm_avx512bf16.h"
#include "simd_avx512bf16.h"

namespace cm4j::fast::avx512 {
namespace {

constexpr int64_t block_rows = 48;

struct PackedSize {
    int64_t sums;     // even
    int64_t columns;  // multiple of 16
};

PackedSize forward_size(const ConvShape& s) { return {round_up(s.in, 2), round_up(s.out, 16)}; }
PackedSize gradient_size(const ConvShape& s) { return {round_up(s.out, 2), round_up(s.in, 16)}; }

void pack(const ConvShape& shape, const float* weight, bool gradient, bf16* packed) {
    const auto [sums, columns] = gradient ? gradient_size(shape) : forward_size(shape);
    const int64_t real_sums = gradient ? shape.out : shape.in;
    const int64_t real_columns = gradient ? shape.in : shape.out;
    const int64_t taps = shape.taps();
    const int64_t sum_stride = gradient ? shape.in * taps : taps;
    const int64_t column_stride = gradient ? taps : shape.in * taps;
    for (int64_t tap = 0; tap < taps; tap++) {
        for (int64_t s = 0; s < sums; s += 2, packed += 2 * columns) {
            for (int64_t n = 0; n < columns; n++) {
                for (int64_t odd = 0; odd < 2; odd++) {
                    const bool real = s + odd < real_sums && n < real_columns;
                    packed[2 * n + odd] =
                        real ? to_bf16(weight[(s + odd) * sum_stride + n * column_stride + tap]) : bf16{0};
                }
            }
        }
    }
}

struct Product {
    Window window;
    int64_t out;  // channels written
    PackedSize size;
    const bf16* packed;
    const float* bias;
    View x;
    View add;
    ConvOutput y;
};

// Rows of the product that are not written by the micro-kernel itself.
void write_rows(const Product& p, int64_t first, int64_t rows, const float* products) {
    for (int64_t i = 0; i < rows; i++) {
        const float* row = products + i * p.size.columns;
        for (int64_t n = 0; n < p.out; n++) {
            float v = row[n] + (p.bias ? p.bias[n] : 0.f);
            if (p.add) v += to_float(p.add.pixel(first + i)[n]);
            if (p.y.full) {
                p.y.full[(first + i) * p.out + n] = v;
            } else {
                p.y.half.pixel(first + i)[n] = to_bf16(v);
            }
        }
    }
}

void multiply(const Product& p) {
    const int64_t pixels = p.window.target.pixels();
    const int64_t length = p.window.taps() * p.size.sums;
    const bool in_place = p.y.half && p.out == p.size.columns;  // the micro-kernel can write the result
    const int64_t blocks = divide_up(pixels, block_rows);
#pragma omp parallel for schedule(static)
    for (int64_t block = 0; block < blocks; block++) {
        const int64_t first = block * block_rows;
        const int64_t rows = std::min(block_rows, pixels - first);
        LeftPairs left{p.x.data ? p.x.pixel(first) : nullptr, p.x.stride, 2};
        if (!p.window.pointwise()) {
            bf16* gathered = scratch<bf16>(Scratch::first, block_rows * length);
            for (int64_t i = 0; i < rows; i++) {
                gather_row(p.window, p.x, p.size.sums, first + i, gathered + i * length);
            }
            left = {gathered, length, 2};
        }
        const RightPairs right{p.packed, 2 * p.size.columns};
        if (in_place) {
            gemm_half(rows, p.size.columns, length / 2, left, right,
                      {p.y.half.pixel(first), p.y.half.stride, p.bias, p.add ? p.add.pixel(first) : nullptr,
                       p.add.stride});
        } else {
            float* products = scratch<float>(Scratch::second, block_rows * p.size.columns);
            gemm_store(rows, p.size.columns, length / 2, left, right, products, p.size.columns);
            write_rows(p, first, rows, products);
        }
    }
}

}  // namespace

int64_t direct_packed_elements(const ConvShape& shape, bool gradient) {
    const auto [sums, columns] = gradient ? gradient_size(shape) : forward_size(shape);
    return shape.taps() * sums * columns;
}

void direct_pack(const ConvShape& shape, const float* weight, bool gradient, bf16* packed) {
    pack(shape, weight, gradient, packed);
}

void direct_forward(const ConvForward& a, const bf16* packed) {
    multiply({{a.shape.output(a.extent), a.extent, a.shape.kernel, a.shape.stride, false},
              a.shape.out, forward_size(a.shape), packed, a.bias, a.x, a.add, a.y});
}

void direct_input_gradient(const ConvInputGradient& a, const bf16* packed) {
    multiply({{a.extent, a.shape.output(a.extent), a.shape.kernel, a.shape.stride, true},
              a.shape.in, gradient_size(a.shape), packed, nullptr, a.dy, a.add, a.dx});
}

}  // namespace cm4j::fast::avx512

#endif
