// What the CPU offers.
#include "dispatch.h"

#include "isa.h"

namespace cm4j::fast {
namespace {

bool cpu_has_avx512_bf16() {
#if defined(__x86_64__)
    return kernels::isa_at_least(kernels::Isa::avx512) && __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

KernelOffer (*offered)() = nullptr;

}  // namespace

void offer_kernels(KernelOffer (*offer)()) { offered = offer; }

const std::vector<KernelSet>& kernel_sets() {
    using kernels::Isa, kernels::isa_at_least;
    static const std::vector<KernelSet> sets = [] {
        std::vector<KernelSet> all = {
            {"avx512-bf16", "AVX-512 BF16", avx512_bf16_kernels(), cpu_has_avx512_bf16()},
            {"avx512", "AVX-512 F, BW, VL and DQ", avx512_kernels(), isa_at_least(Isa::avx512)},
            {"avx2", "AVX2 and FMA", avx2_kernels(), isa_at_least(Isa::avx2)},
            {"portable", "nothing", {&portable_kernels<bf16>(), &portable_kernels<float>()}, true},
        };
        if (offered) {
            const KernelOffer o = offered();
            const bool runs = o.kernels && cpu_has_avx512_bf16();
            all.insert(o.best ? all.begin() : all.begin() + 1, KernelSet{o.name, o.needs, o.kernels, runs});
        }
        return all;
    }();
    return sets;
}

}  // namespace cm4j::fast
