// First fit, in the order in which buffers come to life.
#include "memory_plan.h"

#include <algorithm>
#include <numeric>

namespace cm4j::fast {

Placement place(const std::vector<Lifetime>& lifetimes) {
    Placement result;
    result.offsets.assign(lifetimes.size(), 0);
    std::vector<size_t> order(lifetimes.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return lifetimes[a].first < lifetimes[b].first; });
    std::vector<size_t> placed;
    for (const size_t i : order) {
        const Lifetime& own = lifetimes[i];
        if (own.first < 0) continue;
        std::vector<size_t> rivals;
        for (const size_t j : placed) {
            if (lifetimes[j].last >= own.first) rivals.push_back(j);
        }
        std::sort(rivals.begin(), rivals.end(),
                  [&](size_t a, size_t b) { return result.offsets[a] < result.offsets[b]; });
        const int64_t bytes = (own.bytes + 63) / 64 * 64;
        int64_t offset = 0;
        for (const size_t j : rivals) {
            if (offset + bytes <= result.offsets[j]) break;
            offset = std::max(offset, result.offsets[j] + (lifetimes[j].bytes + 63) / 64 * 64);
        }
        result.offsets[i] = offset;
        result.bytes = std::max(result.bytes, offset + bytes);
        placed.push_back(i);
    }
    return result;
}

}  // namespace cm4j::fast
