// Weight gradient of gathered convolutions: dW[out][taps x in] = sum over pixels of dY[pixel][out] X[pixel][taps x in].
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstring>

#include "window.h"

namespace cm4j::fast {
namespace {

constexpr int64_t pixel_pairs = 32;                   // handled at once
constexpr int64_t direct_product_bytes = 512 * 1024;  // sums of one thread that stay in the second-level cache

// Two rows of `count` values that are summed one after the other.
template <typename S>
void operand_rows(const Element<S>* even, const Element<S>* odd, int64_t count, Value<S>* rows) {
    constexpr int group = S::Operand::group;
    int64_t i = 0;
    for (; i + S::lanes <= count; i += S::lanes) S::Operand::copy_two_rows(rows, count, i, even, odd);
    for (; i < count; i++) {
        rows[group * i] = S::Operand::from_float(to_float(even[i]));
        rows[group == 2 ? 2 * i + 1 : count + i] = S::Operand::from_float(to_float(odd[i]));
    }
}

struct DirectSizes {
    Window window;
    int64_t in;      // channels of x, even
    int64_t length;  // taps x in, rounded up to whole vectors
    int64_t out;     // channels of dy, even
    int64_t rows;    // channels of dy that are handled at once, even
    int64_t pixels;

    template <typename E>
    explicit DirectSizes(const ConvWeightGradient<E>& a)
        : window{a.shape.output(a.extent), a.extent, a.shape.kernel, a.shape.stride, false},
          in(round_up(a.shape.in, 2)),
          length(round_up(window.taps() * in, 16)),
          out(round_up(a.shape.out, 2)),
          rows(std::min(out, std::max<int64_t>(32, direct_product_bytes / 4 / length / 2 * 2))),
          pixels(window.target.pixels()) {}
};

// Sums over the pixel pairs [begin, end) for output channels [k, k + rows).
template <typename S>
void sum_pixels(const ConvWeightGradient<Element<S>>& args, const DirectSizes& s, int64_t k, int64_t rows,
                int64_t begin, int64_t end, float* products, float* bias) {
    constexpr int group = S::Operand::group;
    Value<S>* const left = scratch<Value<S>>(Scratch::first, pixel_pairs * 2 * rows);
    Value<S>* const right = scratch<Value<S>>(Scratch::second, pixel_pairs * 2 * s.length);
    Element<S>* const gathered = scratch<Element<S>>(Scratch::third, 2 * s.length);
    std::memset(gathered, 0, sizeof(Element<S>) * static_cast<size_t>(2 * s.length));
    const auto* const zeros = static_cast<const Element<S>*>(zero_row());
    for (int64_t first = begin; first < end; first += pixel_pairs) {
        const int64_t pairs = std::min(pixel_pairs, end - first);
        for (int64_t p = 0; p < pairs; p++) {
            const int64_t pixel = 2 * (first + p);
            const bool both = pixel + 1 < s.pixels;
            const Element<S>* dy[2] = {args.dy.pixel(pixel) + k, both ? args.dy.pixel(pixel + 1) + k : zeros};
            operand_rows<S>(dy[0], dy[1], rows, left + p * 2 * rows);
            for (int64_t i = 0; i < rows; i++) bias[i] += to_float(dy[0][i]) + to_float(dy[1][i]);
            const Element<S>* x[2];
            if (s.window.pointwise() && s.in == s.length) {
                x[0] = args.x.pixel(pixel);
                x[1] = both ? args.x.pixel(pixel + 1) : x[0];
            } else {
                x[0] = gathered;
                x[1] = gathered + s.length;
                gather_row<S>(s.window, args.x, s.in, pixel, gathered);
                if (both) gather_row<S>(s.window, args.x, s.in, pixel + 1, gathered + s.length);
            }
            operand_rows<S>(x[0], x[1], s.length, right + p * 2 * s.length);
        }
        S::Gemm::add(rows, s.length, 2 * pairs / group, {left, group, group * rows}, {right, group * s.length},
                     products, s.length);
    }
}

// Adds rows [begin, end) of the block that starts at channel k to the gradient.
template <typename E>
void add_rows(const ConvWeightGradient<E>& args, const DirectSizes& s, int64_t k, int64_t begin, int64_t end,
              const float* products, int64_t thread_stride, int threads) {
    const int64_t taps = args.shape.taps();
    for (int64_t row = begin; row < std::min(end, args.shape.out - k); row++) {
        float* dweight = args.dweight + (k + row) * args.shape.in * taps;
        for (int64_t tap = 0; tap < taps; tap++) {
            const float* p = products + row * s.length + tap * s.in;
            for (int64_t c = 0; c < args.shape.in; c++) {
                float sum = 0;
                for (int t = 0; t < threads; t++) sum += p[t * thread_stride + c];
                dweight[c * taps + tap] += sum;
            }
        }
    }
}

template <typename S>
void direct_weight_gradient(const ConvWeightGradient<Element<S>>& args) {
    const DirectSizes s(args);
    const int team = omp_get_max_threads();
    const int64_t thread_stride = s.rows * s.length;
    float* const products = scratch<float>(Scratch::shared, team * thread_stride);
    float* const biases = scratch<float>(Scratch::shared_second, team * s.rows);
#pragma omp parallel num_threads(team)
    {
        const int threads = omp_get_num_threads();
        const int thread = omp_get_thread_num();
        const auto share = [&](int64_t count, int t) { return count * t / threads; };
        float* const own = products + thread * thread_stride;
        float* const bias = biases + thread * s.rows;
        const int64_t pairs = divide_up(s.pixels, 2);
        for (int64_t k = 0; k < s.out; k += s.rows) {
            const int64_t rows = std::min(s.rows, s.out - k);
            std::memset(own, 0, sizeof(float) * static_cast<size_t>(rows * s.length));
            std::memset(bias, 0, sizeof(float) * static_cast<size_t>(rows));
            sum_pixels<S>(args, s, k, rows, share(pairs, thread), share(pairs, thread + 1), own, bias);
#pragma omp barrier
            add_rows(args, s, k, share(rows, thread), share(rows, thread + 1), products, thread_stride, threads);
            if (thread == 0) {
                for (int t = 0; t < threads; t++) {
                    for (int64_t i = 0; i < std::min(rows, args.shape.out - k); i++) {
                        args.dbias[k + i] += biases[t * s.rows + i];
                    }
                }
            }
#pragma omp barrier
        }
    }
}

}  // namespace
}  // namespace cm4j::fast
