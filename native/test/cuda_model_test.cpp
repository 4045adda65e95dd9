// The model that runs CUDA kernels on the processor: what it must find fault with, and its half precision.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "cuda_model/arrays.h"
#include "cuda_model/mistakes.h"

namespace {

using cuda_model::Array;
using cuda_model::Element;
using mistakes::kThreads;

int failures = 0;

void expect(bool good, const std::string& what) {
    if (good) return;
    failures++;
    std::printf("FAILED %s\n", what.c_str());
}

// Every fault has its sentence, and the launch fails.
void finds(const std::string& words, const std::function<void()>& mistake) {
    mistake();
    const bool failed = cudaGetLastError() != cudaSuccess;
    const std::vector<std::string> faults = cuda_model::take_faults();
    std::string all;
    for (const std::string& fault : faults) all += fault + "; ";
    expect(failed && faults.size() == 1 && faults[0].find(words) != std::string::npos,
           "'" + words + "' is what should be said, not: " + all);
}

void faults_are_found() {
    std::vector<float> values(2 * kThreads);
    for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<float>(i);
    const Array<float> in(values), out(2 * kThreads);
    const auto nobody = [&](void (*mistake)(float*)) { return [&out, mistake] { mistake(out.data()); }; };

    mistakes::right(in.data(), out.data(), 2);
    expect(cudaGetLastError() == cudaSuccess && cuda_model::take_faults().empty(), "a right kernel has no fault");
    const std::vector<float> sums = out.host();
    for (int i = 0; i < 2 * kThreads; i++)
        expect(sums[i] == (i < kThreads ? 95.0F * 48 : 287.0F * 48), "the sum over a block");

    finds("is reached by 40 of the 96 threads", nobody(mistakes::barrier_for_some));
    finds("wait at different barriers", nobody(mistakes::different_barriers));
    finds("a shuffle waits for lanes", nobody(mistakes::shuffle_without_a_lane));
    finds("a shuffle waits for lanes", nobody(mistakes::shuffle_beyond_the_block));
    finds("bytes of shared memory", nobody(mistakes::too_much_shared_in_variables));
    finds("no multiple of 16", [&] { mistakes::odd_vector(in.data(), out.data()); });
    if (cuda_model::sees_accesses()) {
        finds("reads what another thread writes", [&] { mistakes::no_barrier(in.data(), out.data()); });
        finds("writes what another thread reads", [&] { mistakes::no_barrier_before_writing(in.data(), out.data()); });
        finds("writes 4 bytes outside the memory", nobody(mistakes::shared_overrun));
        finds("writes 4 bytes outside the memory", nobody(mistakes::shared_underrun));
        finds("writes 4 bytes outside the memory", nobody(mistakes::variable_overrun));
        finds("reads what nobody has written", nobody(mistakes::shared_unwritten));
        const Array<float> shorter(10), fresh(kThreads);
        const std::vector<float> on_host(kThreads);
        finds("reads 4 bytes outside the memory", [&] {
            Array<float> few(std::vector<float>(10));
            mistakes::global_overrun(few.data(), out.data(), 11);
        });
        finds("writes 4 bytes outside the memory", [&] { mistakes::global_overrun(in.data(), shorter.data(), 11); });
        finds("reads 4 bytes outside the memory",
              [&] { mistakes::global_overrun(on_host.data(), out.data(), 1); });
        finds("reads what nobody has written", [&] { mistakes::global_unwritten(fresh.data()); });
        finds("writes what another block writes", nobody(mistakes::blocks_share));
        finds("reads what another block writes", nobody(mistakes::block_reads_another));
    } else {
        std::printf("single accesses are not watched in this build\n");
        finds("outside its shared memory", nobody(mistakes::shared_overrun));
        finds("outside its shared memory", nobody(mistakes::shared_underrun));
        finds("outside its shared memory", nobody(mistakes::variable_overrun));
        {
            const Array<float> shorter(10);
            mistakes::global_overrun(in.data(), shorter.data(), 11);
        }
        expect(cuda_model::take_faults().size() == 1, "a write beyond an array is found when that is freed");
    }
}

// The last thread comes first, so that one without a barrier reads what is not there yet.
void orders_differ() {
    if (cuda_model::sees_accesses()) return;
    const Array<float> in(std::vector<float>(kThreads, 1)), out(kThreads);
    cuda_model::set_order(cuda_model::Order::backward);
    mistakes::no_barrier(in.data(), out.data());
    cuda_model::set_order(cuda_model::Order::forward);
    expect(std::isnan(out.host()[kThreads - 1]), "a missing barrier shows as NaN where the last thread comes first");
}

void limits_hold() {
    const auto gives = [](cudaError_t expected, dim3 blocks, dim3 threads, size_t shared, const char* what) {
        expect(mistakes::launch(blocks, threads, shared, cuda_model::stream()) == expected, what);
    };
    gives(cudaSuccess, {1, 65535}, 1, 0, "65535 rows of blocks");
    gives(cudaErrorInvalidConfiguration, {1, 65536}, 1, 0, "65536 rows of blocks");
    gives(cudaErrorInvalidConfiguration, {1, 1, 65536}, 1, 0, "65536 layers of blocks");
    gives(cudaSuccess, {65536}, 1, 0, "65536 blocks in a row");
    gives(cudaErrorInvalidConfiguration, {0}, 1, 0, "no block");
    gives(cudaSuccess, {1}, 1024, 0, "1024 threads");
    gives(cudaErrorInvalidConfiguration, {1}, 1025, 0, "1025 threads");
    gives(cudaErrorInvalidConfiguration, {1}, 0, 0, "no thread");
    gives(cudaSuccess, {1}, 1, 48 * 1024, "48 KiB of shared memory");
    gives(cudaErrorInvalidValue, {1}, 1, 48 * 1024 + 1, "more than 48 KiB of shared memory");
    expect(cuda_model::take_faults().empty(), "limits are errors of CUDA, not faults");
    mistakes::launch({1}, 1, 0, nullptr);
    expect(cuda_model::take_faults().size() == 1, "another stream is a fault");
}

// Between neighbours the nearer one, and at the middle the even one; all that can be held comes back.
void halves_round(Element type) {
    const std::string what = cuda_model::name(type);
    const auto value = [&](unsigned bits) { return cuda_model::of_half(static_cast<uint16_t>(bits), type); };
    const auto bits = [&](float x) { return unsigned{cuda_model::half_bits(x, type)}; };
    const unsigned infinite = type == Element::f16 ? 0x7C00 : 0x7F80;
    for (unsigned sign : {0x0000U, 0x8000U}) {
        for (unsigned i = 0; i <= infinite; i++)
            expect(bits(value(sign | i)) == (sign | i), what + " comes back");
        for (unsigned i = 0; i + 1 < infinite; i++) {
            const float low = value(sign | i), high = value(sign | (i + 1));
            const float middle = static_cast<float>((static_cast<double>(low) + high) / 2);
            expect(bits(middle) == (sign | (i + i % 2)), what + " goes to the even number");
            expect(bits(std::nextafter(middle, low)) == (sign | i), what + " goes to the lower number");
            expect(bits(std::nextafter(middle, high)) == (sign | (i + 1)), what + " goes to the higher number");
        }
        expect(value(sign | infinite) == (sign == 0 ? INFINITY : -INFINITY), what + " is infinite");
    }
    expect(std::isnan(value(bits(NAN))) && bits(3e38F) <= infinite, what + " at its ends");
    if (type == Element::f16)
        expect(value(1) == 0x1p-24F && value(0x3C01) == 1 + 0x1p-10F && bits(65519) == 0x7BFF && bits(65520) == 0x7C00,
               "binary16 by its definition");
    else
        expect(value(0x3F81) == 1 + 0x1p-7F, "bfloat16 by its definition");
}

}  // namespace

int main() {
    faults_are_found();
    orders_differ();
    limits_hold();
    halves_round(Element::f16);
    halves_round(Element::bf16);
    expect(cuda_model::allocations() == 0 && cuda_model::take_faults().empty(), "nothing is left");
    if (failures == 0) std::printf("ok\n");
    return failures == 0 ? 0 : 1;
}
