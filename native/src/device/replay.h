// Runs a fixed sequence of operations: directly on the processor, by a captured graph on a device.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace cm4j {

class Replay {
public:
    explicit Replay(at::Device device) : device_(device) {}
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;
    ~Replay();

    // signature: what a capture stays valid for, such as addresses and options. The body must take its inputs from and
    // leave its results in tensors that live outside it.
    void run(const std::vector<int64_t>& signature, const std::function<void()>& body);
    int64_t captures() const { return captures_; }

private:
    void drop();

    const at::Device device_;
    std::vector<int64_t> signature_;
    int warm_ = 0;
    std::thread::id warm_thread_;  // libraries keep what they have chosen and allocated for each thread
    int64_t captures_ = 0;
    void* graph_ = nullptr;
};

}  // namespace cm4j
