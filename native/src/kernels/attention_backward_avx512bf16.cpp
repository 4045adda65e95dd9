// Softmax attention: backward pass. The weights P are computed anew from q and k.
//   dV = Pt dO,  dP = dO Vt,  dS = P (dP - rowsum(P dP)) / sqrt(width),  dQ = dS K,  dK = dSt Q
#if defined(__AVX512BF16__)

#include <algorithm>
#include <cstring>

#include "attention_avx512bf16.h"
#include "gemm_avx512bf16.h"
#include "simd_avx512bf16.h"
#include "table_avx512bf16.h"

namespace cm4j::fast::avx512 {
namespace {

// d <- dS from weights and dP, for one query.
void softmax_gradient_row(const float* weights, float* d, int64_t padded, float scale) {
    __m512 sum = _mm512_setzero_ps();
    for (int64_t i = 0; i < padded; i += 16) {
        sum = _mm512_fmadd_ps(_mm512_loadu_ps(weights + i), _mm512_loadu_ps(d + i), sum);
    }
    const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum));
    const __m512 factor = _mm512_set1_ps(scale);
    for (int64_t i = 0; i < padded; i += 16) {
        const __m512 p = _mm512_mul_ps(factor, _mm512_loadu_ps(weights + i));
        _mm512_storeu_ps(d + i, _mm512_mul_ps(p, _mm512_sub_ps(_mm512_loadu_ps(d + i), mean)));
    }
}

// Rows of float32 as interleaved pairs; an odd last row is paired with zeros.
void round_to_pairs(const float* rows, int64_t count, int64_t length, bf16* out) {
    for (int64_t r = 0; r < count; r += 2) {
        for (int64_t i = 0; i < length; i += 16) {
            const __m512 odd = r + 1 < count ? _mm512_loadu_ps(rows + (r + 1) * length + i) : _mm512_setzero_ps();
            _mm512_storeu_si512(out + r * length + 2 * i, interleave(_mm512_loadu_ps(rows + r * length + i), odd));
        }
    }
}

void round_rows(const float* from, int64_t rows, int64_t width, View to) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < width; i += 16) store16(to.pixel(r) + i, _mm512_loadu_ps(from + r * width + i));
    }
}

}  // namespace

void attention_backward(const AttentionBackward& args) {
#pragma omp parallel for schedule(static)
    for (int64_t item = 0; item < args.images * args.heads; item++) {
        const int64_t image = item / args.heads;
        const Head head(args, args.qkv, image, item % args.heads);
        const Head grad(args, args.dqkv, image, item % args.heads);
        const View dy{args.dy.pixel(image * args.tokens) + item % args.heads * args.width, args.dy.stride};
        const int64_t operand = head.width * head.padded;
        const int64_t square = attention_rows * head.padded;

        bf16* const keys = scratch<bf16>(Scratch::first, 3 * operand);  // columns of k, of v, pairs of k
        bf16* const values = keys + operand;
        bf16* const key_pairs = values + operand;
        float* const weights = scratch<float>(Scratch::second, 2 * square);  // P, then dP and dS
        float* const ds = weights + square;
        bf16* const weight_pairs = scratch<bf16>(Scratch::third, 3 * square);  // P, dS as pairs, dS as rows
        bf16* const ds_pairs = weight_pairs + square;
        bf16* const ds_rows = ds_pairs + square;
        bf16* const query_pairs = scratch<bf16>(Scratch::fourth, 2 * attention_rows * head.width);
        bf16* const dy_pairs = query_pairs + attention_rows * head.width;
        float* const dk = scratch<float>(Scratch::fifth, 2 * operand);
        float* const dv = dk + operand;
        std::memset(dk, 0, sizeof(float) * static_cast<size_t>(2 * operand));

        columns_of_tokens(head.k, head, keys);
        columns_of_tokens(head.v, head, values);
        pairs_of_tokens(head.k, head.tokens, head.padded, head.width, key_pairs);
        for (int64_t first = 0; first < head.tokens; first += attention_rows) {
            const int64_t count = std::min(attention_rows, head.tokens - first);
            const int64_t even = round_up(count, 2);
            attention_weights(head, first, count, keys, weights);
            gemm_store(count, head.padded, head.width / 2, {dy.pixel(first), dy.stride, 2}, {values, 2 * head.padded},
                       ds, head.padded);
            round_to_pairs(weights, count, head.padded, weight_pairs);
            for (int64_t i = 0; i < count; i++) {
                softmax_gradient_row(weights + i * head.padded, ds + i * head.padded, head.padded, head.scale);
            }
            round_to_pairs(ds, count, head.padded, ds_pairs);
            round_rows(ds, count, head.padded, {ds_rows, head.padded});
            gemm_half(count, head.width, head.padded / 2, {ds_rows, head.padded, 2}, {key_pairs, 2 * head.width},
                      {grad.q.pixel(first), grad.q.stride, nullptr, nullptr, 0});
            pairs_of_tokens({head.q.pixel(first), head.q.stride}, count, even, head.width, query_pairs);
            pairs_of_tokens({dy.pixel(first), dy.stride}, count, even, head.width, dy_pairs);
            gemm_add(head.tokens, head.width, even / 2, {ds_pairs, 2, 2 * head.padded}, {query_pairs, 2 * head.width},
                     dk, head.width);
            gemm_add(head.tokens, head.width, even / 2, {weight_pairs, 2, 2 * head.padded},
                     {dy_pairs, 2 * head.width}, dv, head.width);
        }
        round_rows(dk, head.tokens, head.width, grad.k);
        round_rows(dv, head.tokens, head.width, grad.v);
    }
}

}  // namespace cm4j::fast::avx512

#endif
