// The table of the AVX-512 BF16 kernels, and the choice between Winograd and gathered convolutions.
#include "kernels.h"

#if defined(__AVX512BF16__)

#include "table_avx512bf16.h"

#include "direct_avx512bf16.h"
#include "winograd_avx512bf16.h"

namespace cm4j::fast {
namespace {

using namespace avx512;

bool suits_winograd(const ConvShape& s) {
    return s.kernel == 3 && s.stride == 1 && s.in % 32 == 0 && s.out % 32 == 0;
}

// Weights of the forward pass, then those of the input gradient.
int64_t forward_elements(const ConvShape& s) {
    return round_up(suits_winograd(s) ? winograd_packed_elements(s) : direct_packed_elements(s, false), 32);
}

int64_t conv_packed_bytes(const ConvShape& s, bool gradient) {
    int64_t elements = forward_elements(s);
    if (gradient) elements += suits_winograd(s) ? winograd_packed_elements(s) : direct_packed_elements(s, true);
    return elements * static_cast<int64_t>(sizeof(bf16));
}

void conv_pack(const ConvShape& s, const float* weight, bool gradient, void* packed) {
    auto* const forward = static_cast<bf16*>(packed);
    if (suits_winograd(s)) {
        winograd_pack(s, weight, forward);
        if (gradient) winograd_pack_gradient(s, weight, forward + forward_elements(s));
    } else {
        direct_pack(s, weight, false, forward);
        if (gradient) direct_pack(s, weight, true, forward + forward_elements(s));
    }
}

void conv_forward(const ConvForward& a) {
    const auto* const packed = static_cast<const bf16*>(a.packed);
    if (suits_winograd(a.shape)) {
        winograd_convolve({a.shape.output(a.extent), a.shape.doubled ? Doubling::input : Doubling::none, a.shape.in,
                           a.shape.out, packed, a.bias, a.x, a.add, a.y.half});
    } else {
        direct_forward(a, packed);
    }
}

void conv_input_gradient(const ConvInputGradient& a) {
    const auto* const packed = static_cast<const bf16*>(a.packed) + forward_elements(a.shape);
    if (suits_winograd(a.shape)) {
        winograd_convolve({a.shape.output(a.extent), a.shape.doubled ? Doubling::output : Doubling::none, a.shape.out,
                           a.shape.in, packed, nullptr, a.dy, a.add, a.dx.half});
    } else {
        direct_input_gradient(a, packed);
    }
}

void conv_weight_gradient(const ConvWeightGradient& a) {
    if (suits_winograd(a.shape)) {
        winograd_weight_gradient(a);
    } else {
        direct_weight_gradient(a);
    }
}

constexpr Kernels table{
    "avx512-bf16",     conv_packed_bytes,    conv_pack,     conv_forward,      conv_input_gradient,
    conv_weight_gradient, avx512::norm_forward, avx512::norm_backward, avx512::attention_forward,
    avx512::attention_backward, avx512::resize, avx512::dropout, avx512::add,   avx512::matmul,
};

}  // namespace

const Kernels* avx512_bf16_kernels() { return &table; }

}  // namespace cm4j::fast

#else  // a build for another processor

namespace cm4j::fast {

const Kernels* avx512_bf16_kernels() { return nullptr; }

}  // namespace cm4j::fast

#endif
