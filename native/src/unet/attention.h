// Self-attention over the pixels of an image.
#pragma once

#include <ATen/core/Tensor.h>

#include "architecture.h"
#include "parameters.h"

namespace cm4j {

// softmax(q^T k / sqrt(d)) v; qkv [N, 3 heads d, T] -> [N, heads d, T].
at::Tensor softmax_attention(const at::Tensor& qkv, int64_t heads, QkvOrder order);

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
