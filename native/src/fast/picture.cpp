// Folding and unfolding of pictures.
#include "picture.h"

namespace cm4j::fast {
namespace {

// Calls f(index in the picture, folded pixel, folded channel) for every value, image by image in parallel.
template <typename F>
void for_each_value(const PictureLayout& layout, F&& f) {
    const Extent& e = layout.folded;
    const int64_t patch = layout.patch;
    const int64_t width = e.width * patch;
    const int64_t height = e.height * patch;
#pragma omp parallel for schedule(static)
    for (int64_t line = 0; line < e.images * e.height; line++) {
        const int64_t image = line / e.height;
        const int64_t row = line % e.height;
        for (int64_t column = 0; column < e.width; column++) {
            const int64_t pixel = line * e.width + column;
            int64_t folded = 0;
            for (int64_t c = 0; c < layout.channels; c++) {
                for (int64_t i = 0; i < patch; i++) {
                    for (int64_t j = 0; j < patch; j++, folded++) {
                        const int64_t y = row * patch + i;
                        f(((image * layout.channels + c) * height + y) * width + column * patch + j, pixel, folded);
                    }
                }
            }
        }
    }
}

}  // namespace

template <typename E>
void fold_picture(const PictureLayout& layout, const float* from, int64_t to_channels, E* to) {
    for_each_value(layout, [&](int64_t value, int64_t pixel, int64_t channel) {
        to[pixel * to_channels + channel] = rounded<E>(from[value]);
    });
    for (int64_t channel = layout.folded_channels(); channel < to_channels; channel++) {
        for (int64_t pixel = 0; pixel < layout.folded.pixels(); pixel++) to[pixel * to_channels + channel] = 0;
    }
}

template void fold_picture(const PictureLayout& layout, const float* from, int64_t to_channels, bf16* to);
template void fold_picture(const PictureLayout& layout, const float* from, int64_t to_channels, float* to);

void unfold_picture(const PictureLayout& layout, const float* from, float* to) {
    const int64_t channels = layout.folded_channels();
    for_each_value(layout, [&](int64_t value, int64_t pixel, int64_t channel) {
        to[value] = from[pixel * channels + channel];
    });
}

}  // namespace cm4j::fast
