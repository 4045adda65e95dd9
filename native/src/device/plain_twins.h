// The plain twins of the CUDA kernels: one loop each, over host memory, in float32 and bfloat16.
#pragma once

#include "operations.h"

namespace cm4j::twins {

void norm_forward(const operations::NormForward& op);
void norm_backward(const operations::NormBackward& op);
void pair_input(const operations::PairInput& op);
void pair_loss(const operations::PairLoss& op);
void sample_step(const operations::SampleStep& op);
void optimise(const operations::Optimise& op);
void copy_weights(const operations::CopyWeights& op);
void dropout(const operations::Dropout& op);

}  // namespace cm4j::twins
