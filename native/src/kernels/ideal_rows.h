// The arithmetic of ideal.h, included by one file per instruction set.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

// Vectors are returned by functions that are all inlined; and GCC 12 calls the undefined operands of its own intrinsics
// uninitialised (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "ideal.h"

namespace cm4j::kernels {
namespace {

constexpr int64_t kLanes = 16;
constexpr int64_t kImages = kIdealBlock;  // whose bytes stay in the cache between the two products
#if defined(__AVX512F__)
constexpr int kRows = 8;  // of a product, for two images or two vectors of them, whose sums stay in registers
#else
constexpr int kRows = 2;
#endif
constexpr float kHalfRange = 127.5F;
constexpr float kVanishing = -87;  // below, exponentials soon are no normal float32, and slow

using Floats = float __attribute__((vector_size(4 * kLanes)));

__attribute__((always_inline)) inline Floats floats(const float* p) {
    Floats v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

// GCC 12 takes bytes apart one by one where it is left to itself.
__attribute__((always_inline)) inline Floats floats(const uint8_t* p) {
#if defined(__AVX512F__)
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(__AVX2__)
    const auto half = [](const uint8_t* q) {
        return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(q))));
    };
    return __builtin_shufflevector(half(p), half(p + kLanes / 2), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#else
    Floats v;
    for (int64_t l = 0; l < kLanes; ++l) v[l] = static_cast<float>(p[l]);
    return v;
#endif
}

__attribute__((always_inline)) inline float sum(const Floats& v) {
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps(v);
#else
    float lanes[kLanes];
    std::memcpy(lanes, &v, sizeof lanes);
    for (int64_t half = kLanes / 2; half > 0; half /= 2)
        for (int64_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
    return lanes[0];
#endif
}

// A block of images as bytes in rows of `stride`.
struct Block {
    const uint8_t* pixels;
    const float* half_norms;
    int64_t images;
};

// x y for R noisy images and two known ones, or one twice.
template <int R>
__attribute__((always_inline)) inline void multiply(const float* x, const uint8_t* first, const uint8_t* second,
                                                    int64_t stride, float* products, float* others) {
    Floats sums[2][R] = {};
    for (int64_t i = 0; i < stride; i += kLanes) {
        const Floats one = floats(first + i);
        const Floats two = floats(second + i);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            const Floats noisy = floats(x + r * stride + i);
            sums[0][r] += one * noisy;
            sums[1][r] += two * noisy;
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
        products[r] = sum(sums[0][r]);
        others[r] = sum(sums[1][r]);
    }
}

// weights[k][r] = exp(logit - maximum of all so far), after which what was summed before counts for less.
template <int R>
inline void weigh(const IdealPart& part, const Block& block, int64_t row, float (*weights)[kRows]) {
    const float* x = part.x + row * part.stride;
    for (int64_t k = 0; k < block.images; k += 2) {
        const int64_t next = std::min(k + 1, block.images - 1);
        multiply<R>(x, block.pixels + k * part.stride, block.pixels + next * part.stride, part.stride, weights[k],
                    weights[next]);
    }
    for (int r = 0; r < R; ++r) {
        const float before = part.maxima[row + r];
        float highest = before;
        for (int64_t k = 0; k < block.images; ++k) {
            // of -|x - y|^2 / 2 only what differs between images: neither |x|^2 / 2 nor the sum of x
            const float logit = (weights[k][r] / kHalfRange - block.half_norms[k]) * part.precisions[row + r];
            weights[k][r] = logit;
            highest = std::max(highest, logit);
        }
        const float shrink = before - highest < kVanishing ? 0 : std::exp(before - highest);
        float all = part.sums[row + r] * shrink;
        for (int64_t k = 0; k < block.images; ++k) {
            const float less = weights[k][r] - highest;
            weights[k][r] = less < kVanishing ? 0 : std::exp(less);
            all += weights[k][r];
        }
        part.maxima[row + r] = highest;
        part.sums[row + r] = all;
        float* total = part.totals + (row + r) * part.stride;
        if (shrink != 1)
            for (int64_t i = 0; i < part.stride; ++i) total[i] *= shrink;
    }
}

// totals += weights^T pixels at `vectors` vectors from i on.
template <int R, int vectors>
__attribute__((always_inline)) inline void add(float* totals, const uint8_t* pixels, int64_t stride,
                                               const float (*weights)[kRows], const int64_t* images, int64_t count) {
    Floats sums[vectors][R];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) sums[v][r] = floats(totals + r * stride + v * kLanes);
    for (int64_t j = 0; j < count; ++j) {
        const float* weight = weights[images[j]];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) {
            const Floats bytes = floats(pixels + images[j] * stride + v * kLanes);
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r) sums[v][r] += bytes * weight[r];
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v)
            std::memcpy(totals + r * stride + v * kLanes, &sums[v][r], sizeof sums[v][r]);
}

// R noisy images and a block of known ones.
template <int R>
inline void product(const IdealPart& part, const Block& block, int64_t row) {
    float weights[kImages][kRows];
    weigh<R>(part, block, row, weights);
    int64_t images[kImages];  // that weigh anything
    int64_t count = 0;
    for (int64_t k = 0; k < block.images; ++k)
        if (std::any_of(weights[k], weights[k] + R, [](float w) { return w != 0; })) images[count++] = k;
    if (count == 0) return;
    float* totals = part.totals + row * part.stride;
    int64_t i = 0;
    for (; i + 2 * kLanes <= part.stride; i += 2 * kLanes)
        add<R, 2>(totals + i, block.pixels + i, part.stride, weights, images, count);
    if (i < part.stride) add<R, 1>(totals + i, block.pixels + i, part.stride, weights, images, count);
}

// The rows that are left, at most R.
template <int R>
inline void remainder(const IdealPart& part, const Block& block, int64_t row) {
    if constexpr (R > 0) {
        if (part.rows - row == R) return product<R>(part, block, row);
        remainder<R - 1>(part, block, row);
    }
}

inline void part_of(const IdealPart& part) {
    std::fill(part.maxima, part.maxima + part.rows, std::numeric_limits<float>::lowest());
    std::fill(part.sums, part.sums + part.rows, 0.F);
    std::fill(part.totals, part.totals + part.rows * part.stride, 0.F);
    // images whose bytes do not fill vectors are copied to where they do
    const bool pads = part.count != part.stride;
    if (pads) std::fill(part.padded, part.padded + kImages * part.stride, uint8_t{0});
    for (int64_t start = 0; start < part.images; start += kImages) {
        const int64_t images = std::min(kImages, part.images - start);
        const uint8_t* pixels = part.pixels + start * part.count;
        if (pads) {
            for (int64_t k = 0; k < images; ++k)
                std::memcpy(part.padded + k * part.stride, pixels + k * part.count, static_cast<size_t>(part.count));
            pixels = part.padded;
        }
        const Block block{pixels, part.half_norms + start, images};
        int64_t row = 0;
        for (; row + kRows <= part.rows; row += kRows) product<kRows>(part, block, row);
        remainder<kRows - 1>(part, block, row);
    }
}

}  // namespace
}  // namespace cm4j::kernels
