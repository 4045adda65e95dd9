// The pixels under a convolution's window, as rows of a matrix.
#pragma once

#include <cstring>

#include "kernels.h"
#include "buffers.h"

namespace cm4j::fast::avx512 {

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

// Copies taps x channels values of one target pixel.
static inline void gather_row(const Window& window, View source, int64_t channels, int64_t target_pixel, bf16* row) {
    const auto bytes = static_cast<size_t>(channels) * sizeof(bf16);
    const int64_t image = target_pixel / window.target.area();
    const int64_t within = target_pixel % window.target.area();
    const int64_t target_y = within / window.target.width;
    const int64_t target_x = within % window.target.width;
    for (int ky = 0; ky < window.kernel; ky++) {
        const int64_t y = window.along(target_y, ky, window.source.height);
        for (int kx = 0; kx < window.kernel; kx++, row += channels) {
            const int64_t x = window.along(target_x, kx, window.source.width);
            if (y < 0 || x < 0) {
                std::memset(row, 0, bytes);
            } else {
                const int64_t pixel = (image * window.source.height + y) * window.source.width + x;
                std::memcpy(row, source.pixel(pixel), bytes);
            }
        }
    }
}

}  // namespace cm4j::fast::avx512
