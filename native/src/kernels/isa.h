// What the processor can do, as far as the small kernels care.
#pragma once

namespace cm4j::kernels {

enum class Isa { portable, avx2, avx512 };

inline bool isa_at_least(Isa isa) {
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    switch (isa) {
        case Isa::portable: return true;
        case Isa::avx2: return avx2;
        case Isa::avx512: return avx512;
    }
#endif
    return isa == Isa::portable;
}

}  // namespace cm4j::kernels
