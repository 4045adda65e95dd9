#include "ideal.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

#include <map>
#include <utility>

#include "kernels/ideal.h"

namespace cm4j {

namespace {

KnownImages part(const KnownImages& known, Range range) {
    const int64_t images = range.last - range.first;
    return {known.pixels.narrow(0, range.first, images), known.half_norms.narrow(0, range.first, images)};
}

}  // namespace

at::Tensor ideal_kernel(const at::Tensor& x, const at::Tensor& precisions, const KnownImages& known) {
    const kernels::IdealBatch batch{x.const_data_ptr<float>(),
                                    precisions.const_data_ptr<float>(),
                                    x.size(0),
                                    x.size(1),
                                    known.pixels.const_data_ptr<uint8_t>(),
                                    known.half_norms.const_data_ptr<float>(),
                                    known.pixels.size(0)};
    at::Tensor workspace = at::empty({kernels::ideal_workspace(batch)}, at::kByte);
    at::Tensor out = at::empty_like(x);
    kernels::ideal_means(batch, workspace.mutable_data_ptr(), out.mutable_data_ptr<float>(), at::get_num_threads());
    return out;
}

at::Tensor ideal_composed(const at::Tensor& x, const at::Tensor& precisions, const KnownImages& known) {
    const at::Tensor y = known.pixels.to(at::kFloat).div_(127.5).sub_(1);
    const at::Tensor logits = (at::linear(x, y) - known.half_norms) * precisions.reshape({-1, 1});
    return at::matmul(logits.softmax(1), y);
}

at::Tensor half_norms(const at::Tensor& pixels) {
    const at::Tensor bytes = pixels.contiguous();
    at::Tensor out = at::empty({bytes.size(0)}, at::kFloat);
    kernels::half_norms(bytes.const_data_ptr<uint8_t>(), bytes.size(0), bytes.size(1), out.mutable_data_ptr<float>(),
                        at::get_num_threads());
    return out;
}

at::Tensor ideal_means(const at::Tensor& x, const std::vector<float>& precisions, const std::vector<Range>& ranges,
                       const KnownImages& known) {
    std::map<std::pair<int64_t, int64_t>, std::vector<int64_t>> groups;
    for (size_t n = 0; n < ranges.size(); ++n)
        groups[{ranges[n].first, ranges[n].last}].push_back(static_cast<int64_t>(n));
    const at::Tensor weights = at::tensor(precisions).to(x.device());
    at::Tensor out = at::empty_like(x, x.options(), at::MemoryFormat::Contiguous);
    for (const auto& [range, rows] : groups) {
        const at::Tensor index = at::tensor(rows).to(x.device());
        const at::Tensor some = x.index_select(0, index);
        const at::Tensor sharpness = weights.index_select(0, index);
        const KnownImages images = part(known, {range.first, range.second});
        out.index_copy_(0, index, x.is_cpu() ? ideal_kernel(some, sharpness, images)
                                              : ideal_composed(some, sharpness, images));
    }
    return out;
}

}  // namespace cm4j
