// Runs CUDA kernels on the processor, for tests. The threads of a block are contexts of one processor thread, switched
// where they wait for each other, so a run is the same every time. What a device would answer with wrong numbers or a
// hang becomes a fault with a sentence:
//   - a barrier that some threads of a block do not reach, or a shuffle with lanes missing;
//   - an access outside the memory that was allocated, at an address that its width does not divide, or to memory that
//     nobody has written;
//   - two threads of a block, one of them writing, at the same place without a barrier between; two blocks likewise.
// Accesses are seen where the kernels are compiled with -fsanitize=thread: its calls end here, not in a sanitizer.
// Blocks run one after the other. Limits are those of every device since compute capability 5.0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorLaunchFailure = 719,
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
using cudaStream_t = struct CUstream_st*;

struct uint3 {
    unsigned x, y, z;
};
struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

// Memory of the device; nothing waits, the stream is only compared with the one that the test expects.
cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t stream);
template <class T>
cudaError_t cudaMallocAsync(T** memory, size_t bytes, cudaStream_t stream) {
    return cudaMallocAsync(reinterpret_cast<void**>(memory), bytes, stream);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream);
// The error of the launches since the last call.
cudaError_t cudaGetLastError();

namespace cuda_model {

// ---- for tests ------------------------------------------------------------------------------------------------------

// The order in which threads of a block, and blocks, get their turns.
enum class Order { forward, backward, shuffled };
void set_order(Order order);
// The stream that all work must name.
cudaStream_t stream();
// The faults since the last call.
std::vector<std::string> take_faults();
// Whether accesses are seen; without, only barriers, shuffles, limits and the edges of memory are watched.
bool sees_accesses();
// Allocations of device memory that have not been freed.
size_t allocations();

// ---- for translated kernels -----------------------------------------------------------------------------------------

struct Here {
    uint3 thread, block;
    dim3 threads, blocks;
};
extern Here here;

void barrier(int line);
uint64_t exchange_bits(unsigned mask, uint64_t value, unsigned distance, int line);
template <class T>
T exchange(unsigned mask, T value, int distance, int line) {
    static_assert(sizeof(T) <= sizeof(uint64_t));
    uint64_t bits = 0;
    __builtin_memcpy(&bits, &value, sizeof value);
    bits = exchange_bits(mask, bits, static_cast<unsigned>(distance), line);
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

// An access by the running kernel; that all others come here, too.
void touch(const void* memory, size_t bytes, size_t alignment, bool writes);
void accesses_are_seen();

void* dynamic_shared_bytes();
template <class T>
T* dynamic_shared() {
    return static_cast<T*>(dynamic_shared_bytes());
}
// A variable of the block, of one name in one function.
void* shared_bytes(const char* function, const char* name, size_t bytes);
template <class T>
T& shared(const char* function, const char* name) {
    return *static_cast<T*>(shared_bytes(function, name, sizeof(T)));
}

struct Configuration {
    const char* kernel;
    dim3 blocks, threads;
    size_t shared;
    cudaStream_t stream;
};
// call: what `enter` gets for each thread, at most `bytes` long.
void run(const Configuration& configuration, void (*enter)(const void* call), const void* call, size_t bytes);

// kernel<<<blocks, threads, shared, stream>>>(arguments)
template <class... Parameters>
class Launch {
public:
    Launch(const char* name, void (*kernel)(Parameters...), dim3 blocks, dim3 threads, size_t shared,
           cudaStream_t stream)
        : configuration_{name, blocks, threads, shared, stream}, kernel_(kernel) {}

    template <class... Arguments>
    void operator()(Arguments&&... arguments) const {
        const Call call{kernel_, {std::forward<Arguments>(arguments)...}};
        run(configuration_, Call::enter, &call, sizeof call);
    }

private:
    struct Call {
        void (*kernel)(Parameters...);
        std::tuple<Parameters...> arguments;
        static void enter(const void* call) {
            std::apply(static_cast<const Call*>(call)->kernel, static_cast<const Call*>(call)->arguments);
        }
    };
    const Configuration configuration_;
    void (*const kernel_)(Parameters...);
};

}  // namespace cuda_model
