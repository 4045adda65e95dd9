// The pixels under a convolution's window, as rows of a matrix.
#pragma once

#include <cstring>
#include <type_traits>

#include "../buffers.h"
#include "../kernels.h"
#include "gemm.h"

namespace cm4j::fast {
namespace {

// Which source pixel lies under tap (ky, kx) of a target pixel.
//   forward          source = target stride + k - padding
//   input gradient   source = (target + padding - k) / stride where that divides
struct Window {
    Extent target;
    Extent source;
    int kernel;
    int stride;
    bool gradient;

    int64_t taps() const { return int64_t{kernel} * kernel; }
    bool pointwise() const { return kernel == 1 && stride == 1; }

    int64_t along(int64_t position, int64_t k, int64_t size) const {
        const int64_t padding = kernel / 2;
        if (!gradient) {
            const int64_t at = position * stride + k - padding;
            return at >= 0 && at < size ? at : -1;
        }
        const int64_t at = position + padding - k;
        return at >= 0 && at % stride == 0 && at / stride < size ? at / stride : -1;
    }
};

// Activations as themselves, or as float32.
template <typename S, typename T>
void copy_values(const Element<S>* from, int64_t count, T* to) {
    if constexpr (std::is_same_v<T, Element<S>>) {
        std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
    } else {
        int64_t i = 0;
        for (; i + S::lanes <= count; i += S::lanes) S::store(to + i, S::load(from + i));
        for (; i < count; i++) to[i] = to_float(from[i]);
    }
}

// Copies taps x channels values of one target pixel.
template <typename S, typename T>
void gather_row(const Window& window, View<Element<S>> source, int64_t channels, int64_t target_pixel, T* row) {
    const int64_t image = target_pixel / window.target.area();
    const int64_t within = target_pixel % window.target.area();
    const int64_t target_y = within / window.target.width;
    const int64_t target_x = within % window.target.width;
    for (int ky = 0; ky < window.kernel; ky++) {
        const int64_t y = window.along(target_y, ky, window.source.height);
        for (int kx = 0; kx < window.kernel; kx++, row += channels) {
            const int64_t x = window.along(target_x, kx, window.source.width);
            if (y < 0 || x < 0) {
                std::memset(row, 0, static_cast<size_t>(channels) * sizeof(T));
            } else {
                const int64_t pixel = (image * window.source.height + y) * window.source.width + x;
                copy_values<S>(source.pixel(pixel), channels, row);
            }
        }
    }
}

// Rows of `width` activations as a left operand: where they are, or in float32 at `space`.
template <typename S>
Left<Value<S>> left_rows(View<Element<S>> rows, int64_t count, int64_t width, Value<S>* space) {
    if constexpr (std::is_same_v<Value<S>, Element<S>>) {
        return {rows.data, rows.stride, S::Operand::group};
    } else {
        for (int64_t i = 0; i < count; i++) copy_values<S>(rows.pixel(i), width, space + i * width);
        return {space, width, S::Operand::group};
    }
}

}  // namespace
}  // namespace cm4j::fast
