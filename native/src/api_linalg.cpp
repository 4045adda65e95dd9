// Linear algebra.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvalsh.h>

#include "handles.h"

using namespace cm4j;

cm_status cm_symmetric_eigen(const cm_tensor* a, int32_t vectors, cm_tensor** out) {
    return give(out, [&] {
        const at::Tensor& matrix = tensor(a, "a");
        require_type(matrix, at::kDouble, "a");
        require_rank(matrix, 2, "a");
        if (matrix.size(0) != matrix.size(1)) refuse("a", "has shape " + text(matrix.sizes()) + ", which is not square");
        const at::NoGradGuard no_grad;
        if (vectors == 0) return at::linalg_eigvalsh(matrix, "L");
        const auto [values, columns] = at::linalg_eigh(matrix, "L");
        return at::cat({values.unsqueeze(0), columns});
    });
}
