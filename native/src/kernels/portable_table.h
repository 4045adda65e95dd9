// The functions of the portable table.
#pragma once

#include "kernels.h"

namespace cm4j::fast::portable {

int64_t conv_packed_bytes(const ConvShape& shape, bool gradient);
void conv_pack(const ConvShape& shape, const float* weight, bool gradient, void* packed);
void conv_forward(const ConvForward& args);
void conv_input_gradient(const ConvInputGradient& args);
void conv_weight_gradient(const ConvWeightGradient& args);
void norm_forward(const NormForward& args);
void norm_backward(const NormBackward& args);
void attention_forward(const AttentionForward& args);
void attention_backward(const AttentionBackward& args);
void resize(const Resampling& args);
void dropout(const Dropout& args);
void add(int64_t pixels, int64_t channels, View x, View y);
void matmul(const Matmul& args);

}  // namespace cm4j::fast::portable
