// The kernels "amx": wide convolutions go to oneDNN, which knows the matrix tiles of the processor, all else to the
// AVX-512 BF16 kernels. Without tiles oneDNN takes AVX-512, so that the table can be tested there.
//
// Offered to the fast path when the library is loaded: the fast path itself knows nothing of LibTorch.
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/upsample_nearest2d.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#if defined(__linux__) && defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "../kernels/dispatch.h"

namespace cm4j::fast {
namespace {

// Pictures have few channels and must not be rounded; those convolutions stay with our own kernels.
bool suits(const ConvShape& s) { return s.in % 32 == 0 && s.out % 32 == 0 && !s.picture; }

const Kernels<bf16>& own() { return *avx512_bf16_kernels().half; }

at::TensorOptions half() { return at::TensorOptions().dtype(at::kBFloat16); }

// [N, channels, H, W] over a view, without a copy.
at::Tensor tensor(View<bf16> view, Extent e, int64_t channels) {
    return at::from_blob(view.data, {e.images, channels, e.height, e.width},
                         {e.area() * view.stride, 1, e.width * view.stride, view.stride}, half());
}

at::Tensor blank(Extent e, int64_t channels) {
    return at::empty({e.images, channels, e.height, e.width}, half().memory_format(at::MemoryFormat::ChannelsLast));
}

// Weights stand as [out][row][column][in].
at::Tensor weights(const ConvShape& s, const void* packed) {
    const int64_t k = s.kernel;
    return at::from_blob(const_cast<void*>(packed), {s.out, s.in, k, k}, {s.taps() * s.in, 1, k * s.in, s.in}, half());
}

// What the convolution itself reads.
at::Tensor input(const ConvShape& s, View<bf16> x, Extent e) {
    const at::Tensor t = tensor(x, e, s.in);
    return s.doubled ? at::upsample_nearest2d(t, {2 * e.height, 2 * e.width}) : t;
}

Extent read(const ConvShape& s, Extent e) {
    return s.doubled ? Extent{e.images, 2 * e.height, 2 * e.width} : e;
}

// y = result + bias + add, pixel by pixel.
void finish(const at::Tensor& result, int64_t pixels, int64_t channels, const float* bias, View<bf16> add,
            ConvOutput<bf16> y) {
    const at::Tensor rows = result.contiguous(at::MemoryFormat::ChannelsLast);
    const View<bf16> from{static_cast<bf16*>(rows.data_ptr()), channels};
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < pixels; p++) {
        const bf16* const r = from.pixel(p);
        const bf16* const a = add ? add.pixel(p) : nullptr;
        bf16* const half_row = y.full ? nullptr : y.view.pixel(p);
        for (int64_t c = 0; c < channels; c++) {
            float v = to_float(r[c]);
            if (bias) v += bias[c];
            if (a) v += to_float(a[c]);
            if (y.full) {
                y.full[p * channels + c] = v;
            } else {
                half_row[c] = to_bf16(v);
            }
        }
    }
}

std::array<int64_t, 2> both(int64_t value) { return {value, value}; }

std::tuple<at::Tensor, at::Tensor, at::Tensor> backward(const ConvShape& s, const at::Tensor& dy, const at::Tensor& x,
                                                        const at::Tensor& weight, std::array<bool, 3> wanted) {
    return at::convolution_backward(dy, x, weight, at::OptionalIntArrayRef(), both(s.stride), both(s.kernel / 2),
                                    both(1), false, both(0), 1, wanted);
}

int64_t conv_packed_bytes(const ConvShape& s, bool gradient) {
    if (!suits(s)) return own().conv_packed_bytes(s, gradient);
    return s.out * s.in * s.taps() * static_cast<int64_t>(sizeof(bf16));
}

void conv_pack(const ConvShape& s, const float* weight, bool gradient, void* packed) {
    if (!suits(s)) return own().conv_pack(s, weight, gradient, packed);
    auto* to = static_cast<bf16*>(packed);
    for (int64_t o = 0; o < s.out; o++) {
        for (int64_t tap = 0; tap < s.taps(); tap++) {
            for (int64_t i = 0; i < s.in; i++) *to++ = to_bf16(weight[(o * s.in + i) * s.taps() + tap]);
        }
    }
}

void conv_forward(const ConvForward<bf16>& a) {
    if (!suits(a.shape)) return own().conv_forward(a);
    const at::AutoDispatchBelowADInplaceOrView plain;
    const ConvShape& s = a.shape;
    const at::Tensor result = at::convolution(input(s, a.x, a.extent), weights(s, a.packed), std::nullopt,
                                              both(s.stride), both(s.kernel / 2), both(1), false, both(0), 1);
    finish(result, s.output(a.extent).pixels(), s.out, a.bias, a.add, a.y);
}

void conv_input_gradient(const ConvInputGradient<bf16>& a) {
    if (!suits(a.shape)) return own().conv_input_gradient(a);
    const at::AutoDispatchBelowADInplaceOrView plain;
    const ConvShape& s = a.shape;
    const Extent e = read(s, a.extent);
    at::Tensor dx = std::get<0>(backward(s, tensor(a.dy, s.output(a.extent), s.out), blank(e, s.in),
                                         weights(s, a.packed), {true, false, false}));
    // Each pixel was read four times.
    if (s.doubled) dx = at::avg_pool2d(dx, {2, 2}, {2, 2}, {0, 0}, false, true, 1);
    finish(dx, a.extent.pixels(), s.in, nullptr, a.add, a.dx);
}

void conv_weight_gradient(const ConvWeightGradient<bf16>& a) {
    // oneDNN leaves the taps that no pixel of a tiny picture meets unwritten where the stride is 2.
    const bool tiny = std::min(a.extent.height, a.extent.width) < a.shape.kernel;
    if (!suits(a.shape) || tiny) return own().conv_weight_gradient(a);
    const at::AutoDispatchBelowADInplaceOrView plain;
    const ConvShape& s = a.shape;
    const int64_t k = s.kernel;
    const at::Tensor dy = tensor(a.dy, s.output(a.extent), s.out);
    const at::Tensor weight = at::empty({s.out, s.in, k, k}, half().memory_format(at::MemoryFormat::ChannelsLast));
    const at::Tensor gradient =
        std::get<1>(backward(s, dy, input(s, a.x, a.extent), weight, {false, true, false}));
    at::from_blob(a.dweight, {s.out, s.in, k, k}).add_(gradient);
    at::from_blob(a.dbias, {s.out}).add_(at::sum(dy, {0, 2, 3}, false, at::kFloat));
}

// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, CPUID leaf 7: EDX bit 22 is AMX-BF16, bit 24
// the tiles; Linux, Documentation/arch/x86/xstate.rst: the tile data are given to those who ask.
bool has_tiles() {
#if defined(__linux__) && defined(__x86_64__)
    constexpr unsigned needed = (1u << 22) | (1u << 24);
    constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & needed) != needed) return false;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return false;
#endif
}

KernelOffer offer() {
    static const Kernels<bf16> table = [] {
        Kernels<bf16> k{};
        if (avx512_bf16_kernels()) k = own();
        k.name = "amx";
        k.conv_packed_bytes = conv_packed_bytes;
        k.conv_pack = conv_pack;
        k.conv_forward = conv_forward;
        k.conv_input_gradient = conv_input_gradient;
        k.conv_weight_gradient = conv_weight_gradient;
        return k;
    }();
    const KernelPair pair{&table, avx512_bf16_kernels().full};
    return {"amx", "AVX-512 BF16", avx512_bf16_kernels() ? pair : KernelPair{}, has_tiles()};
}

[[maybe_unused]] const bool offered = (offer_kernels(offer), true);

}  // namespace
}  // namespace cm4j::fast
