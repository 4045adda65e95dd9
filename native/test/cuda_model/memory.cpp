#include "memory.h"

#include <algorithm>
#include <cstring>

namespace cuda_model {

namespace {

constexpr unsigned char kPoison = 0xFF;  // NaN in every floating-point type
constexpr unsigned char kEdge = 0xA5;

}  // namespace

const char* Mark::note(const Clock& clock, bool writes, bool of_block) {
    if (!writes && written < (of_block ? clock.block : 1)) return "reads what nobody has written";
    if (written >= clock.launch && written < clock.block && !of_block)
        return writes ? "writes what another block writes" : "reads what another block writes";
    if (written == clock.now && writer != clock.thread)
        return writes ? "writes what another thread writes, no barrier between"
                      : "reads what another thread writes, no barrier between";
    if (writes) {
        if (read >= clock.launch && !of_block && (read < clock.block || blocks))
            return "writes what another block reads";
        if (read == clock.now && (readers || reader != clock.thread))
            return "writes what another thread reads, no barrier between";
        written = clock.now;
        writer = clock.thread;
        return nullptr;
    }
    blocks = read >= clock.launch && (blocks || read < clock.block);
    readers = read == clock.now && (readers || reader != clock.thread);
    reader = clock.thread;
    read = clock.now;
    return nullptr;
}

Stretch::Stretch(unsigned char* room, size_t bytes, bool of_block)
    : data_(room + kGuard), bytes_(bytes), of_block_(of_block), marks_((bytes + kUnit - 1) / kUnit) {
    std::memset(room, kEdge, kGuard);
    std::memset(data_ + bytes, kEdge, kGuard);
    poison();
}

void Stretch::poison() { std::memset(data_, kPoison, bytes_); }

bool Stretch::holds(const void* memory, size_t bytes) const {
    const auto* first = static_cast<const unsigned char*>(memory);
    return first >= data_ && first < data_ + bytes_ && bytes <= static_cast<size_t>(data_ + bytes_ - first);
}

bool Stretch::guards_are_whole() const {
    const auto whole = [](const unsigned char* edge) {
        return std::all_of(edge, edge + kGuard, [](unsigned char c) { return c == kEdge; });
    };
    return whole(data_ - kGuard) && whole(data_ + bytes_);
}

bool Stretch::all_written() const {
    return std::all_of(marks_.begin(), marks_.end(), [](const Mark& mark) { return mark.written != 0; });
}

void Stretch::written_by_host(size_t offset, size_t bytes) {
    for (size_t i = offset / kUnit; i < (offset + bytes + kUnit - 1) / kUnit; ++i) marks_[i] = {1};
}

const char* Stretch::note(const Clock& clock, const void* memory, size_t bytes, bool writes) {
    const auto offset = static_cast<size_t>(static_cast<const unsigned char*>(memory) - data_);
    for (size_t i = offset / kUnit; i <= (offset + bytes - 1) / kUnit; ++i)
        if (const char* wrong = marks_[i].note(clock, writes, of_block_)) return wrong;
    return nullptr;
}

}  // namespace cuda_model
