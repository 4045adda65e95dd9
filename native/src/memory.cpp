#include "memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <cstring>
#include <limits>
#include <string>

#include "errors.h"

namespace cm4j::memory {

namespace {

std::atomic<int64_t> held{0};
std::atomic<int64_t> highest{0};
std::atomic<int64_t> allowed{0};

void raise_peak(int64_t total) noexcept {
    int64_t seen = highest.load(std::memory_order_relaxed);
    while (seen < total && !highest.compare_exchange_weak(seen, total, std::memory_order_relaxed)) {
    }
}

// The size of a block stands before it. As wide as LibTorch's alignment, so that the block stays aligned.
constexpr size_t kHeader = 64;

void free_block(void* block) {
    if (block == nullptr) return;
    char* start = static_cast<char*>(block) - kHeader;
    int64_t bytes = 0;
    std::memcpy(&bytes, start, sizeof bytes);
    c10::free_cpu(start);
    release(bytes);
}

class CountingAllocator final : public c10::Allocator {
public:
    c10::DataPtr allocate(size_t n) override {
        const c10::Device cpu(c10::DeviceType::CPU);
        if (n == 0) return {nullptr, nullptr, &free_block, cpu};
        if (n > static_cast<size_t>(std::numeric_limits<int64_t>::max()) - kHeader)
            throw OutOfMemory("a tensor of more than 2^63 bytes was asked for");
        const auto bytes = static_cast<int64_t>(n);
        reserve(bytes);
        void* start = nullptr;
        try {
            start = c10::alloc_cpu(n + kHeader);
        } catch (...) {
            release(bytes);
            throw;
        }
        std::memcpy(start, &bytes, sizeof bytes);
        void* block = static_cast<char*>(start) + kHeader;
        return {block, block, &free_block, cpu};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &free_block; }

    void copy_data(void* target, const void* source, std::size_t count) const override {
        default_copy_data(target, source, count);
    }
};

// Runs when the library is loaded. A host that registers its own allocator with this priority later wins, and
// then only plans are counted.
constexpr uint8_t kPriority = 100;
[[maybe_unused]] const bool installed = (install(), true);

}  // namespace

void install() {
    // Never destroyed: tensors of static life may still allocate when the process ends.
    static auto* allocator = new CountingAllocator;
    c10::SetCPUAllocator(allocator, kPriority);
}

void reserve(int64_t bytes) {
    const int64_t total = held.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    const int64_t most = limit();
    if (most > 0 && total > most) {
        release(bytes);
        throw OutOfMemory("allocating " + std::to_string(bytes) + " bytes would hold " + std::to_string(total) +
                          ", more than the limit of " + std::to_string(most));
    }
    raise_peak(total);
}

void release(int64_t bytes) noexcept { held.fetch_sub(bytes, std::memory_order_relaxed); }
int64_t now() noexcept { return held.load(std::memory_order_relaxed); }
int64_t peak() noexcept { return highest.load(std::memory_order_relaxed); }
int64_t limit() noexcept { return allowed.load(std::memory_order_relaxed); }
void set_limit(int64_t bytes) noexcept { allowed.store(bytes, std::memory_order_relaxed); }
void reset_peak() noexcept { highest.store(now(), std::memory_order_relaxed); }

void Charge::hold(int64_t bytes) {
    if (bytes > bytes_) {
        reserve(bytes - bytes_);
    } else {
        release(bytes_ - bytes);
    }
    bytes_ = bytes;
}

bool Charge::fits(int64_t bytes) const noexcept {
    const int64_t most = limit();
    return most <= 0 || bytes <= bytes_ || now() + bytes - bytes_ <= most;
}

void Charge::update(int64_t bytes) noexcept {
    raise_peak(held.fetch_add(bytes - bytes_, std::memory_order_relaxed) + bytes - bytes_);
    bytes_ = bytes;
}

}  // namespace cm4j::memory
