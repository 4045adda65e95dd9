// The denoiser that is exact for a set of images.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace cm4j {

// The images, as bytes: y = pixels / 127.5 - 1.
struct KnownImages {
    at::Tensor pixels;      // [K, D], uint8, contiguous
    at::Tensor half_norms;  // [K], float32, contiguous, |y|^2 / 2
};

struct Range {
    int64_t first, last;
};

// [K], float32, of pixels on the processor.
at::Tensor half_norms(const at::Tensor& pixels);

// [N, D]: the mean of the images in ranges[n], weighted by softmax(-|x[n] - y|^2 precisions[n] / 2). x is contiguous.
at::Tensor ideal_means(const at::Tensor& x, const std::vector<float>& precisions, const std::vector<Range>& ranges,
                       const KnownImages& known);

// Who computes it for rows of one range: the kernel on the processor, and its twin on other devices, which makes
// float32 of the bytes at each call.
at::Tensor ideal_kernel(const at::Tensor& x, const at::Tensor& precisions, const KnownImages& known);
at::Tensor ideal_composed(const at::Tensor& x, const at::Tensor& precisions, const KnownImages& known);

}  // namespace cm4j
