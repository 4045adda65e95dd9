// The functions of the AVX-512 BF16 table that stand in files of their own.
#pragma once

#include "kernels.h"

namespace cm4j::fast::avx512 {

void norm_forward(const NormForward& args);
void norm_backward(const NormBackward& args);
void attention_forward(const AttentionForward& args);
void attention_backward(const AttentionBackward& args);
void resize(const Resampling& args);
void dropout(const Dropout& args);
void add(int64_t pixels, int64_t channels, View x, View y);
void matmul(const Matmul& args);

}  // namespace cm4j::fast::avx512
