// The kernels of the fast path as one table of functions, so that the instruction set is chosen at run time.
//
// Activations are NHWC in elements E, bfloat16 or float32. A View addresses some channels of such a tensor: `stride`
// elements lie between two pixels, so a view can be a slice of a wider tensor (this is how concatenation costs
// nothing). Data and stride are multiples of 32 elements, except for the few channels of pictures, whose stride is
// even. Statistics, weights, biases and gradients of parameters are float32 in PyTorch's layouts. Kernels are parallel
// inside, and an image's result does not depend on its batch.
#pragma once

#include <cstdint>

#include "bf16.h"

namespace cm4j::fast {

template <typename E>
struct View {
    E* data = nullptr;
    int64_t stride = 0;

    explicit operator bool() const { return data != nullptr; }
    E* pixel(int64_t index) const { return data + index * stride; }
};

struct Extent {
    int64_t images = 0;
    int64_t height = 0;
    int64_t width = 0;

    int64_t area() const { return height * width; }
    int64_t pixels() const { return images * height * width; }
};

// A convolution with padding kernel / 2. Odd channel counts are padded to even ones with zeros in the views.
struct ConvShape {
    int64_t in = 0;
    int64_t out = 0;
    int kernel = 3;  // 1 or 3
    int stride = 1;  // 1 or 2
    // The input is doubled by nearest neighbours in front of the convolution. Only for 3x3 kernels of stride 1 whose
    // channels are multiples of 32.
    bool doubled = false;
    // Reads or writes pictures, whose rounding would be seen: computed directly, with float32 values at that end.
    bool picture = false;
    // So many weights for so few pixels that reading them is what takes time: they are kept no larger than they are.
    bool compact = false;

    int64_t taps() const { return int64_t{kernel} * kernel; }
    Extent output(Extent input) const {
        if (doubled) return {input.images, 2 * input.height, 2 * input.width};
        return {input.images, (input.height + stride - 1) / stride, (input.width + stride - 1) / stride};
    }
};

// Where a convolution writes: activations, or float32 rows of `out` values (pictures, whose rounding would be seen).
template <typename E>
struct ConvOutput {
    View<E> view;
    float* full = nullptr;
};

template <typename E>
struct ConvForward {
    ConvShape shape;
    Extent extent;  // of the input
    const void* packed = nullptr;
    const float* bias = nullptr;
    View<E> x;
    View<E> add;  // optional, added to the result; may be the output itself
    ConvOutput<E> y;
};

template <typename E>
struct ConvInputGradient {
    ConvShape shape;
    Extent extent;  // of the input
    const void* packed = nullptr;
    View<E> dy;
    View<E> add;  // optional, may be the output itself
    ConvOutput<E> dx;
};

template <typename E>
struct ConvWeightGradient {
    ConvShape shape;
    Extent extent;  // of the input
    View<E> x;
    View<E> dy;
    float* dweight = nullptr;  // [out, in, kernel, kernel], added to
    float* dbias = nullptr;    // [out], added to
};

constexpr int64_t norm_groups = 32;
constexpr float norm_eps = 1e-5f;

// y = silu(z) or z, z = (GN(x + offset) gamma + beta) (1 + scale) + shift.
template <typename E>
struct Norm {
    Extent extent;
    int64_t channels = 0;
    const float* gamma = nullptr;
    const float* beta = nullptr;
    const float* scale_shift = nullptr;  // optional: row of image n has `channels` scales, then as many shifts
    const float* offset = nullptr;       // optional: row of image n has `channels` values; not with scale_shift
    int64_t condition_stride = 0;        // floats between rows of scale_shift or offset
    bool silu = true;
    View<E> x;
};

template <typename E>
struct NormForward : Norm<E> {
    View<E> y;
    float* statistics = nullptr;  // [images, groups, 2]: mean of x + offset, 1 / standard deviation
};

template <typename E>
struct NormBackward : Norm<E> {
    const float* statistics = nullptr;
    View<E> dy;  // overwritten
    View<E> dx;
    View<E> add[2];               // optional, added to dx; may be dx itself
    float* dgamma = nullptr;      // added to
    float* dbeta = nullptr;       // added to
    float* dcondition = nullptr;  // as scale_shift or offset, overwritten
};

// qkv rows hold (q, k, v), each head-major; softmax(q kT / sqrt(width)) v for each image and head.
template <typename E>
struct Attention {
    int64_t images = 0;
    int64_t tokens = 0;
    int64_t heads = 0;
    int64_t width = 0;  // multiple of 16
    View<E> qkv;
};

template <typename E>
struct AttentionForward : Attention<E> {
    View<E> y;
};

template <typename E>
struct AttentionBackward : Attention<E> {
    View<E> dy;
    View<E> dqkv;
};

enum class Resample { halve, twice };

// The mean is halve with factor 1/4, its gradient twice with 1/4; nearest is twice with 1, its gradient halve with 1.
template <typename E>
struct Resampling {
    Resample kind = Resample::halve;
    Extent extent;  // of x
    int64_t channels = 0;
    float factor = 1;  // halve: y = factor * sum of the 2x2 block; twice: y = factor * x
    View<E> x;
    View<E> add;  // optional, may be y itself
    View<E> y;
};

// c[m][n] (+)= sum over k of a[m a_row + k a_column] b[k b_row + n]; float32; n a multiple of 16.
struct Matmul {
    int64_t m = 0;
    int64_t n = 0;
    int64_t k = 0;
    const float* a = nullptr;
    int64_t a_row = 0;
    int64_t a_column = 0;
    const float* b = nullptr;
    int64_t b_row = 0;
    float* c = nullptr;
    int64_t c_row = 0;
    bool accumulate = false;
};

// x[i] <- x[i] / (1 - p) where element first + i is kept, else 0.
template <typename E>
struct Dropout {
    int64_t first = 0;  // elements before this part of a batch
    int64_t pixels = 0;
    int64_t channels = 0;
    View<E> x;
    float probability = 0;
    uint64_t key = 0;
};

// What does not depend on the elements of activations.
struct WeightKernels {
    const char* name;
    // Weights in the layout of the kernels; gradient: also what conv_input_gradient reads.
    int64_t (*conv_packed_bytes)(const ConvShape& shape, bool gradient);
    void (*conv_pack)(const ConvShape& shape, const float* weight, bool gradient, void* packed);
    void (*matmul)(const Matmul& args);
};

template <typename E>
struct Kernels : WeightKernels {
    void (*conv_forward)(const ConvForward<E>& args);
    void (*conv_input_gradient)(const ConvInputGradient<E>& args);
    void (*conv_weight_gradient)(const ConvWeightGradient<E>& args);
    void (*norm_forward)(const NormForward<E>& args);
    void (*norm_backward)(const NormBackward<E>& args);
    void (*attention_forward)(const AttentionForward<E>& args);
    void (*attention_backward)(const AttentionBackward<E>& args);
    void (*resize)(const Resampling<E>& args);
    void (*dropout)(const Dropout<E>& args);
    void (*add)(int64_t pixels, int64_t channels, View<E> x, View<E> y);  // y += x
};

// One instruction set's kernels for both elements; null where this build has none.
struct KernelPair {
    const Kernels<bf16>* half = nullptr;
    const Kernels<float>* full = nullptr;

    explicit operator bool() const { return half != nullptr; }
    template <typename E>
    const Kernels<E>* of() const {
        if constexpr (std::is_same_v<E, bf16>) {
            return half;
        } else {
            return full;
        }
    }
};

// Plain scalar twins: the meaning of every kernel, and what tests compare with.
template <typename E>
const Kernels<E>& portable_kernels();
// dispatch.h knows which of them run here. Those of AVX-512 BF16 have bfloat16 alone to themselves: float32 goes to
// AVX-512.
KernelPair avx2_kernels();
KernelPair avx512_kernels();
KernelPair avx512_bf16_kernels();

// The key of a seed for one dropout of a pass, since each has a stream of masks of its own.
static inline uint64_t dropout_key(uint64_t seed, int index) {
    uint64_t z = seed + (static_cast<uint64_t>(index) + 1) * 0x9e3779b97f4a7c15u;  // splitmix64
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// Whether dropout keeps element `index` of a tensor; threshold is probability * 2^32.
static inline bool dropout_keeps(uint64_t key, uint64_t index, uint32_t threshold) {
    // Two rounds of a 32-bit finaliser (murmur3), keyed twice: cheap in vector registers and without visible pattern.
    uint32_t z = static_cast<uint32_t>(index) ^ static_cast<uint32_t>(key);
    z = (z ^ (z >> 16)) * 0x85ebca6bu;
    z = (z ^ (z >> 13)) * 0xc2b2ae35u;
    z ^= static_cast<uint32_t>(key >> 32) + static_cast<uint32_t>(index >> 32) * 0x9e3779b9u;
    z = (z ^ (z >> 16)) * 0x7feb352du;
    z = (z ^ (z >> 15)) * 0x846ca68bu;
    z ^= z >> 16;
    return z >= threshold;
}

}  // namespace cm4j::fast
