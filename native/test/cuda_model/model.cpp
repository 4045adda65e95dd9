#include "model.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <numeric>
#include <random>

#include "memory.h"

namespace cuda_model {

Here here;

namespace {

constexpr unsigned kWarp = 32, kMostThreads = 1024, kMostBlocksYZ = 65535;
constexpr size_t kMostShared = 48 * 1024;  // what a launch gets that does not ask for more
constexpr size_t kStack = 128 * 1024;

// Where a thread of the block is.
struct Thread {
    enum State { waiting_to_start, runs, at_barrier, at_exchange, ended } state = waiting_to_start;
    int line = 0;
    unsigned mask = 0, distance = 0;
    uint64_t given = 0, got = 0;
    size_t fiber = 0;
};

// A context with a stack of its own, which takes one thread after the other until one has to wait.
struct Fiber {
    ucontext_t context;
    unsigned char* stack;
};

struct Variable {
    std::string function, name;
    std::unique_ptr<unsigned char[]> room;
    Stretch stretch;
};

struct Allocation {
    std::unique_ptr<unsigned char[]> room;
    Stretch stretch;
};

// The state of the one device.
struct Device {
    Order order = Order::forward;
    std::map<const unsigned char*, Allocation> memory;
    std::vector<std::string> faults;
    cudaError_t error = cudaSuccess;
    bool seen = false;
    Clock clock;

    // Of the launch.
    const Configuration* launch = nullptr;
    void (*enter)(const void*) = nullptr;
    const unsigned char* call = nullptr;
    size_t call_bytes = 0;
    bool faulty = false;
    std::unique_ptr<unsigned char[]> room;
    std::unique_ptr<Stretch> dynamic;
    std::vector<Variable> variables;

    // Of the block.
    std::vector<Thread> threads;
    std::vector<size_t> turns;
    size_t next = 0;      // of turns: the first thread that has not started
    bool in_kernel = false;
    size_t fiber = 0;     // the running one
    std::vector<size_t> idle;
    std::deque<Fiber> fibers;  // a context must stay where it is
    ucontext_t scheduler;
};

Device& device() {
    static auto* only = new Device;
    return *only;
}

std::string text(uint3 at) {
    char list[40];
    std::snprintf(list, sizeof list, "(%u, %u, %u)", at.x, at.y, at.z);
    return list;
}

void note_fault(const std::string& what) {
    Device& d = device();
    d.faults.push_back((d.launch == nullptr ? std::string("host") : std::string(d.launch->kernel)) + ": " + what);
    d.faulty = true;
}

// A fault of the running thread, which does not go on; nor does the launch.
[[noreturn]] void fault(const std::string& what) {
    Device& d = device();
    note_fault("thread " + text(here.thread) + " of block " + text(here.block) + " " + what);
    d.in_kernel = false;
    setcontext(&d.scheduler);
    std::abort();
}

void enter_thread(size_t index) {
    Device& d = device();
    const dim3& shape = d.launch->threads;
    const auto i = static_cast<unsigned>(index);
    here.thread = {i % shape.x, i / shape.x % shape.y, i / shape.x / shape.y};
    d.clock.thread = static_cast<uint16_t>(index);
    d.in_kernel = true;
}

// What a fiber does: threads that have not started, one after the other.
void work() {
    Device& d = device();
    while (d.next < d.turns.size()) {
        const size_t index = d.turns[d.next++];
        Thread& thread = d.threads[index];
        thread.state = Thread::runs;
        thread.fiber = d.fiber;
        enter_thread(index);
        d.enter(d.call);
        d.in_kernel = false;
        thread.state = Thread::ended;
    }
    d.idle.push_back(d.fiber);
    setcontext(&d.scheduler);
}

// Runs a fiber until it waits or has nothing left to do.
void resume(size_t fiber) {
    Device& d = device();
    d.fiber = fiber;
    swapcontext(&d.scheduler, &d.fibers[fiber].context);
    d.in_kernel = false;
}

void start() {
    Device& d = device();
    if (d.idle.empty()) {
        d.fibers.push_back({});
        void* stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (stack == MAP_FAILED) std::abort();
        d.fibers.back().stack = static_cast<unsigned char*>(stack);
        d.idle.push_back(d.fibers.size() - 1);
    }
    const size_t fiber = d.idle.back();
    d.idle.pop_back();
    ucontext_t& context = d.fibers[fiber].context;
    getcontext(&context);
    context.uc_stack.ss_sp = d.fibers[fiber].stack;
    context.uc_stack.ss_size = kStack;
    context.uc_link = nullptr;
    makecontext(&context, work, 0);
    resume(fiber);
}

// Waits as the running thread.
void wait(Thread::State state, int line) {
    Device& d = device();
    const size_t index = d.clock.thread, fiber = d.fiber;
    d.threads[index].state = state;
    d.threads[index].line = line;
    d.in_kernel = false;
    swapcontext(&d.fibers[fiber].context, &d.scheduler);
    enter_thread(index);
}

size_t count(Thread::State state) {
    const auto& threads = device().threads;
    return static_cast<size_t>(
        std::count_if(threads.begin(), threads.end(), [&](const Thread& t) { return t.state == state; }));
}

// Lets the warps go on of which all named lanes have come to the same shuffle; false where there is none.
bool exchange_in_warps() {
    Device& d = device();
    bool any = false;
    for (size_t first = 0; first < d.threads.size(); first += kWarp) {
        const auto lanes = static_cast<unsigned>(std::min<size_t>(kWarp, d.threads.size() - first));
        Thread* const warp = &d.threads[first];
        for (unsigned lane = 0; lane < lanes; ++lane) {
            if (warp[lane].state != Thread::at_exchange) continue;
            const unsigned mask = warp[lane].mask;
            const int line = warp[lane].line;
            bool complete = (mask >> lane & 1U) != 0;
            for (unsigned other = 0; other < kWarp; ++other)
                if ((mask >> other & 1U) != 0)
                    complete = complete && other < lanes && warp[other].state == Thread::at_exchange &&
                               warp[other].mask == mask && warp[other].line == line;
            if (!complete) continue;
            for (unsigned other = 0; other < lanes; ++other)
                if ((mask >> other & 1U) != 0) {
                    const unsigned from = other ^ warp[other].distance;
                    // A lane outside the mask has no value to give.
                    warp[other].got = from < lanes && (mask >> from & 1U) != 0 ? warp[from].given : ~uint64_t{0};
                    warp[other].state = Thread::runs;
                }
            any = true;
        }
    }
    return any;
}

// Releases a barrier that all have reached; a fault where only some have.
void release() {
    Device& d = device();
    const size_t waiting = count(Thread::at_barrier);
    const auto first = std::find_if(d.threads.begin(), d.threads.end(),
                                    [](const Thread& t) { return t.state == Thread::at_barrier; });
    const bool same = std::all_of(d.threads.begin(), d.threads.end(), [&](const Thread& t) {
        return t.state != Thread::at_barrier || t.line == first->line;
    });
    const std::string which = " of the " + std::to_string(d.threads.size()) + " threads of block " + text(here.block);
    if (waiting == 0) {
        note_fault("a shuffle waits for lanes that do not come, in " + std::to_string(count(Thread::at_exchange)) + which);
    } else if (waiting < d.threads.size()) {
        note_fault("the barrier in line " + std::to_string(first->line) + " is reached by " + std::to_string(waiting) +
                   which);
    } else if (!same) {
        note_fault("threads of block " + text(here.block) + " wait at different barriers");
    } else {
        for (Thread& t : d.threads) t.state = Thread::runs;
        ++d.clock.now;
    }
}

void run_block() {
    Device& d = device();
    d.clock.block = ++d.clock.now;
    if (d.dynamic) d.dynamic->poison();
    for (Variable& v : d.variables) v.stretch.poison();
    d.threads.assign(d.turns.size(), {});
    d.next = 0;
    while (!d.faulty) {
        while (d.next < d.turns.size() && !d.faulty) start();
        for (size_t index : d.turns)
            if (d.threads[index].state == Thread::runs && !d.faulty) resume(d.threads[index].fiber);
        if (d.faulty || count(Thread::ended) == d.threads.size()) break;
        if (count(Thread::runs) == 0 && !exchange_in_warps()) release();
    }
    size_t shared = d.launch->shared;
    for (const Variable& v : d.variables) shared += v.stretch.bytes();
    if (shared > kMostShared) note_fault("takes " + std::to_string(shared) + " bytes of shared memory");
    const bool whole = (!d.dynamic || d.dynamic->guards_are_whole()) &&
                       std::all_of(d.variables.begin(), d.variables.end(),
                                   [](const Variable& v) { return v.stretch.guards_are_whole(); });
    if (!whole) note_fault("block " + text(here.block) + " writes outside its shared memory");
}

void arrange(std::vector<size_t>& turns, size_t count, std::mt19937& engine) {
    turns.resize(count);
    std::iota(turns.begin(), turns.end(), size_t{0});
    if (device().order == Order::backward) std::reverse(turns.begin(), turns.end());
    if (device().order == Order::shuffled) std::shuffle(turns.begin(), turns.end(), engine);
}

void check_stream(cudaStream_t given) {
    if (given != stream()) note_fault("work is not on the stream that was asked for");
}

Stretch* holder(const void* memory, size_t bytes) {
    Device& d = device();
    if (d.dynamic && d.dynamic->holds(memory, bytes)) return d.dynamic.get();
    for (Variable& v : d.variables)
        if (v.stretch.holds(memory, bytes)) return &v.stretch;
    auto after = d.memory.upper_bound(static_cast<const unsigned char*>(memory));
    if (after == d.memory.begin()) return nullptr;
    Stretch& stretch = std::prev(after)->second.stretch;
    return stretch.holds(memory, bytes) ? &stretch : nullptr;
}

bool within(const void* memory, const void* room, size_t bytes) {
    const auto at = reinterpret_cast<uintptr_t>(memory), first = reinterpret_cast<uintptr_t>(room);
    return at >= first && at < first + bytes;
}

}  // namespace

void set_order(Order order) { device().order = order; }

cudaStream_t stream() {
    static int somewhere;
    return reinterpret_cast<cudaStream_t>(&somewhere);
}

std::vector<std::string> take_faults() { return std::exchange(device().faults, {}); }

bool sees_accesses() { return device().seen; }

size_t allocations() { return device().memory.size(); }

void barrier(int line) { wait(Thread::at_barrier, line); }

uint64_t exchange_bits(unsigned mask, uint64_t value, unsigned distance, int line) {
    Thread& thread = device().threads[device().clock.thread];
    thread.mask = mask;
    thread.distance = distance;
    thread.given = value;
    wait(Thread::at_exchange, line);
    return thread.got;
}

void touch(const void* memory, size_t bytes, size_t alignment, bool writes) {
    Device& d = device();
    if (!d.in_kernel) return;
    // The thread's own: its stack, its arguments, its place.
    if (within(memory, d.fibers[d.fiber].stack, kStack)) return;
    if (!writes && (within(memory, d.call, d.call_bytes) || within(memory, &here, sizeof here))) return;
    const auto verb = [&] { return std::string(writes ? "writes " : "reads "); };
    Stretch* const stretch = holder(memory, bytes);
    if (stretch == nullptr) fault(verb() + std::to_string(bytes) + " bytes outside the memory of the device");
    if (reinterpret_cast<uintptr_t>(memory) % alignment != 0)
        fault(verb() + std::to_string(bytes) + " bytes at an address that is no multiple of " + std::to_string(alignment));
    if (!d.seen) return;
    if (const char* wrong = stretch->note(d.clock, memory, bytes, writes)) fault(wrong);
}

void accesses_are_seen() { device().seen = true; }

void* dynamic_shared_bytes() { return device().dynamic->data(); }

void* shared_bytes(const char* function, const char* name, size_t bytes) {
    Device& d = device();
    for (Variable& v : d.variables)
        if (v.name == name && v.function == function) return v.stretch.data();
    std::unique_ptr<unsigned char[]> room(new unsigned char[Stretch::room(bytes)]);
    unsigned char* const at = room.get();
    d.variables.push_back({function, name, std::move(room), Stretch(at, bytes, true)});
    return d.variables.back().stretch.data();
}

void run(const Configuration& launch, void (*enter)(const void*), const void* call, size_t bytes) {
    Device& d = device();
    check_stream(launch.stream);
    const dim3 &b = launch.blocks, &t = launch.threads;
    const auto fail = [&](cudaError_t error) { d.error = error; };
    if (b.x == 0 || b.y == 0 || b.z == 0 || b.x > 0x7FFFFFFFU || b.y > kMostBlocksYZ || b.z > kMostBlocksYZ)
        return fail(cudaErrorInvalidConfiguration);
    if (t.x == 0 || t.y == 0 || t.z == 0 || t.z > 64 || uint64_t{t.x} * t.y * t.z > kMostThreads)
        return fail(cudaErrorInvalidConfiguration);
    if (launch.shared > kMostShared) return fail(cudaErrorInvalidValue);

    d.launch = &launch;
    d.enter = enter;
    d.call = static_cast<const unsigned char*>(call);
    d.call_bytes = bytes;
    d.faulty = false;
    d.room.reset(new unsigned char[Stretch::room(launch.shared)]);
    d.dynamic = std::make_unique<Stretch>(d.room.get(), launch.shared, true);
    d.clock.launch = d.clock.now + 1;
    here.blocks = b;
    here.threads = t;
    std::mt19937 engine(1);
    std::vector<size_t> blocks;
    arrange(blocks, size_t{b.x} * b.y * b.z, engine);
    for (size_t index : blocks) {
        const auto i = static_cast<unsigned>(index);
        here.block = {i % b.x, i / b.x % b.y, i / b.x / b.y};
        arrange(d.turns, size_t{t.x} * t.y * t.z, engine);
        run_block();
        if (d.faulty) break;
    }
    if (d.faulty) {
        d.error = cudaErrorLaunchFailure;
        d.idle.resize(d.fibers.size());
        std::iota(d.idle.begin(), d.idle.end(), size_t{0});
    }
    d.variables.clear();
    d.dynamic.reset();
    d.launch = nullptr;
}

}  // namespace cuda_model

using namespace cuda_model;

cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t stream) {
    check_stream(stream);
    if (memory == nullptr) return cudaErrorInvalidValue;
    std::unique_ptr<unsigned char[]> room(new unsigned char[Stretch::room(bytes)]);
    Stretch stretch(room.get(), bytes, false);
    *memory = stretch.data();
    device().memory.emplace(stretch.data(), Allocation{std::move(room), std::move(stretch)});
    return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    check_stream(stream);
    const void* const there = kind == cudaMemcpyHostToDevice ? to : from;
    Stretch* const stretch = holder(there, bytes);
    if (stretch == nullptr) return cudaErrorInvalidValue;
    if (kind == cudaMemcpyHostToDevice)
        stretch->written_by_host(static_cast<size_t>(static_cast<const unsigned char*>(there) - stretch->data()), bytes);
    else if (device().seen && !stretch->all_written())
        note_fault("copies memory of which nobody has written a part");
    std::memcpy(to, from, bytes);
    return cudaSuccess;
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
    check_stream(stream);
    const auto found = device().memory.find(static_cast<const unsigned char*>(memory));
    if (found == device().memory.end()) return cudaErrorInvalidValue;
    if (!found->second.stretch.guards_are_whole()) note_fault("a kernel has written outside the memory of the device");
    device().memory.erase(found);
    return cudaSuccess;
}

cudaError_t cudaGetLastError() { return std::exchange(device().error, cudaSuccess); }
