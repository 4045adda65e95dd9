// What forward and backward of the fused norm share.
#pragma once

#include <omp.h>

#include "kernels.h"
#include "buffers.h"

namespace cm4j::fast::avx512 {

// Channels of one image that are normalised together with no other: whole groups and whole vectors. All channels,
// unless there are fewer images than threads.
struct Share {
    int64_t per_image;
    int64_t channels;

    explicit Share(const Norm& args) : per_image(1), channels(args.channels) {
        const int64_t width = args.channels / norm_groups;
        int64_t unit = 16;
        while (unit % width != 0 || args.channels % unit != 0) unit += 16;
        while (args.extent.images * per_image < omp_get_max_threads() && channels % (2 * unit) == 0) {
            channels /= 2;
            per_image *= 2;
        }
    }
};

// Calls f.operator()<Vectors>(first channel) for channels [begin, end), up to 16 x Most at once.
template <int Most, typename F>
static inline void for_each_vectors(int64_t begin, int64_t end, F&& f) {
    while (end - begin >= 16 * Most) f.template operator()<Most>(begin), begin += 16 * Most;
    if constexpr (Most > 2) {
        if (end - begin >= 32) f.template operator()<2>(begin), begin += 32;
    }
    if (end - begin >= 16) f.template operator()<1>(begin);
}

// z = slope x + intercept for channels [begin, end) of one image; both arrays are indexed by channel.
void norm_coefficients(const Norm& args, const float* statistics, int64_t image, int64_t begin, int64_t end,
                       float* slope, float* intercept);

}  // namespace cm4j::fast::avx512
