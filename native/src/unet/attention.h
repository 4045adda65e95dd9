// Self-attention over the pixels of an image.
#pragma once

#include <ATen/core/Tensor.h>

#include "architecture.h"
#include "parameters.h"

namespace cm4j {

// softmax(q^T k / sqrt(d)) v; qkv [N, 3 heads d, T] -> [N, heads d, T].
at::Tensor softmax_attention(const at::Tensor& qkv, int64_t heads, QkvOrder order);

// How many of the heads of all images have their T x T matrices at a time in passes that record nothing.
int64_t heads_at_once(int64_t tokens, int64_t heads);

// x + proj_out(attention(qkv(norm(x)))).
class AttentionBlock {
public:
    AttentionBlock(const Leaves& leaves, const LayerPlan& plan, QkvOrder order);
    at::Tensor forward(const at::Tensor& x) const;

private:
    Affine norm_, qkv_, proj_out_;
    int64_t heads_;
    QkvOrder order_;
};

}  // namespace cm4j
