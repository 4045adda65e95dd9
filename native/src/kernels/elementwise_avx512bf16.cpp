// Resampling, dropout and addition.
#if defined(__AVX512BF16__)

#include <initializer_list>

#include "simd_avx512bf16.h"
#include "table_avx512bf16.h"

namespace cm4j::fast::avx512 {

void resize(const Resampling& args) {
    const Extent& e = args.extent;
    const bool halve = args.kind == Resample::halve;
    const __m512 factor = _mm512_set1_ps(args.factor);
    const int64_t height = halve ? e.height / 2 : e.height;  // of the smaller side
    const int64_t width = halve ? e.width / 2 : e.width;
    const auto write = [&](int64_t pixel, int64_t c, __m512 v) {
        if (args.add) v = _mm512_add_ps(v, load16(args.add.pixel(pixel) + c));
        store16(args.y.pixel(pixel) + c, v);
    };
#pragma omp parallel for schedule(static)
    for (int64_t line = 0; line < e.images * height; line++) {
        for (int64_t column = 0; column < width; column++) {
            const int64_t small = line * width + column;
            const int64_t large = line * 2 * (2 * width) + 2 * column;  // top left of the 2x2 block
            const int64_t below = large + 2 * width;
            for (int64_t c = 0; c < args.channels; c += 16) {
                if (halve) {
                    const auto two = [&](int64_t at) {
                        return _mm512_add_ps(load16(args.x.pixel(at) + c), load16(args.x.pixel(at + 1) + c));
                    };
                    const __m512 top = two(large), low = two(below);
                    write(small, c, _mm512_mul_ps(factor, _mm512_add_ps(top, low)));
                } else {
                    const __m512 v = _mm512_mul_ps(factor, load16(args.x.pixel(small) + c));
                    for (int64_t at : {large, large + 1, below, below + 1}) write(at, c, v);
                }
            }
        }
    }
}

void dropout(const Dropout& args) {
    const auto threshold = static_cast<uint32_t>(static_cast<double>(args.probability) * 4294967296.0);
    const float gain = 1.f / (1.f - args.probability);
#pragma omp parallel for schedule(static)
    for (int64_t pixel = 0; pixel < args.pixels; pixel++) {
        bf16* x = args.x.pixel(pixel);
        const auto first = static_cast<uint64_t>(args.first + pixel * args.channels);
        for (int64_t c = 0; c < args.channels; c += 16) {
            alignas(64) float gains[16];
            for (int i = 0; i < 16; i++) {
                gains[i] = dropout_keeps(args.key, first + static_cast<uint64_t>(c + i), threshold) ? gain : 0.f;
            }
            store16(x + c, _mm512_mul_ps(_mm512_load_ps(gains), load16(x + c)));
        }
    }
}

void add(int64_t pixels, int64_t channels, View x, View y) {
#pragma omp parallel for schedule(static)
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
        for (int64_t c = 0; c < channels; c += 16) {
            store16(y.pixel(pixel) + c, _mm512_add_ps(load16(y.pixel(pixel) + c), load16(x.pixel(pixel) + c)));
        }
    }
}

}  // namespace cm4j::fast::avx512

#endif
