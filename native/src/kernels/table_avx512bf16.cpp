// The kernels for AVX-512 BF16.
#include "kernels.h"

#if defined(__AVX512BF16__)

#include "simd_avx512bf16.h"
#include "vector/table.h"

namespace cm4j::fast {

KernelPair avx512_bf16_kernels() {
    static constexpr Kernels<bf16> half = vector_table<avx512bf16::Simd>("avx512-bf16");
    return {&half, avx512_kernels().full};
}

}  // namespace cm4j::fast

#else  // a build for another processor

namespace cm4j::fast {

KernelPair avx512_bf16_kernels() { return {}; }

}  // namespace cm4j::fast

#endif
