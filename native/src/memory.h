// Counts the bytes held by tensors and plans, and enforces the limit. Free of LibTorch.
#pragma once

#include <cstdint>

namespace cm4j::memory {

// Puts the counting allocator in front of LibTorch's; happens once, when the library is loaded.
void install();

// Counts bytes that are about to be allocated; throws OutOfMemory where they would pass the limit.
void reserve(int64_t bytes);
void release(int64_t bytes) noexcept;

int64_t now() noexcept;
int64_t peak() noexcept;
int64_t limit() noexcept;
void set_limit(int64_t bytes) noexcept;
void reset_peak() noexcept;

// Bytes that something outside LibTorch's allocator holds, such as the fast path's buffers.
class Charge {
public:
    Charge() = default;
    Charge(const Charge&) = delete;
    Charge& operator=(const Charge&) = delete;
    ~Charge() { release(bytes_); }
    // Replaces the count before the bytes are allocated; throws OutOfMemory, and changes nothing, where they would
    // pass the limit.
    void hold(int64_t bytes);
    // Whether hold would accept this count.
    bool fits(int64_t bytes) const noexcept;
    // Replaces the count. Never refuses: the bytes are held already.
    void update(int64_t bytes) noexcept;

private:
    int64_t bytes_ = 0;
};

}  // namespace cm4j::memory
