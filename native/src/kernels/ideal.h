// The mean of images that may lie behind noisy ones: softmax over distances and weighted sum in one pass over bytes.
#pragma once

#include <cstdint>

namespace cm4j::kernels {

// Noisy images that may come from the same images y = pixels / 127.5 - 1.
struct IdealBatch {
    const float* x;           // [rows, count]
    const float* precisions;  // [rows], 1 / sigma^2
    int64_t rows;
    int64_t count;            // numbers of an image
    const uint8_t* pixels;    // [images, count]
    const float* half_norms;  // [images], |y|^2 / 2
    int64_t images;           // at least 1
};

// out[n] = sum_k w_k y_k, w = softmax_k(-|x[n] - y_k|^2 precisions[n] / 2); the same bits for any number of threads.
// workspace has ideal_workspace(batch) bytes, aligned to 64.
void ideal_means(const IdealBatch& batch, void* workspace, float* out, int threads);
int64_t ideal_workspace(const IdealBatch& batch);

// |y|^2 / 2 of [images, count]
void half_norms(const uint8_t* pixels, int64_t images, int64_t count, float* out, int threads);

// A range of the images: of its softmax the maximum of the logits, the sum of the weights beside it, and the weighted
// sum of the bytes. Rows of x and totals have `stride` numbers, a multiple of 16; those after count are 0 in x.
struct IdealPart {
    const float* x;  // [rows, stride]
    const float* precisions;
    int64_t rows;
    int64_t stride;
    int64_t count;
    const uint8_t* pixels;
    const float* half_norms;
    int64_t images;
    float* maxima;    // [rows]
    float* sums;      // [rows]
    float* totals;    // [rows, stride]
    uint8_t* padded;  // [kIdealBlock, stride] to work in where count is not stride
};
constexpr int64_t kIdealBlock = 32;

// The loops, compiled once for every processor and once for each instruction set.
void ideal_part(const IdealPart& part);
void ideal_part_avx2(const IdealPart& part);
void ideal_part_avx512(const IdealPart& part);

}  // namespace cm4j::kernels
