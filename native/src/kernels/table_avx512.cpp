// The kernels for AVX-512.
#include "kernels.h"

#if defined(__AVX512BW__)

#include "simd_avx512.h"
#include "vector/table.h"

namespace cm4j::fast {

KernelPair avx512_kernels() {
    static constexpr Kernels<bf16> half = vector_table<avx512::Simd>("avx512");
    static constexpr Kernels<float> full = vector_table<avx512::FullSimd>("avx512");
    return {&half, &full};
}

}  // namespace cm4j::fast

#else  // a build for another processor

namespace cm4j::fast {

KernelPair avx512_kernels() { return {}; }

}  // namespace cm4j::fast

#endif
