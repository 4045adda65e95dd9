// The two noisy points of a consistency pair, their loss with its gradient, and the steps of a sampler.
#include <type_traits>

#include "element_types.cuh"

namespace cm4j::device {
namespace {

using operations::PairInput;
using operations::PairLoss;
using operations::PairShape;
using operations::SampleStep;

constexpr int kThreads = 256;
constexpr int kLossThreads = 512;
constexpr int kWarp = 32;

// One thread a pixel of image blockIdx.y.
__device__ int64_t pixel_here() { return static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; }

template <class T>
__global__ void make_input(PairInput op) {
    const PairShape& s = op.shape;
    const int64_t p = pixel_here(), n = blockIdx.y;
    if (p >= s.pixels) return;
    const auto k = [&](int row) { return op.coefficients[row * s.images + n]; };
    const float sigma_t = k(operations::kSigmaT), in_t = k(operations::kInT);
    const float sigma_r = k(operations::kSigmaR), in_r = k(operations::kInR);
    for (int64_t c = 0; c < s.channels; ++c) {
        const int64_t first = (n * s.channels + c) * s.pixels + p, last = (n * s.pixels + p) * s.channels + c;
        const float x0 = op.x0[first], z = op.z[first];
        static_cast<T*>(op.input_t)[last] = from_float<T>(in_t * elements::noisy(x0, sigma_t, z));
        static_cast<T*>(op.input_r)[last] = from_float<T>(in_r * elements::noisy(x0, sigma_r, z));
    }
}

// The sum over a block, in a fixed order, to all its threads.
__device__ float block_sum(float value) {
    __shared__ float warps[kLossThreads / kWarp];
    __shared__ float total;
    for (int distance = kWarp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(0xFFFFFFFFU, value, distance);
    if (threadIdx.x % kWarp == 0) warps[threadIdx.x / kWarp] = value;
    __syncthreads();
    if (threadIdx.x == 0) {
        float sum = 0;
        for (int w = 0; w < kLossThreads / kWarp; ++w) sum += warps[w];
        total = sum;
    }
    __syncthreads();
    return total;
}

// One block an image: the sum of squares, then the gradient.
template <class T>
__global__ void take_loss(PairLoss op) {
    const PairShape& s = op.shape;
    const int64_t n = blockIdx.x;
    const auto k = [&](int row) { return op.coefficients[row * s.images + n]; };
    const float sigma_t = k(operations::kSigmaT), skip_t = k(operations::kSkipT), out_t = k(operations::kOutT);
    const float sigma_r = k(operations::kSigmaR), skip_r = k(operations::kSkipR), out_r = k(operations::kOutR);
    const float weight = k(operations::kWeight);
    const auto difference = [&](int64_t first, int64_t last) {
        const float x0 = op.x0[first], z = op.z[first];
        const float student = elements::denoised(elements::noisy(x0, sigma_t, z), skip_t,
                                                 to_float(static_cast<const T*>(op.raw_t)[last]), out_t);
        float goal = elements::denoised(elements::noisy(x0, sigma_r, z), skip_r,
                                        to_float(static_cast<const T*>(op.raw_r)[last]), out_r);
        if (op.nan_is_zero != 0 && goal != goal) goal = 0;
        return student - goal;
    };
    float squares = 0;
    for (int64_t p = threadIdx.x; p < s.pixels; p += kLossThreads)
        for (int64_t c = 0; c < s.channels; ++c) {
            const float d = difference((n * s.channels + c) * s.pixels + p, (n * s.pixels + p) * s.channels + c);
            squares += d * d;
        }
    squares = block_sum(squares);
    const float count = static_cast<float>(s.channels * s.pixels);
    if (threadIdx.x == 0) op.losses[n] = weight * elements::distance(op.distance, squares, count, op.c);
    const float factor = weight * out_t * elements::distance_slope(op.distance, squares, count, op.c) /
                         static_cast<float>(s.images);
    for (int64_t p = threadIdx.x; p < s.pixels; p += kLossThreads)
        for (int64_t c = 0; c < s.channels; ++c) {
            const int64_t last = (n * s.pixels + p) * s.channels + c;
            static_cast<T*>(op.raw_gradient)[last] =
                from_float<T>(factor * difference((n * s.channels + c) * s.pixels + p, last));
        }
}

template <class T>
__global__ void advance(SampleStep op) {
    const PairShape& s = op.shape;
    const int64_t p = pixel_here(), n = blockIdx.y;
    if (p >= s.pixels) return;
    const float* k = op.coefficients;
    for (int64_t c = 0; c < s.channels; ++c) {
        const int64_t first = (n * s.channels + c) * s.pixels + p, last = (n * s.pixels + p) * s.channels + c;
        float x = op.x[first];
        if (op.raw != nullptr)
            x = elements::clipped(elements::denoised(x, k[operations::kSampleSkip],
                                                     to_float(static_cast<const T*>(op.raw)[last]),
                                                     k[operations::kSampleOut]),
                                  op.clip != 0);
        if (op.noise != nullptr) x += k[operations::kSampleScale] * op.noise[first];
        op.x[first] = x;
        if (op.input != nullptr) static_cast<T*>(op.input)[last] = from_float<T>(k[operations::kSampleIn] * x);
    }
}

dim3 pixels_grid(const PairShape& s) { return {ceiling(s.pixels, kThreads), static_cast<unsigned>(s.images)}; }

bool empty(const PairShape& s) { return s.images == 0 || s.pixels == 0; }

}  // namespace

cudaError_t pair_input(const PairInput& op, cudaStream_t stream) {
    if (empty(op.shape)) return cudaSuccess;
    return by_type(op.shape.type, [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        make_input<T><<<pixels_grid(op.shape), kThreads, 0, stream>>>(op);
        return cudaGetLastError();
    });
}

cudaError_t pair_loss(const PairLoss& op, cudaStream_t stream) {
    if (empty(op.shape)) return cudaSuccess;
    return by_type(op.shape.type, [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        take_loss<T><<<static_cast<unsigned>(op.shape.images), kLossThreads, 0, stream>>>(op);
        return cudaGetLastError();
    });
}

cudaError_t sample_step(const SampleStep& op, cudaStream_t stream) {
    if (empty(op.shape)) return cudaSuccess;
    return by_type(op.shape.type, [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        advance<T><<<pixels_grid(op.shape), kThreads, 0, stream>>>(op);
        return cudaGetLastError();
    });
}

}  // namespace cm4j::device
