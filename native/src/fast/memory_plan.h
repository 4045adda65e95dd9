// Places buffers in one block of memory so that those alive at the same time do not overlap.
#pragma once

#include <cstdint>
#include <vector>

namespace cm4j::fast {

struct Lifetime {
    int64_t bytes = 0;
    int first = -1;  // steps that touch the buffer, both included; -1: none
    int last = -1;

    void touch(int step) {
        if (first < 0) first = step;
        last = step;
    }
};

struct Placement {
    std::vector<int64_t> offsets;
    int64_t bytes = 0;
};

Placement place(const std::vector<Lifetime>& lifetimes);

}  // namespace cm4j::fast
