// Random streams and counter-based noise.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>

#include <cstring>
#include <mutex>

#include "cuda_plugin.h"
#include "handles.h"
#include "kernels/noise.h"

using namespace cm4j;

namespace {

at::Tensor draw(int32_t kind, const at::Generator& generator, int64_t low, int64_t high,
                const std::vector<int64_t>& shape) {
    switch (kind) {
        case CM_NORMAL: return at::randn(shape, generator, at::kFloat);
        case CM_UNIFORM: return at::rand(shape, generator, at::kFloat);
        case CM_INTEGER:
            if (low >= high) refuse("low", std::to_string(low) + " is not below high " + std::to_string(high));
            return at::randint(low, high, shape, generator, at::kLong);
        case CM_PERMUTATION:
            if (shape.size() != 1 || shape[0] != high)
                refuse("shape", text(shape) + " is not [high] = [" + std::to_string(high) + "]");
            return at::randperm(high, generator, at::kLong);
        default: refuse("kind", std::to_string(kind) + " is none of CM_NORMAL to CM_PERMUTATION");
    }
}

using kernels::NoiseLaw;

void fill_rows(NoiseLaw law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw,
               const at::Tensor& rows) {
    const int64_t per_image = rows.numel() / image_count;
    float* out = rows.mutable_data_ptr<float>();
    if (rows.is_cuda())
        cuda_check(cuda().noise(static_cast<int32_t>(law), seed, images, image_count, draw, per_image, out,
                                rows.device().index()));
    else if (law == NoiseLaw::normal)
        kernels::noise_normal(seed, images, image_count, draw, per_image, out, at::get_num_threads());
    else
        kernels::noise_uniform(seed, images, image_count, draw, per_image, out, at::get_num_threads());
}

cm_status fill(NoiseLaw law, uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw,
               cm_tensor* out) noexcept {
    return guard([&] {
        const at::Tensor& rows = tensor(out, "out");
        require_plain_f32(rows, "out");
        if (image_count < 0) refuse("image_count", "is negative");
        if (rows.dim() < 1 || rows.size(0) != image_count)
            refuse("out", "has shape " + text(rows.sizes()) + ", not one row for each of the " +
                              std::to_string(image_count) + " images");
        if (rows.numel() == 0) return;
        require(images != nullptr, "images is NULL");
        fill_rows(law, seed, images, image_count, draw, rows);
        rows.unsafeGetTensorImpl()->bump_version();
    });
}

}  // namespace

cm_status cm_rng_create(uint64_t seed, cm_rng** out) {
    if (out != nullptr) *out = nullptr;
    return guard([&] {
        require(out != nullptr, "out is NULL");
        *out = new cm_rng(at::detail::createCPUGenerator(seed));
    });
}

void cm_rng_free(cm_rng* rng) { delete rng; }

cm_status cm_rng_seed(cm_rng* rng, uint64_t seed) {
    return guard([&] {
        at::Generator& generator = handle(rng, "rng").value;
        const std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_current_seed(seed);
    });
}

cm_status cm_rng_state_get(const cm_rng* rng, void* buffer, int64_t buffer_bytes, int64_t* state_bytes) {
    if (state_bytes != nullptr) *state_bytes = 0;
    return guard([&] {
        const at::Tensor state = handle(rng, "rng").value.get_state();
        if (buffer != nullptr) {
            if (buffer_bytes < state.numel())
                refuse("buffer_bytes", "is " + std::to_string(buffer_bytes) + ", below the " +
                                           std::to_string(state.numel()) + " of the state");
            std::memcpy(buffer, state.const_data_ptr(), static_cast<size_t>(state.numel()));
        }
        if (state_bytes != nullptr) *state_bytes = state.numel();
        require(buffer != nullptr || state_bytes != nullptr, "buffer and state_bytes are both NULL");
    });
}

cm_status cm_rng_state_set(cm_rng* rng, const void* state, int64_t state_bytes) {
    return guard([&] {
        at::Generator& generator = handle(rng, "rng").value;
        require(state != nullptr, "state is NULL");
        const int64_t needed = generator.get_state().numel();
        if (state_bytes != needed)
            refuse("state_bytes", "is " + std::to_string(state_bytes) + ", a state has " + std::to_string(needed));
        const at::Tensor bytes = at::empty({state_bytes}, at::kByte);
        std::memcpy(bytes.mutable_data_ptr(), state, static_cast<size_t>(state_bytes));
        generator.set_state(bytes);
    });
}

cm_status cm_rng_draw(int32_t kind, cm_rng* rng, int64_t low, int64_t high, const int64_t* shape, int32_t ndim,
                      cm_tensor** out) {
    return give(out, [&] { return draw(kind, handle(rng, "rng").value, low, high, shape_of(shape, ndim)); });
}

cm_status cm_noise_normal(uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw, cm_tensor* out) {
    return fill(NoiseLaw::normal, seed, images, image_count, draw, out);
}

cm_status cm_noise_uniform(uint64_t seed, const int64_t* images, int64_t image_count, uint32_t draw, cm_tensor* out) {
    return fill(NoiseLaw::uniform, seed, images, image_count, draw, out);
}
