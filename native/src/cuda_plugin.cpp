#include "cuda_plugin.h"

#include <ATen/Context.h>
#include <dlfcn.h>

#include <atomic>
#include <stdexcept>

#include "cm4j.h"
#include "errors.h"

namespace cm4j {

namespace {

std::atomic<const cm4j_cuda_table*> loaded{nullptr};

std::string loader_message() {
    const char* message = dlerror();
    return message == nullptr ? "no reason given" : message;
}

}  // namespace

void load_cuda(const char* path) {
    require(path != nullptr && *path != '\0', "path is empty");
    // Never closed: LibTorch's CUDA half registers its operators for the life of the process.
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw Unsupported("the CUDA plug-in cannot be loaded: " + loader_message());
    using Register = const cm4j_cuda_table* (*)();
    const auto entry = reinterpret_cast<Register>(dlsym(library, "cm4j_cuda_register"));
    if (entry == nullptr) throw Unsupported(std::string(path) + " has no entry cm4j_cuda_register");
    const cm4j_cuda_table* table = entry();
    if (table == nullptr || table->abi != CM_ABI_VERSION)
        throw Unsupported(std::string(path) + " was built for interface " +
                          std::to_string(table == nullptr ? 0 : table->abi) + ", this library has " +
                          std::to_string(CM_ABI_VERSION));
    if (table->bytes != static_cast<int32_t>(sizeof(cm4j_cuda_table)))
        throw Unsupported(std::string(path) + " belongs to another build of this library");
    if (std::string(table->torch_version) != cm_torch_version())
        throw Unsupported(std::string(path) + " was built with LibTorch " + table->torch_version +
                          ", this library with " + cm_torch_version());
    if (table->device_count() <= 0)
        throw Unsupported(std::string("no CUDA device is usable: ") + table->last_reason());
    // Brings LibTorch's operators for CUDA tensors; found through this library's run path.
    if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_LOCAL) == nullptr)
        throw Unsupported("LibTorch's CUDA half cannot be loaded: " + loader_message());
    // LibTorch looks for that half once, when a convolution or a backward pass first asks for it.
    if (!at::globalContext().hasCUDA())
        throw Unsupported("this process has computed on the processor before it asked for a CUDA device; LibTorch then"
                          " knows no device any more, so ask for the device first");
    // Convolutions of the same shape recur all the time, so cuDNN may look for the fastest once.
    at::globalContext().setBenchmarkCuDNN(true);
    // float32 means float32: the plain path is the oracle there, too.
    at::globalContext().setAllowTF32CuDNN(false);
    loaded.store(table, std::memory_order_release);
}

int32_t cuda_device_count() noexcept {
    const cm4j_cuda_table* table = loaded.load(std::memory_order_acquire);
    return table == nullptr ? 0 : table->device_count();
}

const cm4j_cuda_table& cuda() {
    const cm4j_cuda_table* table = loaded.load(std::memory_order_acquire);
    if (table == nullptr) throw Unsupported("the CUDA plug-in is not loaded");
    return *table;
}

void cuda_check(int32_t status) {
    if (status != 0) throw std::runtime_error(std::string("CUDA: ") + cuda().last_reason());
}

}  // namespace cm4j
