// Version, status and library.
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/grad_mode.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <thread>

#include "cuda_plugin.h"
#include "fast/fast_unet.h"
#include "handles.h"
#include "kernels/isa.h"
#include "memory.h"
#include "unet/fast_path.h"

#ifndef CM4J_VERSION
#error "CM4J_VERSION comes from CMakeLists.txt"
#endif

namespace cm4j {

namespace {

// The thread count asked for, 0 before anyone asked; each thread adopts it on its next call.
std::atomic<int32_t> wanted_threads{0};

// Copies text as cm_last_error promises; returns its full length.
int64_t copy_text(const std::string& text, char* buffer, int64_t buffer_bytes) noexcept {
    if (buffer != nullptr && buffer_bytes > 0) {
        const size_t length = std::min(text.size(), static_cast<size_t>(buffer_bytes - 1));
        std::memcpy(buffer, text.data(), length);
        buffer[length] = '\0';
    }
    return static_cast<int64_t>(text.size());
}

std::string isa() {
    std::string list;
#if defined(__x86_64__)
    const auto add = [&list](bool supported, const char* name) {
        if (!supported) return;
        if (!list.empty()) list += ' ';
        list += name;
    };
    add(__builtin_cpu_supports("avx2"), "avx2");
    add(__builtin_cpu_supports("fma"), "fma");
    add(kernels::isa_at_least(kernels::Isa::avx512), "avx512");
    add(__builtin_cpu_supports("avx512bf16"), "avx512_bf16");
    add(__builtin_cpu_supports("amx-bf16"), "amx_bf16");
#endif
    return list.empty() ? "portable" : list;
}

// A wrong CM4J_KERNELS is an error of the first network that wants the fast path; here its sentence is a fact.
std::string kernel_names() {
    try {
        return FastPath::kernels();
    } catch (const std::exception& error) {
        return error.what();
    }
}

// Whether networks of an ordinary shape would take the fast path here, or say why they cannot.
bool fast_path_here() try {
    UNetConfig usual;
    usual.image_size = 32;
    usual.in_channels = usual.out_channels = 1;
    usual.model_channels = 64;
    usual.num_res_blocks = 2;
    usual.channel_mult = {1, 2, 2};
    usual.attention_downsample = {4};
    usual.num_head_channels = 64;
    return FastPath::unavailable(usual, Elements::bf16).empty();
} catch (const std::exception&) {
    return true;
}

std::string library_info() {
    std::ostringstream lines;
    const int32_t devices = cuda_device_count();
    lines << "isa=" << isa() << '\n'
          << "kernels=" << kernel_names() << '\n'
          << "precision=" << (fast_path_here() ? "bf16" : "f32") << '\n'
          << "threads=" << at::get_num_threads() << '\n'
          << "cores=" << std::thread::hardware_concurrency() << '\n'
          << "cuda=" << (devices > 0 ? std::to_string(devices) : "none") << '\n'
          << "compiler=" << CM4J_COMPILER << '\n'
          << "onednn=" << at::get_mkldnn_version() << '\n'
          << "torch=" << TORCH_VERSION << '\n';
    return lines.str();
}

}  // namespace

std::string& last_error() noexcept {
    thread_local std::string sentence;
    return sentence;
}

void enter_thread() {
    thread_local bool entered = false;
    thread_local int32_t threads = 0;
    if (!entered) {
        at::GradMode::set_enabled(false);
        entered = true;
    }
    // LibTorch keeps its thread count per calling thread; ours is one for all.
    const int32_t wanted = wanted_threads.load(std::memory_order_relaxed);
    if (wanted != threads) {
        at::set_num_threads(wanted);
        threads = wanted;
    }
}

}  // namespace cm4j

using namespace cm4j;

int32_t cm_abi_version(void) { return CM_ABI_VERSION; }

const char* cm_version(void) { return CM4J_VERSION; }

const char* cm_torch_version(void) { return TORCH_VERSION; }

int32_t cm_torch_runtime_version(void) {
    // Looked up by name: releases without it load, too, and answer 0.
    using Version = uint64_t (*)();
    const auto version = reinterpret_cast<Version>(dlsym(RTLD_DEFAULT, "aoti_torch_abi_version"));
    if (version == nullptr) return 0;
    const uint64_t packed = version();  // major and minor are the two highest bytes
    return static_cast<int32_t>((packed >> 56 & 0xFF) * 100 + (packed >> 48 & 0xFF));
}

int64_t cm_last_error(char* buffer, int64_t buffer_bytes) { return copy_text(last_error(), buffer, buffer_bytes); }

int64_t cm_library_info(char* buffer, int64_t buffer_bytes) {
    int64_t length = 0;
    const cm_status status = guard([&] { length = copy_text(library_info(), buffer, buffer_bytes); });
    return status == CM_OK ? length : 0;
}

cm_status cm_threads_set(int32_t threads) {
    return guard([&] {
        if (threads < 1) refuse("threads", "is " + std::to_string(threads) + ", below 1");
        wanted_threads.store(threads, std::memory_order_relaxed);
        enter_thread();
    });
}

int32_t cm_threads_get(void) {
    int32_t threads = 1;
    return guard([&] { threads = at::get_num_threads(); }) == CM_OK ? threads : 1;
}

int64_t cm_live_count(int32_t kind) {
    return kind < 0 || kind >= CM_KIND_COUNT ? -1 : live[kind].load(std::memory_order_relaxed);
}

int64_t cm_memory_bytes(int32_t which) {
    switch (which) {
        case CM_MEMORY_NOW: return memory::now();
        case CM_MEMORY_PEAK: return memory::peak();
        case CM_MEMORY_LIMIT: return memory::limit();
        default: return -1;
    }
}

cm_status cm_memory_limit_set(int64_t limit_bytes) {
    return guard([&] {
        require(limit_bytes >= 0, "limit_bytes is negative");
        memory::set_limit(limit_bytes);
    });
}

void cm_memory_peak_reset(void) { memory::reset_peak(); }

cm_status cm_cuda_load(const char* path) {
    return guard([&] { load_cuda(path); });
}

int32_t cm_cuda_device_count(void) { return cuda_device_count(); }
