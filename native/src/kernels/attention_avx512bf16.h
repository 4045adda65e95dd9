// Rearranged operands of one attention head, shared by forward and backward.
#pragma once

#include "kernels.h"
#include "buffers.h"

namespace cm4j::fast::avx512 {

inline constexpr int64_t attention_rows = 48;  // query tokens handled at once

// One head of one image: rows of `width` values, `stride` elements apart.
struct Head {
    View q, k, v;
    int64_t tokens;
    int64_t padded;  // tokens rounded up to whole vectors
    int64_t width;
    float scale;

    Head(const Attention& args, View qkv, int64_t image, int64_t head);
};

// out[width / 2][padded][2] from rows [tokens][width]: the right operand whose columns are tokens.
void columns_of_tokens(View rows, const Head& head, bf16* out);
// out[padded / 2][width][2]: the right operand whose summed index is the token. Missing rows are zero.
void pairs_of_tokens(View rows, int64_t tokens, int64_t padded, int64_t width, bf16* out);

// weights[count][padded] = softmax of the scaled products of `count` queries from `first` on; columns beyond the
// tokens are zero. columns: keys from columns_of_tokens.
void attention_weights(const Head& head, int64_t first, int64_t count, const bf16* columns, float* weights);

}  // namespace cm4j::fast::avx512
