// Which kernels there are, and which of them this machine can run.
#pragma once

#include <vector>

#include "kernels.h"

namespace cm4j::fast {

struct KernelSet {
    const char* name;
    const char* needs;   // what the processor must have, as a user would say it
    KernelPair kernels;  // none where this build has none
    bool runs;           // whether the processor and the operating system have what it needs

    bool portable() const { return kernels.half == &portable_kernels<bf16>(); }
};

// Kernels that lean on a library which those here do without. They run where the AVX-512 BF16 kernels do.
struct KernelOffer {
    const char* name;
    const char* needs;
    KernelPair kernels;  // none where this build has none
    bool best;           // better here than all others; else they are taken on request only
};

// Before the first use of kernel_sets, which asks for what is offered.
void offer_kernels(KernelOffer (*offer)());

// Best first; the plain scalar twins, which run everywhere, last.
const std::vector<KernelSet>& kernel_sets();

}  // namespace cm4j::fast
