// Small kernels that the model must find fault with, and one that is right.
#pragma once

#include "model.h"

namespace mistakes {

constexpr int kThreads = 96;

// out [blocks kThreads] from in, likewise: the sum over its block.
void right(const float* in, float* out, int blocks);
void barrier_for_some(float* out);
void different_barriers(float* out);
void no_barrier(const float* in, float* out);
void no_barrier_before_writing(const float* in, float* out);
void shuffle_without_a_lane(float* out);
void shuffle_beyond_the_block(float* out);
void shared_overrun(float* out);
void shared_underrun(float* out);
void variable_overrun(float* out);
void shared_unwritten(float* out);
void global_overrun(const float* in, float* out, int count);
void global_unwritten(float* out);
void blocks_share(float* out);
void block_reads_another(float* out);
void odd_vector(const float* in, float* out);
void too_much_shared_in_variables(float* out);
// A kernel that does nothing, launched so.
cudaError_t launch(dim3 blocks, dim3 threads, size_t shared, cudaStream_t stream);

}  // namespace mistakes
