// The mean of known images by the kernel and by the tensors that take its place on a device; rows of several ranges.
#include <ATen/ATen.h>

#include <cstdio>

#include "../src/ideal.h"

namespace {

int failures = 0;

void near(const at::Tensor& actual, const at::Tensor& expected, const char* what) {
    const double error = (actual - expected).abs().max().item<double>();
    if (error < 1e-4) return;
    std::printf("FAILED %s: off by %g\n", what, error);
    failures++;
}

}  // namespace

int main() {
    using namespace cm4j;
    const at::Tensor pixels = at::randint(0, 256, {600, 50}, at::kByte);
    const KnownImages known{pixels, half_norms(pixels)};
    const at::Tensor y = pixels.to(at::kFloat) / 127.5 - 1;
    near(known.half_norms, y.square().sum(1) / 2, "half norms");

    const std::vector<float> precisions = {4, .01F, 1, .25F, 1, 2e-4F};
    const at::Tensor x = y.narrow(0, 290, 6) + at::randn({6, 50});
    const at::Tensor sharpness = at::from_blob(const_cast<float*>(precisions.data()), {6}, at::kFloat);
    near(ideal_kernel(x, sharpness, known), ideal_composed(x, sharpness, known), "the kernel beside its twin");

    const std::vector<Range> ranges = {{0, 600}, {290, 600}, {0, 300}, {290, 600}, {0, 600}, {295, 296}};
    const at::Tensor means = ideal_means(x, precisions, ranges, known);
    for (int64_t n = 0; n < 6; ++n) {
        const Range range = ranges[static_cast<size_t>(n)];
        const int64_t images = range.last - range.first;
        const KnownImages some{known.pixels.narrow(0, range.first, images),
                               known.half_norms.narrow(0, range.first, images)};
        near(means.narrow(0, n, 1), ideal_composed(x.narrow(0, n, 1), sharpness.narrow(0, n, 1), some), "a range");
    }
    std::printf("%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
