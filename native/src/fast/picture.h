// Between pictures, NCHW float32, and the network's folded NHWC buffers.
#pragma once

#include <cstdint>

#include "../kernels/kernels.h"

namespace cm4j::fast {

// A batch of pictures whose blocks of patch x patch pixels become channels: channel c patch^2 + i patch + j of the
// folded picture is pixel (i, j) of the block in channel c, as PyTorch's pixel_unshuffle has it.
struct PictureLayout {
    int64_t channels = 0;  // of the picture
    int64_t patch = 1;
    Extent folded;

    int64_t folded_channels() const { return channels * patch * patch; }
};

// Channels of `to` beyond the folded ones become zero.
template <typename E>
void fold_picture(const PictureLayout& layout, const float* from, int64_t to_channels, E* to);
// from: [pixels, folded channels] float32.
void unfold_picture(const PictureLayout& layout, const float* from, float* to);

}  // namespace cm4j::fast
