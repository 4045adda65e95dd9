#include "buffers.h"
#include "ideal_rows.h"
#include "isa.h"

namespace cm4j::kernels {

void ideal_part(const IdealPart& part) { part_of(part); }

namespace {

using Loop = decltype(&ideal_part);

Loop best() {
#if defined(__x86_64__)
    if (isa_at_least(Isa::avx512)) return ideal_part_avx512;
    if (isa_at_least(Isa::avx2)) return ideal_part_avx2;
#endif
    return ideal_part;
}

Loop loop() {
    static const Loop chosen = best();
    return chosen;
}

// Parts do not depend on the number of threads, so that sums are added in the same order.
constexpr int64_t kMostParts = 16;
constexpr int64_t kImagesOfPart = 4 * kImages;

int64_t stride_of(const IdealBatch& batch) { return fast::round_up(batch.count, kLanes); }

int64_t parts_of(const IdealBatch& batch) { return std::clamp<int64_t>(batch.images / kImagesOfPart, 1, kMostParts); }

// Where everything lies in the workspace.
struct Workspace {
    float* x;         // [rows, stride]
    float* totals;    // [parts, rows, stride]
    float* maxima;    // [parts, rows]
    float* sums;      // [parts, rows]
    uint8_t* padded;  // [parts, block, stride]

    Workspace(const IdealBatch& batch, void* memory) {
        const int64_t rows = batch.rows * stride_of(batch);
        x = static_cast<float*>(memory);
        totals = x + rows;
        maxima = totals + parts_of(batch) * rows;
        sums = maxima + parts_of(batch) * batch.rows;
        padded = reinterpret_cast<uint8_t*>(sums + parts_of(batch) * batch.rows);
    }
};

}  // namespace

int64_t ideal_workspace(const IdealBatch& batch) {
    const int64_t stride = stride_of(batch);
    const int64_t parts = parts_of(batch);
    const int64_t floats = batch.rows * stride + parts * batch.rows * (stride + 2);
    const int64_t padding = stride == batch.count ? 0 : parts * kImages * stride;
    return floats * static_cast<int64_t>(sizeof(float)) + padding;
}

void ideal_means(const IdealBatch& batch, void* workspace, float* out, int threads) {
    const int64_t stride = stride_of(batch);
    const int64_t parts = parts_of(batch);
    const Workspace space(batch, workspace);
    for (int64_t n = 0; n < batch.rows; ++n) {
        std::copy_n(batch.x + n * batch.count, batch.count, space.x + n * stride);
        std::fill(space.x + n * stride + batch.count, space.x + (n + 1) * stride, 0.F);
    }
    const Loop use = loop();
#pragma omp parallel for num_threads(std::min<int64_t>(threads, parts)) if (parts > 1) schedule(dynamic)
    for (int64_t p = 0; p < parts; ++p) {
        const int64_t first = batch.images * p / parts;
        const int64_t last = batch.images * (p + 1) / parts;
        use({space.x, batch.precisions, batch.rows, stride, batch.count, batch.pixels + first * batch.count,
             batch.half_norms + first, last - first, space.maxima + p * batch.rows, space.sums + p * batch.rows,
             space.totals + p * batch.rows * stride, space.padded + p * kImages * stride});
    }
    for (int64_t n = 0; n < batch.rows; ++n) {
        float highest = space.maxima[n];
        for (int64_t p = 1; p < parts; ++p) highest = std::max(highest, space.maxima[p * batch.rows + n]);
        float sum = 0;
        for (int64_t p = 0; p < parts; ++p) {
            float& scale = space.maxima[p * batch.rows + n];
            scale = std::exp(scale - highest);
            sum += scale * space.sums[p * batch.rows + n];
        }
        float* mean = out + n * batch.count;
        std::fill(mean, mean + batch.count, -1.F);
        for (int64_t p = 0; p < parts; ++p) {
            const float share = space.maxima[p * batch.rows + n] / sum / kHalfRange;
            const float* total = space.totals + (p * batch.rows + n) * stride;
            for (int64_t i = 0; i < batch.count; ++i) mean[i] += share * total[i];
        }
    }
}

void half_norms(const uint8_t* pixels, int64_t images, int64_t count, float* out, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t k = 0; k < images; ++k) {
        const uint8_t* row = pixels + k * count;
        int64_t sum = 0, squares = 0;
        for (int64_t i = 0; i < count; ++i) {
            sum += row[i];
            squares += row[i] * row[i];
        }
        const double half = kHalfRange;  // (p / half - 1)^2 = (p^2 / half - 2 p) / half + 1
        const auto p = static_cast<double>(sum);
        const auto p2 = static_cast<double>(squares);
        out[k] = static_cast<float>(((p2 / half - 2 * p) / half + static_cast<double>(count)) / 2);
    }
}

}  // namespace cm4j::kernels
