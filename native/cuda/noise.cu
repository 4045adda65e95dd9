#include <type_traits>

#include "element_types.cuh"

namespace cm4j::device {
namespace {

constexpr int kThreads = 256;

// One thread makes one block of four values of image blockIdx.y.
template <bool normal>
__global__ void fill(uint64_t seed, const int64_t* images, uint32_t draw, int64_t per_image, float* out) {
    const int64_t block = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t first = 4 * block;
    if (first >= per_image) return;
    const elements::Words words = elements::words_of(seed, static_cast<uint32_t>(block),
                                                     static_cast<uint64_t>(images[blockIdx.y]), draw);
    float v[4];
    if (normal) {
        elements::normal_pair(words.w[0], words.w[1], v[0], v[1]);
        elements::normal_pair(words.w[2], words.w[3], v[2], v[3]);
    } else {
        for (int k = 0; k < 4; ++k) v[k] = elements::uniform(words.w[k]);
    }
    float* row = out + blockIdx.y * per_image;
    for (int k = 0; k < 4 && first + k < per_image; ++k) row[first + k] = v[k];
}

template <class T>
__global__ void drop(operations::Dropout op, float probability, float kept) {
    const operations::PairShape& s = op.shape;
    const int64_t per_image = s.channels * s.pixels;
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i >= per_image) return;
    const int64_t channel = i % s.channels, pixel = i / s.channels;
    const int64_t at = blockIdx.y * per_image + i;
    const float factor = elements::dropout_factor(static_cast<uint64_t>(op.seed[0]), op.stream,
                                                  static_cast<uint32_t>(op.seed[1]) + blockIdx.y,
                                                  channel * s.pixels + pixel, probability, kept);
    static_cast<T*>(op.y)[at] = from_float<T>(factor * to_float(static_cast<const T*>(op.x)[at]));
}

}  // namespace

cudaError_t noise(kernels::NoiseLaw law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw,
                  int64_t per_image, float* out, cudaStream_t stream) {
    if (image_count == 0 || per_image == 0) return cudaSuccess;
    int64_t* on_device = nullptr;
    const size_t bytes = static_cast<size_t>(image_count) * sizeof(int64_t);
    cudaError_t status = cudaMallocAsync(&on_device, bytes, stream);
    if (status != cudaSuccess) return status;
    status = cudaMemcpyAsync(on_device, images, bytes, cudaMemcpyHostToDevice, stream);
    if (status == cudaSuccess) {
        const dim3 grid(ceiling(per_image, 4 * kThreads), static_cast<unsigned>(image_count));
        if (law == kernels::NoiseLaw::normal)
            fill<true><<<grid, kThreads, 0, stream>>>(seed, on_device, draw, per_image, out);
        else
            fill<false><<<grid, kThreads, 0, stream>>>(seed, on_device, draw, per_image, out);
        status = cudaGetLastError();
    }
    const cudaError_t freed = cudaFreeAsync(on_device, stream);
    return status != cudaSuccess ? status : freed;
}

cudaError_t dropout(const operations::Dropout& op, cudaStream_t stream) {
    const operations::PairShape& s = op.shape;
    if (s.images == 0 || s.channels * s.pixels == 0) return cudaSuccess;
    const auto probability = static_cast<float>(op.probability);
    const auto kept = static_cast<float>(1.0 / (1.0 - op.probability));
    const dim3 grid(ceiling(s.channels * s.pixels, kThreads), static_cast<unsigned>(s.images));
    return by_type(s.type, [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        drop<T><<<grid, kThreads, 0, stream>>>(op, probability, kept);
        return cudaGetLastError();
    });
}

}  // namespace cm4j::device
