// Aligned memory for kernels: owned buffers, and scratch space that each thread keeps between calls.
//
// Bodies stand in buffers.cpp: an inline function of a file compiled for AVX-512 could be the copy that the linker
// keeps for everyone.
#pragma once

#include <cstdint>
#include <memory>

namespace cm4j::fast {

constexpr int64_t divide_up(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }
constexpr int64_t round_up(int64_t value, int64_t multiple) { return divide_up(value, multiple) * multiple; }

// Memory aligned to a cache line. grow() keeps the memory where it is large enough; contents are lost where not.
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(int64_t bytes) { grow(bytes); }
    void grow(int64_t bytes);
    // What bytes() will be after grow(bytes).
    int64_t grown(int64_t bytes) const;

    template <typename T>
    T* as() const {
        return static_cast<T*>(data_.get());
    }
    int64_t bytes() const { return bytes_; }

private:
    struct Free {
        void operator()(void* p) const;
    };
    std::unique_ptr<void, Free> data_;
    int64_t bytes_ = 0;
};

// Scratch memory of the calling thread. A kernel names the slots it uses at once; the next call reuses them.
// The two last are for what the calling thread shares with its team.
enum class Scratch { first, second, third, fourth, fifth, sixth, shared, shared_second, count };

void* scratch_bytes(Scratch slot, int64_t bytes);

template <typename T>
T* scratch(Scratch slot, int64_t count) {
    return static_cast<T*>(scratch_bytes(slot, count * static_cast<int64_t>(sizeof(T))));
}

// A row of zeros, for pixels outside the picture.
const void* zero_row();
constexpr int64_t zero_row_bytes = 32768;

}  // namespace cm4j::fast
