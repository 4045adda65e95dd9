// What code compiled with -fsanitize=thread calls before each access to memory that others may see. This file stands in
// for the sanitizer's library.
#include <cstddef>

#include "model.h"

extern "C" {

#define CUDA_MODEL_WATCH(bytes)                                                                     \
    void __tsan_read##bytes(void* memory) { cuda_model::touch(memory, bytes, bytes, false); }       \
    void __tsan_write##bytes(void* memory) { cuda_model::touch(memory, bytes, bytes, true); }       \
    void __tsan_unaligned_read##bytes(void* memory) { cuda_model::touch(memory, bytes, 1, false); } \
    void __tsan_unaligned_write##bytes(void* memory) { cuda_model::touch(memory, bytes, 1, true); }
CUDA_MODEL_WATCH(1)
CUDA_MODEL_WATCH(2)
CUDA_MODEL_WATCH(4)
CUDA_MODEL_WATCH(8)
CUDA_MODEL_WATCH(16)
#undef CUDA_MODEL_WATCH

void __tsan_read_range(void* memory, size_t bytes) { cuda_model::touch(memory, bytes, 1, false); }
void __tsan_write_range(void* memory, size_t bytes) { cuda_model::touch(memory, bytes, 1, true); }
void __tsan_init() { cuda_model::accesses_are_seen(); }
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

}  // extern "C"
