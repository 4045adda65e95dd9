// The fused operations of CUDA devices: what each takes. Device code and plain twins share these; pointers are to the
// memory of whoever runs them. Images called "last" are channels-last, [N, H W, C]; others are [N, C, H W].
#pragma once

#include <cstdint>

#include "elements.h"

namespace cm4j::operations {

enum class Element : int32_t { f32 = 0, f16 = 2, bf16 = 3 };  // as CM_F32, CM_F16, CM_BF16

constexpr int64_t kMaxGroups = 32;

struct NormShape {
    int64_t images, pixels, channels, groups;
    float eps;
    int32_t silu;
    Element type;  // of x, y, scale and shift
};

// y = act(norm(x) (1 + scale) + shift)
struct NormForward {
    NormShape shape;
    const void* x;                // last
    const float *weight, *bias;   // [C]
    const void *scale, *shift;    // [N, C] with rows modulation_stride apart, or both NULL
    int64_t modulation_stride;
    void* y;                      // last
    float* statistics;            // [N, groups, 2]: mean and 1 / deviation, for the backward pass
    float* workspace;             // norm_workspace floats
};

struct NormBackward {
    NormShape shape;
    const void *x, *upstream;  // last
    const float *weight, *bias;
    const void *scale, *shift;
    int64_t modulation_stride;
    const float* statistics;
    void* x_gradient;                      // last
    float *weight_gradient, *bias_gradient;  // [C]
    void *scale_gradient, *shift_gradient;   // as scale and shift, or NULL
    float* workspace;
};

// Pieces that the pixels of an image are cut into, and floats of workspace that either direction needs.
CM4J_BOTH int64_t norm_pieces(const NormShape& s) {
    const int64_t wanted = (1024 + s.images - 1) / s.images;
    const int64_t most = (s.pixels + 63) / 64;
    const int64_t pieces = wanted < most ? wanted : most;
    return pieces < 1 ? 1 : (pieces > 64 ? 64 : pieces);
}
CM4J_BOTH int64_t norm_workspace(const NormShape& s) {
    return 2 * s.images * (norm_pieces(s) * s.channels + s.channels + s.groups);
}

// The rows of the coefficients [kCoefficients, N] of a consistency pair: per image and level t or r the noise level, the
// three scalings and the network's time input, then the weight of the image's loss.
enum Coefficient : int32_t {
    kSigmaT,
    kInT,
    kSkipT,
    kOutT,
    kTimeT,
    kSigmaR,
    kInR,
    kSkipR,
    kOutR,
    kTimeR,
    kWeight,
    kCoefficients
};

struct PairShape {
    int64_t images, channels, pixels;
    Element type;  // of what the network takes and gives
};

// input_t = c_in(t) (x0 + t z), input_r = c_in(r) (x0 + r z), both last.
struct PairInput {
    PairShape shape;
    const float *x0, *z;  // [N, C, H W]
    const float* coefficients;
    void *input_t, *input_r;
};

// From the network's outputs at both points: weighted distances, and the gradient of their mean towards raw_t.
struct PairLoss {
    PairShape shape;
    const float *x0, *z;
    const void *raw_t, *raw_r;  // last
    const float* coefficients;
    elements::Distance distance;
    float c;
    int32_t nan_is_zero;  // of the goal
    float* losses;        // [N]
    void* raw_gradient;   // last
};

// One step of a sampler: x <- clip(skip x + out raw) + scale noise, and input = in x for the step to come.
enum SampleCoefficient : int32_t { kSampleSkip, kSampleOut, kSampleScale, kSampleIn, kSampleCoefficients };
struct SampleStep {
    PairShape shape;
    float* x;             // [N, C, H W], in place
    const void* raw;      // last; NULL for the first input, which only scales x
    const float* noise;   // [N, C, H W] or NULL
    const float* coefficients;  // [kSampleCoefficients]
    int32_t clip;
    void* input;          // last, or NULL after the final step
};

// A flat vector with its copy in half precision, which may be NULL.
struct Copy {
    void* half;
    Element type;
};

// Optimiser, averages and copies in one pass.
struct Optimise {
    int64_t count;
    float *weights, *exp_avg, *exp_avg_sq;
    const float* gradients;
    const float* scalars;  // [elements::kStepScalars + 2 kMaxAverages]: the step's, then rate and 1 - rate of each average
    const float *norm, *loss;  // one number each, or NULL: the gradients' norm and the mean loss
    Copy weights_copy;
    int32_t average_count;
    float* averages[elements::kMaxAverages];
    Copy average_copies[elements::kMaxAverages];
    const elements::Segment* segments;
    int32_t segment_count;
};

// Writes the copy alone.
struct CopyWeights {
    int64_t count;
    const float* weights;
    Copy copy;
    const elements::Segment* segments;
    int32_t segment_count;
};

// y = x times the mask of kernels::dropout_mask, whose order is that of [N, C, H W]; x, y last.
struct Dropout {
    PairShape shape;
    const void* x;
    void* y;
    const int64_t* seed;  // and the place of the first image in its batch: two numbers, in the memory of x
    uint32_t stream;
    double probability;
};

}  // namespace cm4j::operations
