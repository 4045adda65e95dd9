#include "noise.h"

#include <omp.h>

#include "isa.h"
#include "noise_rows.h"

namespace cm4j::kernels {

void noise_run(NoiseLaw law, const NoiseRun& run) { fill(law, run); }

namespace {

constexpr int64_t kPiece = 16384;  // values one thread takes at a time, a multiple of four

using Run = void (*)(NoiseLaw, const NoiseRun&);

Run best() {
#if defined(__x86_64__)
    if (isa_at_least(Isa::avx2)) return noise_run_avx2;
#endif
    return noise_run;
}

// Fills rows [rows, per_row], cut into pieces that threads share. `row` sets what differs between rows.
template <class Row>
void fill_rows(NoiseLaw law, NoiseRun base, uint64_t seed, int64_t rows, int64_t per_row, float* out, int threads,
               const Row& row) {
    static const Run run = best();
    base.key[0] = static_cast<uint32_t>(seed);
    base.key[1] = static_cast<uint32_t>(seed >> 32);
    const int64_t pieces = (per_row + kPiece - 1) / kPiece;
#pragma omp parallel for num_threads(threads) if (rows * per_row > kPiece) schedule(static)
    for (int64_t i = 0; i < rows * pieces; ++i) {
        const int64_t start = i % pieces * kPiece;
        NoiseRun part = base;
        row(part, i / pieces);
        part.block = static_cast<uint32_t>(start / 4);
        part.count = per_row - start < kPiece ? per_row - start : kPiece;
        part.out = out + i / pieces * per_row + start;
        run(law, part);
    }
}

void fill_images(NoiseLaw law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw,
                 int64_t per_image, float* out, int threads) {
    NoiseRun base{};
    base.draw = draw;
    fill_rows(law, base, seed, image_count, per_image, out, threads, [images](NoiseRun& run, int64_t n) {
        const auto image = static_cast<uint64_t>(images[n]);
        run.image[0] = static_cast<uint32_t>(image);
        run.image[1] = static_cast<uint32_t>(image >> 32);
    });
}

}  // namespace

void noise_normal(uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw, int64_t per_image,
                  float* out, int threads) {
    fill_images(NoiseLaw::normal, seed, images, image_count, draw, per_image, out, threads);
}

void noise_uniform(uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw, int64_t per_image,
                   float* out, int threads) {
    fill_images(NoiseLaw::uniform, seed, images, image_count, draw, per_image, out, threads);
}

void dropout_mask(uint64_t seed, uint32_t stream, double probability, int64_t rows, int64_t per_row, float* mask,
                  int threads, int64_t first_row) {
    NoiseRun base{};
    base.threshold = static_cast<float>(probability);
    base.kept = static_cast<float>(1.0 / (1.0 - probability));
    base.image[1] = stream;
    base.draw = 0x64726F70U;  // "drop": apart from the draws of images
    fill_rows(NoiseLaw::mask, base, seed, rows, per_row, mask, threads,
              [&](NoiseRun& run, int64_t n) { run.image[0] = static_cast<uint32_t>(first_row + n); });
}

}  // namespace cm4j::kernels
