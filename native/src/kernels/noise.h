// Counter-based random numbers: each value is a function of a key and a counter, so results depend neither on the
// batch nor on threads nor on the instruction set.
#pragma once

#include <cstdint>

namespace cm4j::kernels {

// out [image_count, per_image]: row n holds standard normal values of (seed, images[n], draw).
void noise_normal(uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw, int64_t per_image,
                  float* out, int threads);

// The same with uniform values in [0, 1), multiples of 2^-24.
void noise_uniform(uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw, int64_t per_image,
                   float* out, int threads);

// mask [rows, per_row]: 0 with the given probability, else 1 / (1 - probability). Row n of a stream depends on
// (seed, stream, first_row + n, probability) alone.
void dropout_mask(uint64_t seed, uint32_t stream, double probability, int64_t rows, int64_t per_row, float* mask,
                  int threads, int64_t first_row = 0);

// One run of values of one row, starting at the block-th group of four values of it.
struct NoiseRun {
    uint32_t key[2];
    uint32_t image[2];
    uint32_t draw;
    uint32_t block;
    int64_t count;
    float* out;
    float threshold;  // dropout: smallest uniform value that is kept
    float kept;       // dropout: the value of what is kept
};
enum class NoiseLaw { normal, uniform, mask };

// The same arithmetic for every processor, and compiled once more for AVX2.
void noise_run(NoiseLaw law, const NoiseRun& run);
void noise_run_avx2(NoiseLaw law, const NoiseRun& run);

}  // namespace cm4j::kernels
