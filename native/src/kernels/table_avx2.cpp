// The kernels for AVX2.
#include "kernels.h"

#if defined(__AVX2__)

#include "simd_avx2.h"
#include "vector/table.h"

namespace cm4j::fast {

const Kernels* avx2_kernels() {
    static constexpr Kernels table = vector_table<avx2::Simd>("avx2");
    return &table;
}

}  // namespace cm4j::fast

#else  // a build for another processor

namespace cm4j::fast {

const Kernels* avx2_kernels() { return nullptr; }

}  // namespace cm4j::fast

#endif
