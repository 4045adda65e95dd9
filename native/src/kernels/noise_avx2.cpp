#include "noise_rows.h"

namespace cm4j::kernels {

void noise_run_avx2(NoiseLaw law, const NoiseRun& run) { fill(law, run); }

}  // namespace cm4j::kernels
