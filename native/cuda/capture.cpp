// Written with the CUDA runtime and LibTorch's allocator alone, as at::cuda::CUDAGraph is, because that class lives in
// libtorch_cuda, which a build without a device does not have. The network draws no number from LibTorch's CUDA
// generators, whose registration is the part of CUDAGraph that is left out.
#include "capture.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace cm4j::device {

namespace {

using c10::DeviceIndex;
using c10::cuda::CUDAStream;

// LibTorch's MempoolId_t, which has stood in several namespaces.
using Pool = std::pair<unsigned long long, unsigned long long>;

// One stream a device for warm-up and capture: what libraries keep for a stream, such as workspaces, stays valid.
CUDAStream side_stream(DeviceIndex device) {
    static std::mutex mutex;
    static std::map<DeviceIndex, CUDAStream> streams;
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = streams.find(device);
    if (found != streams.end()) return found->second;
    return streams.emplace(device, c10::cuda::getStreamFromPool(false, device)).first->second;
}

// Makes one stream wait for what another holds now.
void wait(const CUDAStream& later, const CUDAStream& earlier) {
    cudaEvent_t event = nullptr;
    C10_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    const std::unique_ptr<CUevent_st, void (*)(cudaEvent_t)> owner(
        event, [](cudaEvent_t e) { static_cast<void>(cudaEventDestroy(e)); });
    C10_CUDA_CHECK(cudaEventRecord(event, earlier.stream()));
    C10_CUDA_CHECK(cudaStreamWaitEvent(later.stream(), event, 0));
}

bool capturing(cudaStream_t stream) {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    C10_CUDA_CHECK(cudaStreamIsCapturing(stream, &status));
    return status == cudaStreamCaptureStatusActive;
}

// Newer releases want to hear of captures.
template <class Allocator>
void tell(Allocator* allocator, DeviceIndex device, bool begins) {
    if constexpr (requires { allocator->markCaptureBegin(device); }) {
        if (begins)
            allocator->markCaptureBegin(device);
        else
            allocator->markCaptureEnd(device);
    }
}

}  // namespace

void on_side_stream(int32_t device, Body body, void* context) {
    const auto index = static_cast<DeviceIndex>(device);
    const c10::cuda::CUDAGuard device_guard(index);
    const CUDAStream current = c10::cuda::getCurrentCUDAStream(index);
    const CUDAStream side = side_stream(index);
    wait(side, current);
    {
        const c10::cuda::CUDAStreamGuard stream_guard(side);
        body(context);
    }
    wait(current, side);
}

struct Graph::State {
    DeviceIndex device;
    Pool pool;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    bool pooled = false;  // the allocator knows the pool

    explicit State(DeviceIndex index) : device(index) {
        // Far from the numbers that LibTorch counts up from 1.
        static std::atomic<unsigned long long> next{1ULL << 48};
        pool = {next.fetch_add(1), 0};
    }

    ~State() {
        if (executable != nullptr) static_cast<void>(cudaGraphExecDestroy(executable));
        if (graph != nullptr) static_cast<void>(cudaGraphDestroy(graph));
        if (pooled) c10::cuda::CUDACachingAllocator::releasePool(device, pool);
    }

    // Between begin and end allocations of the capturing stream come from the graph's pool.
    void capture(Body body, void* context) {
        const CUDAStream side = side_stream(device);
        const c10::cuda::CUDAStreamGuard stream_guard(side);
        auto* allocator = c10::cuda::CUDACachingAllocator::get();
        C10_CUDA_CHECK(cudaDeviceSynchronize());
        allocator->beginAllocateToPool(device, pool, capturing);
        pooled = true;
        tell(allocator, device, true);
        cudaError_t status = cudaStreamBeginCapture(side.stream(), cudaStreamCaptureModeThreadLocal);
        std::exception_ptr thrown;
        if (status == cudaSuccess) {
            try {
                body(context);
            } catch (...) {
                thrown = std::current_exception();
            }
            status = cudaStreamEndCapture(side.stream(), &graph);
        }
        tell(allocator, device, false);
        allocator->endAllocateToPool(device, pool);
        if (thrown) {
            static_cast<void>(cudaGetLastError());  // the capture's own complaint
            std::rethrow_exception(thrown);
        }
        C10_CUDA_CHECK(status);
        C10_CUDA_CHECK(cudaGraphInstantiateWithFlags(&executable, graph, cudaGraphInstantiateFlagAutoFreeOnLaunch));
        C10_CUDA_CHECK(cudaGraphDestroy(graph));
        graph = nullptr;
    }
};

Graph::Graph(int32_t device, Body body, void* context) : state_(nullptr) {
    const c10::cuda::CUDAGuard guard(static_cast<DeviceIndex>(device));
    auto state = std::make_unique<State>(static_cast<DeviceIndex>(device));
    state->capture(body, context);
    state_ = state.release();
}

Graph::~Graph() { delete state_; }

void Graph::replay() const {
    const c10::cuda::CUDAGuard guard(state_->device);
    C10_CUDA_CHECK(cudaGraphLaunch(state_->executable, c10::cuda::getCurrentCUDAStream(state_->device).stream()));
}

}  // namespace cm4j::device
