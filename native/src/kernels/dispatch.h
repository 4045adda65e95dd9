// Which kernels there are, and which of them this machine can run.
#pragma once

#include <vector>

#include "kernels.h"

namespace cm4j::fast {

struct KernelSet {
    const char* name;
    const char* needs;       // what the processor must have, as a user would say it
    const Kernels* kernels;  // null where this build has none
    bool runs;               // whether the processor and the operating system have what it needs
};

// Best first; the plain scalar twins, which run everywhere, last.
const std::vector<KernelSet>& kernel_sets();

}  // namespace cm4j::fast
