// Softmax attention over short sequences: forward pass, one image and head at a time.
#if defined(__AVX512BF16__)

#include "attention_avx512bf16.h"


#include <algorithm>
#include <cmath>
#include <cstring>

#include "gemm_avx512bf16.h"
#include "simd_avx512bf16.h"
#include "table_avx512bf16.h"

namespace cm4j::fast::avx512 {
namespace {

// Transposes 16 x 16 values of 32 bits.
void transpose16(__m512i r[16]) {
    __m512i t[16];
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        r[4 * i + 0] = _mm512_unpacklo_epi64(t[4 * i + 0], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i + 0], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    // r[4 i + j] holds, in its four 128-bit lanes l, column 4 l + j of rows 4 i .. 4 i + 3.
    for (int j = 0; j < 4; j++) {
        const __m512i low01 = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x88);        // lanes 0, 2 of rows 0-3, 4-7
        const __m512i high01 = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xdd);       // lanes 1, 3
        const __m512i low23 = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x88);
        const __m512i high23 = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xdd);
        t[j] = _mm512_shuffle_i32x4(low01, low23, 0x88);
        t[4 + j] = _mm512_shuffle_i32x4(high01, high23, 0x88);
        t[8 + j] = _mm512_shuffle_i32x4(low01, low23, 0xdd);
        t[12 + j] = _mm512_shuffle_i32x4(high01, high23, 0xdd);
    }
    for (int i = 0; i < 16; i++) r[i] = t[i];
}

void softmax_row(float* row, int64_t tokens, int64_t padded, float scale) {
    const __m512 factor = _mm512_set1_ps(scale);
    const auto mask = [&](int64_t i) {
        return static_cast<__mmask16>(tokens - i >= 16 ? 0xffff : (1 << std::max<int64_t>(tokens - i, 0)) - 1);
    };
    __m512 top = _mm512_set1_ps(-INFINITY);
    for (int64_t i = 0; i < padded; i += 16) {
        top = _mm512_mask_max_ps(top, mask(i), top, _mm512_mul_ps(factor, _mm512_loadu_ps(row + i)));
    }
    const __m512 largest = _mm512_set1_ps(_mm512_reduce_max_ps(top));
    __m512 sum = _mm512_setzero_ps();
    for (int64_t i = 0; i < padded; i += 16) {
        const __m512 e = exponential(_mm512_fmsub_ps(factor, _mm512_loadu_ps(row + i), largest));
        const __m512 kept = _mm512_maskz_mov_ps(mask(i), e);
        sum = _mm512_add_ps(sum, kept);
        _mm512_storeu_ps(row + i, kept);
    }
    const __m512 inverse = _mm512_set1_ps(1.f / _mm512_reduce_add_ps(sum));
    for (int64_t i = 0; i < padded; i += 16) {
        _mm512_storeu_ps(row + i, _mm512_mul_ps(inverse, _mm512_loadu_ps(row + i)));
    }
}

}  // namespace

Head::Head(const Attention& args, View qkv, int64_t image, int64_t head)
    : tokens(args.tokens),
      padded(round_up(args.tokens, 16)),
      width(args.width),
      scale(1.f / std::sqrt(static_cast<float>(args.width))) {
    const int64_t channels = args.heads * args.width;
    bf16* base = qkv.pixel(image * args.tokens) + head * args.width;
    q = {base, qkv.stride};
    k = {base + channels, qkv.stride};
    v = {base + 2 * channels, qkv.stride};
}

void columns_of_tokens(View rows, const Head& head, bf16* out) {
    for (int64_t token = 0; token < head.padded; token += 16) {
        for (int64_t pair = 0; pair < head.width / 2; pair += 16) {
            const int64_t pairs = std::min<int64_t>(16, head.width / 2 - pair);  // 8 or 16
            const auto mask = static_cast<__mmask16>((1 << pairs) - 1);
            __m512i r[16];
            for (int64_t i = 0; i < 16; i++) {
                r[i] = token + i < head.tokens ? _mm512_maskz_loadu_epi32(mask, rows.pixel(token + i) + 2 * pair)
                                               : _mm512_setzero_si512();
            }
            transpose16(r);
            for (int64_t i = 0; i < pairs; i++) {
                _mm512_storeu_si512(out + ((pair + i) * head.padded + token) * 2, r[i]);
            }
        }
    }
}

void pairs_of_tokens(View rows, int64_t tokens, int64_t padded, int64_t width, bf16* out) {
    const auto load = [&](int64_t token, int64_t c) {
        return token < tokens ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows.pixel(token) + c))
                              : _mm256_setzero_si256();
    };
    for (int64_t token = 0; token < padded; token += 2) {
        for (int64_t c = 0; c < width; c += 16) {
            _mm512_storeu_si512(out + token * width + 2 * c, interleave(load(token, c), load(token + 1, c)));
        }
    }
}

void attention_weights(const Head& head, int64_t first, int64_t count, const bf16* columns, float* weights) {
    gemm_store(count, head.padded, head.width / 2, {head.q.pixel(first), head.q.stride, 2},
               {columns, 2 * head.padded}, weights, head.padded);
    for (int64_t i = 0; i < count; i++) {
        softmax_row(weights + i * head.padded, head.tokens, head.padded, head.scale);
    }
}

void attention_forward(const AttentionForward& args) {
#pragma omp parallel for schedule(static)
    for (int64_t item = 0; item < args.images * args.heads; item++) {
        const int64_t image = item / args.heads;
        const Head head(args, args.qkv, image, item % args.heads);
        bf16* keys = scratch<bf16>(Scratch::first, head.width * head.padded);
        bf16* values = scratch<bf16>(Scratch::second, head.width * head.padded);
        float* weights = scratch<float>(Scratch::third, attention_rows * head.padded);
        bf16* rounded = scratch<bf16>(Scratch::fourth, attention_rows * head.padded);
        columns_of_tokens(head.k, head, keys);
        pairs_of_tokens(head.v, head.tokens, head.padded, head.width, values);
        const View y{args.y.pixel(image * args.tokens) + item % args.heads * args.width, args.y.stride};
        for (int64_t first = 0; first < head.tokens; first += attention_rows) {
            const int64_t count = std::min(attention_rows, head.tokens - first);
            attention_weights(head, first, count, keys, weights);
            for (int64_t i = 0; i < count * head.padded; i += 16) store16(rounded + i, _mm512_loadu_ps(weights + i));
            gemm_half(count, head.width, head.padded / 2, {rounded, head.padded, 2}, {values, 2 * head.width},
                      {y.pixel(first), y.stride, nullptr, nullptr, 0});
        }
    }
}

}  // namespace cm4j::fast::avx512

#endif
