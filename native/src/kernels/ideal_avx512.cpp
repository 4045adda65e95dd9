#include "ideal_rows.h"

namespace cm4j::kernels {

void ideal_part_avx512(const IdealPart& part) { part_of(part); }

}  // namespace cm4j::kernels
