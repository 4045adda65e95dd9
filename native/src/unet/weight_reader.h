// Where a network finds the numbers of its parameters: in one vector, or still in files. Free of LibTorch.
#pragma once

#include <cstdint>

#include "../kernels/buffers.h"

namespace cm4j {

class WeightReader {
public:
    virtual ~WeightReader() = default;
    // All numbers of the parameter that begins at this place of the flat vector; room takes them where they are not in
    // memory. Several threads may read at once, each with a room of its own.
    virtual const float* read(int64_t offset, int64_t count, fast::AlignedBuffer& room) const = 0;
};

// The flat vector itself.
class FlatWeights final : public WeightReader {
public:
    explicit FlatWeights(const float* values) : values_(values) {}
    const float* read(int64_t offset, int64_t, fast::AlignedBuffer&) const override { return values_ + offset; }

private:
    const float* values_;
};

}  // namespace cm4j
