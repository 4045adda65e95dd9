// Softmax attention: backward pass. The weights P are computed anew from q and k.
//   dV = Pt dO,  dP = dO Vt,  dS = P (dP - rowsum(P dP)) / sqrt(width),  dQ = dS K,  dK = dSt Q
#pragma once

#include <cstring>

#include "attention.h"

namespace cm4j::fast {
namespace {

// d <- dS from weights and dP, for one query.
template <typename S>
void softmax_gradient_row(const float* weights, float* d, int64_t padded, float scale) {
    Vec<S> sum = S::zero();
    for (int64_t i = 0; i < padded; i += S::lanes) sum = S::fma(S::load(weights + i), S::load(d + i), sum);
    const Vec<S> mean = S::set(S::sum(sum));
    const Vec<S> factor = S::set(scale);
    for (int64_t i = 0; i < padded; i += S::lanes) {
        S::store(d + i, factor * S::load(weights + i) * (S::load(d + i) - mean));
    }
}

// Rows of float32 as a left operand that is summed over rows: where they are, or rounded at `space`, an odd last row
// beside zeros.
template <typename S>
Left<Value<S>> left_columns(const float* rows, int64_t count, int64_t length, Value<S>* space) {
    constexpr int group = S::Operand::group;
    if constexpr (std::is_same_v<Value<S>, float>) {
        return {rows, group, group * length};
    } else {
        for (int64_t r = 0; r < count; r += 2) {
            for (int64_t i = 0; i < length; i += S::lanes) {
                const Vec<S> odd = r + 1 < count ? S::load(rows + (r + 1) * length + i) : S::zero();
                S::Operand::store_two_rows(space + r * length, length, i, S::load(rows + r * length + i), odd);
            }
        }
        return {space, group, group * length};
    }
}

template <typename S>
void round_rows(const float* from, int64_t rows, int64_t width, View<Element<S>> to) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < width; i += S::lanes) S::store(to.pixel(r) + i, S::load(from + r * width + i));
    }
}

template <typename S>
void attention_backward(const AttentionBackward<Element<S>>& args) {
    using Rows = View<Element<S>>;
    constexpr int group = S::Operand::group;
#pragma omp parallel for schedule(static)
    for (int64_t item = 0; item < args.images * args.heads; item++) {
        const int64_t image = item / args.heads;
        const Head<Element<S>> head(args, args.qkv, image, item % args.heads);
        const Head<Element<S>> grad(args, args.dqkv, image, item % args.heads);
        const Rows dy{args.dy.pixel(image * args.tokens) + item % args.heads * args.width, args.dy.stride};
        const int64_t operand = head.width * head.padded;
        const int64_t square = attention_rows * head.padded;
        const int64_t block = attention_rows * head.width;

        Value<S>* const keys = scratch<Value<S>>(Scratch::first, 3 * operand);  // columns of k, of v, sums of k
        Value<S>* const values = keys + operand;
        Value<S>* const key_sums = values + operand;
        float* const weights = scratch<float>(Scratch::second, 2 * square);  // P, then dP and dS
        float* const ds = weights + square;
        Value<S>* const rounded = scratch<Value<S>>(Scratch::third, 3 * square);  // P and dS by columns, dS by rows
        Value<S>* const query_sums = scratch<Value<S>>(Scratch::fourth, 3 * block);
        Value<S>* const dy_sums = query_sums + block;
        Value<S>* const rows = dy_sums + block;
        float* const dk = scratch<float>(Scratch::fifth, 2 * operand);
        float* const dv = dk + operand;
        std::memset(dk, 0, sizeof(float) * static_cast<size_t>(2 * operand));

        columns_of_tokens<S>(head.k, head, keys);
        columns_of_tokens<S>(head.v, head, values);
        sums_of_tokens<S>(head.k, head.tokens, head.padded, head.width, key_sums);
        for (int64_t first = 0; first < head.tokens; first += attention_rows) {
            const int64_t count = std::min(attention_rows, head.tokens - first);
            const Rows q{head.q.pixel(first), head.q.stride}, dy_rows{dy.pixel(first), dy.stride};
            attention_weights<S>(head, first, count, keys, rows, weights);
            S::Gemm::store(count, head.padded, head.width / group, left_rows<S>(dy_rows, count, head.width, rows),
                           {values, group * head.padded}, ds, head.padded);
            for (int64_t i = 0; i < count; i++) {
                softmax_gradient_row<S>(weights + i * head.padded, ds + i * head.padded, head.padded, head.scale);
            }
            S::Gemm::finish(count, head.width, head.padded / group,
                            left_rows<S>(ds, count, head.padded, rounded + 2 * square),
                            {key_sums, group * head.width},
                            Finish<Element<S>>{grad.q.pixel(first), grad.q.stride, nullptr, nullptr, 0});
            const int64_t even = round_up(count, 2);
            const int64_t groups = divide_up(count, group);
            sums_of_tokens<S>(q, count, even, head.width, query_sums);
            sums_of_tokens<S>(dy_rows, count, even, head.width, dy_sums);
            S::Gemm::add(head.tokens, head.width, groups, left_columns<S>(ds, count, head.padded, rounded + square),
                         {query_sums, group * head.width}, dk, head.width);
            S::Gemm::add(head.tokens, head.width, groups, left_columns<S>(weights, count, head.padded, rounded),
                         {dy_sums, group * head.width}, dv, head.width);
        }
        round_rows<S>(dk, head.tokens, head.width, grad.k);
        round_rows<S>(dv, head.tokens, head.width, grad.v);
    }
}

}  // namespace
}  // namespace cm4j::fast
