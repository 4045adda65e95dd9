// Softmax attention over short sequences: forward pass, one image and head at a time.
#pragma once

#include <algorithm>
#include <cmath>

#include "exponential.h"
#include "window.h"

namespace cm4j::fast {
namespace {

constexpr int64_t attention_rows = 48;  // query tokens handled at once

// One head of one image: rows of `width` values, `stride` elements apart.
template <typename E>
struct Head {
    View<E> q, k, v;
    int64_t tokens;
    int64_t padded;  // tokens rounded up to whole vectors
    int64_t width;
    float scale;

    Head(const Attention<E>& args, View<E> qkv, int64_t image, int64_t head)
        : tokens(args.tokens),
          padded(round_up(args.tokens, 16)),
          width(args.width),
          scale(1.f / std::sqrt(static_cast<float>(args.width))) {
        const int64_t channels = args.heads * args.width;
        E* base = qkv.pixel(image * args.tokens) + head * args.width;
        q = {base, qkv.stride};
        k = {base + channels, qkv.stride};
        v = {base + 2 * channels, qkv.stride};
    }
};

template <typename S>
void softmax_row(float* row, int64_t tokens, int64_t padded, float scale) {
    const Vec<S> factor = S::set(scale);
    const Vec<S> lowest = S::set(-INFINITY);
    Vec<S> top = lowest;
    for (int64_t i = 0; i < padded; i += S::lanes) {
        top = S::max(top, S::first(tokens - i, factor * S::load(row + i), lowest));
    }
    const Vec<S> largest = S::set(S::largest(top));
    Vec<S> sum = S::zero();
    for (int64_t i = 0; i < padded; i += S::lanes) {
        const Vec<S> e = exponential<S>(factor * S::load(row + i) - largest);
        const Vec<S> kept = S::first(tokens - i, e, S::zero());
        sum = sum + kept;
        S::store(row + i, kept);
    }
    const Vec<S> inverse = S::set(1.f / S::sum(sum));
    for (int64_t i = 0; i < padded; i += S::lanes) S::store(row + i, inverse * S::load(row + i));
}

// out[width / group][padded][group] from rows [tokens][width]: the right operand whose columns are tokens. Its groups
// are 32 bits wide: one float32 or two bfloat16.
template <typename S>
void columns_of_tokens(View<Element<S>> rows, const Head<Element<S>>& head, Value<S>* out) {
    constexpr int group = S::Operand::group;
    const int64_t groups = head.width / group;
    for (int64_t token = 0; token < head.padded; token += S::lanes) {
        for (int64_t first = 0; first < groups; first += S::lanes) {
            const int64_t count = std::min<int64_t>(S::lanes, groups - first);
            Vec<S> r[S::lanes];
            for (int64_t i = 0; i < S::lanes; i++) {
                r[i] = token + i < head.tokens
                           ? S::Operand::load_groups(rows.pixel(token + i) + group * first, count)
                           : S::zero();
            }
            S::transpose(r);
            for (int64_t i = 0; i < count; i++) {
                S::store(reinterpret_cast<float*>(out + ((first + i) * head.padded + token) * group), r[i]);
            }
        }
    }
}

// out[padded / group][width][group], padded even: the right operand whose summed index is the token. Missing rows are
// zero.
template <typename S>
void sums_of_tokens(View<Element<S>> rows, int64_t tokens, int64_t padded, int64_t width, Value<S>* out) {
    const auto row = [&](int64_t token) {
        return token < tokens ? rows.pixel(token) : static_cast<const Element<S>*>(zero_row());
    };
    for (int64_t token = 0; token < padded; token += 2) {
        for (int64_t c = 0; c < width; c += S::lanes) {
            S::Operand::copy_two_rows(out + token * width, width, c, row(token), row(token + 1));
        }
    }
}

// weights[count][padded] = softmax of the scaled products of `count` queries from `first` on; columns beyond the
// tokens are zero. columns: keys from columns_of_tokens; space: count x width values.
template <typename S>
void attention_weights(const Head<Element<S>>& head, int64_t first, int64_t count, const Value<S>* columns,
                       Value<S>* space, float* weights) {
    constexpr int group = S::Operand::group;
    S::Gemm::store(count, head.padded, head.width / group,
                   left_rows<S>({head.q.pixel(first), head.q.stride}, count, head.width, space),
                   {columns, group * head.padded}, weights, head.padded);
    for (int64_t i = 0; i < count; i++) {
        softmax_row<S>(weights + i * head.padded, head.tokens, head.padded, head.scale);
    }
}

// Rows of float32 as a left operand: where they are, or rounded at `space`.
template <typename S>
Left<Value<S>> left_rows(const float* rows, int64_t count, int64_t length, Value<S>* space) {
    if constexpr (std::is_same_v<Value<S>, float>) {
        return {rows, length, 1};
    } else {
        for (int64_t i = 0; i < count * length; i += S::lanes) S::Operand::store(space + i, S::load(rows + i));
        return {space, length, S::Operand::group};
    }
}

template <typename S>
void attention_forward(const AttentionForward<Element<S>>& args) {
    constexpr int group = S::Operand::group;
#pragma omp parallel for schedule(static)
    for (int64_t item = 0; item < args.images * args.heads; item++) {
        const int64_t image = item / args.heads;
        const Head<Element<S>> head(args, args.qkv, image, item % args.heads);
        Value<S>* keys = scratch<Value<S>>(Scratch::first, head.width * head.padded);
        Value<S>* values = scratch<Value<S>>(Scratch::second, head.width * head.padded);
        float* weights = scratch<float>(Scratch::third, attention_rows * head.padded);
        Value<S>* rounded = scratch<Value<S>>(Scratch::fourth, attention_rows * head.padded);
        Value<S>* queries = scratch<Value<S>>(Scratch::fifth, attention_rows * head.width);
        columns_of_tokens<S>(head.k, head, keys);
        sums_of_tokens<S>(head.v, head.tokens, head.padded, head.width, values);
        const View<Element<S>> y{args.y.pixel(image * args.tokens) + item % args.heads * args.width, args.y.stride};
        for (int64_t first = 0; first < head.tokens; first += attention_rows) {
            const int64_t count = std::min(attention_rows, head.tokens - first);
            attention_weights<S>(head, first, count, keys, queries, weights);
            S::Gemm::finish(count, head.width, head.padded / group,
                            left_rows<S>(weights, count, head.padded, rounded), {values, group * head.width},
                            Finish<Element<S>>{y.pixel(first), y.stride, nullptr, nullptr, 0});
        }
    }
}

}  // namespace
}  // namespace cm4j::fast
