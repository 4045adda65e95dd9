// Convolutions as matrix products over gathered rows: 1x1, strided, and the few channels of pictures.
#pragma once

#include "kernels.h"

namespace cm4j::fast::avx512 {

// Forward weights [taps x in / 2][out][2] and, for the gradient, [taps x out / 2][in][2]; the summed channels are
// padded to even, the columns to multiples of 16, with zeros.
int64_t direct_packed_elements(const ConvShape& shape, bool gradient);
void direct_pack(const ConvShape& shape, const float* weight, bool gradient, bf16* packed);

void direct_forward(const ConvForward& args, const bf16* packed);
void direct_input_gradient(const ConvInputGradient& args, const bf16* packed);
void direct_weight_gradient(const ConvWeightGradient& args);

}  // namespace cm4j::fast::avx512
