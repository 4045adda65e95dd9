#include "replay.h"

#include <exception>

#include "../cuda_plugin.h"

namespace cm4j {

namespace {

// Runs before a capture: libraries choose algorithms and allocate workspaces.
constexpr int kWarmUps = 3;

struct Call {
    const std::function<void()>& body;
    std::exception_ptr thrown;
};

// The plug-in's entries may not throw, so an exception waits until they have returned.
void enter(void* context) {
    auto& call = *static_cast<Call*>(context);
    try {
        call.body();
    } catch (...) {
        call.thrown = std::current_exception();
    }
}

void finish(const Call& call, int32_t status) {
    if (call.thrown) std::rethrow_exception(call.thrown);
    cuda_check(status);
}

}  // namespace

Replay::~Replay() { drop(); }

void Replay::drop() {
    if (graph_ != nullptr) cuda().release(graph_);
    graph_ = nullptr;
    warm_ = 0;
}

void Replay::run(const std::vector<int64_t>& signature, const std::function<void()>& body) {
    if (device_.is_cpu()) {
        body();
        return;
    }
    if (signature != signature_) drop();
    signature_ = signature;
    if (graph_ == nullptr && warm_thread_ != std::this_thread::get_id()) warm_ = 0;
    warm_thread_ = std::this_thread::get_id();
    Call call{body, nullptr};
    if (warm_ < kWarmUps) {
        const int32_t status = cuda().side_stream(device_.index(), enter, &call);
        finish(call, status);
        ++warm_;
        return;
    }
    if (graph_ == nullptr) {
        const int32_t status = cuda().capture(device_.index(), enter, &call, &graph_);
        finish(call, status);
        ++captures_;
    }
    cuda_check(cuda().replay(graph_));
}

}  // namespace cm4j
