// The kernels for AVX-512.
#include "kernels.h"

#if defined(__AVX512BW__)

#include "simd_avx512.h"
#include "vector/table.h"

namespace cm4j::fast {

const Kernels* avx512_kernels() {
    static constexpr Kernels table = vector_table<avx512::Simd>("avx512");
    return &table;
}

}  // namespace cm4j::fast

#else  // a build for another processor

namespace cm4j::fast {

const Kernels* avx512_kernels() { return nullptr; }

}  // namespace cm4j::fast

#endif
