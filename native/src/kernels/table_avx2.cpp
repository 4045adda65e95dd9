// The kernels for AVX2.
#include "kernels.h"

#if defined(__AVX2__)

#include "simd_avx2.h"
#include "vector/table.h"

namespace cm4j::fast {

KernelPair avx2_kernels() {
    static constexpr Kernels<bf16> half = vector_table<avx2::Simd>("avx2");
    static constexpr Kernels<float> full = vector_table<avx2::FullSimd>("avx2");
    return {&half, &full};
}

}  // namespace cm4j::fast

#else  // a build for another processor

namespace cm4j::fast {

KernelPair avx2_kernels() { return {}; }

}  // namespace cm4j::fast

#endif
