// Aligned memory for kernels.
#include "buffers.h"

#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace cm4j::fast {
namespace {

constexpr int64_t huge_page = int64_t{2} << 20;

// Kernels walk over megabytes in strides: with small pages half of their time can go into address translation.
int64_t alignment(int64_t bytes) { return bytes >= 2 * huge_page ? huge_page : 64; }

}  // namespace

void AlignedBuffer::Free::operator()(void* p) const { std::free(p); }

int64_t AlignedBuffer::grown(int64_t bytes) const {
    return bytes <= bytes_ ? bytes_ : round_up(bytes, alignment(bytes));
}

void AlignedBuffer::grow(int64_t bytes) {
    if (bytes <= bytes_) return;
    const int64_t aligned = alignment(bytes);
    bytes = grown(bytes);
    data_.reset();
    bytes_ = 0;
    data_.reset(std::aligned_alloc(static_cast<size_t>(aligned), static_cast<size_t>(bytes)));
    if (!data_) throw std::bad_alloc();
#if defined(__linux__)
    // A hint: it may be refused.
    if (aligned == huge_page) madvise(data_.get(), static_cast<size_t>(bytes), MADV_HUGEPAGE);
#endif
    bytes_ = bytes;
}

void* scratch_bytes(Scratch slot, int64_t bytes) {
    thread_local AlignedBuffer buffers[static_cast<int>(Scratch::count)];
    AlignedBuffer& buffer = buffers[static_cast<int>(slot)];
    buffer.grow(bytes);
    return buffer.as<void>();
}

const void* zero_row() {
    alignas(64) static const char zeros[zero_row_bytes] = {};
    return zeros;
}

}  // namespace cm4j::fast
