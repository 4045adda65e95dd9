// How a product of few rows is dealt out to threads, such as the deep layers of a single picture.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../buffers.h"

namespace cm4j::fast {
namespace {

// Blocks of `rows` rows, and of each block's panels of columns `shares` parts: items of their own.
struct Division {
    int64_t rows;
    int64_t shares;
};

// The division whose slowest thread has least to do. The cost of an item is that of multiplying its rows, of reading
// the weights, which weighs like four rows, and of gathering its rows, which is repeated by every share.
Division divide(int64_t rows, int64_t most_rows, int64_t panels, int64_t threads) {
    constexpr double reading = 4;
    constexpr double gathering = 1. / 16;
    Division best{most_rows, 1};
    double least = 0;
    for (int64_t shares = 1; shares <= std::min(panels, threads); shares++) {
        for (int64_t size = most_rows; size >= std::min<int64_t>(6, most_rows); size -= 2) {
            const int64_t items = divide_up(rows, size) * shares;
            const auto part = static_cast<double>(divide_up(panels, shares)) / static_cast<double>(panels);
            const auto length = static_cast<double>(std::min(size, rows));
            const double cost =
                static_cast<double>(divide_up(items, threads)) * ((length + reading) * part + length * gathering);
            if (least == 0 || cost < least) {
                least = cost;
                best = {size, shares};
            }
        }
    }
    return best;
}

}  // namespace
}  // namespace cm4j::fast
