// The functions of the portable table.
#pragma once

#include "kernels.h"

namespace cm4j::fast::portable {

int64_t conv_packed_bytes(const ConvShape& shape, bool gradient);
void conv_pack(const ConvShape& shape, const float* weight, bool gradient, void* packed);
template <typename E>
void conv_forward(const ConvForward<E>& args);
template <typename E>
void conv_input_gradient(const ConvInputGradient<E>& args);
template <typename E>
void conv_weight_gradient(const ConvWeightGradient<E>& args);
template <typename E>
void norm_forward(const NormForward<E>& args);
template <typename E>
void norm_backward(const NormBackward<E>& args);
template <typename E>
void attention_forward(const AttentionForward<E>& args);
template <typename E>
void attention_backward(const AttentionBackward<E>& args);

}  // namespace cm4j::fast::portable
