// The memory that kernels of the model see, and who touched it when. Two bytes are the unit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cuda_model {

// Counts intervals between barriers; the numbers of a launch, and those of a block in it, are consecutive.
struct Clock {
    uint32_t launch = 2, block = 2, now = 2;  // where launch and block began
    uint16_t thread = 0;
};

// What was done to one unit.
struct Mark {
    uint32_t written = 0, read = 0;  // when last; 0: never, 1: by the host
    uint16_t writer : 15 = 0, readers : 1 = 0;  // readers: several in that interval
    uint16_t reader : 15 = 0, blocks : 1 = 0;   // blocks: several in the launch have read it

    // The sentence where the access must not be, otherwise NULL.
    const char* note(const Clock& clock, bool writes, bool of_block);
};

// A stretch of memory between two guards.
class Stretch {
public:
    // of_block: it lives with a block.
    Stretch(unsigned char* room, size_t bytes, bool of_block);
    static size_t room(size_t bytes) { return bytes + 2 * kGuard; }

    unsigned char* data() const { return data_; }
    size_t bytes() const { return bytes_; }
    void poison();
    bool holds(const void* memory, size_t bytes) const;
    bool guards_are_whole() const;
    bool all_written() const;
    void written_by_host(size_t offset, size_t bytes);
    const char* note(const Clock& clock, const void* memory, size_t bytes, bool writes);

private:
    static constexpr size_t kGuard = 64, kUnit = 2;
    unsigned char* data_;
    size_t bytes_;
    bool of_block_;
    std::vector<Mark> marks_;
};

}  // namespace cuda_model
