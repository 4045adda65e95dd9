// The kernels of one instruction set as a table, and the choice between Winograd and gathered convolutions.
#pragma once

#include "attention_backward.h"
#include "direct.h"
#include "direct_gradient.h"
#include "elementwise.h"
#include "matmul.h"
#include "norm_backward.h"
#include "winograd_forward.h"
#include "winograd_gradient.h"
#include "winograd_weights.h"

namespace cm4j::fast {
namespace {

bool suits_winograd(const ConvShape& s) {
    return s.kernel == 3 && s.stride == 1 && s.in % 32 == 0 && s.out % 32 == 0 && !s.picture && !s.compact;
}

// Weights of the forward pass, then those of the input gradient.
int64_t forward_values(const ConvShape& s) {
    return round_up(suits_winograd(s) ? winograd_packed_values(s) : direct_packed_values(s, false), 32);
}

template <typename S>
int64_t conv_packed_bytes(const ConvShape& s, bool gradient) {
    int64_t values = forward_values(s);
    if (gradient) values += suits_winograd(s) ? winograd_packed_values(s) : direct_packed_values(s, true);
    return values * static_cast<int64_t>(sizeof(Value<S>));
}

template <typename S>
void conv_pack(const ConvShape& s, const float* weight, bool gradient, void* packed) {
    auto* const forward = static_cast<Value<S>*>(packed);
    if (suits_winograd(s)) {
        winograd_pack<S>(s, weight, forward);
        if (gradient) winograd_pack_gradient<S>(s, weight, forward + forward_values(s));
    } else {
        direct_pack<S>(s, weight, false, forward);
        if (gradient) direct_pack<S>(s, weight, true, forward + forward_values(s));
    }
}

template <typename S>
void conv_forward(const ConvForward<Element<S>>& a) {
    const auto* const packed = static_cast<const Value<S>*>(a.packed);
    if (suits_winograd(a.shape)) {
        winograd_convolve<S>({a.shape.output(a.extent), a.shape.doubled ? Doubling::input : Doubling::none, a.shape.in,
                              a.shape.out, packed, a.bias, a.x, a.add, a.y.view});
    } else {
        direct_forward<S>(a, packed);
    }
}

template <typename S>
void conv_input_gradient(const ConvInputGradient<Element<S>>& a) {
    const auto* const packed = static_cast<const Value<S>*>(a.packed) + forward_values(a.shape);
    if (suits_winograd(a.shape)) {
        winograd_convolve<S>({a.shape.output(a.extent), a.shape.doubled ? Doubling::output : Doubling::none,
                              a.shape.out, a.shape.in, packed, nullptr, a.dy, a.add, a.dx.view});
    } else {
        direct_input_gradient<S>(a, packed);
    }
}

template <typename S>
void conv_weight_gradient(const ConvWeightGradient<Element<S>>& a) {
    if (suits_winograd(a.shape)) {
        winograd_weight_gradient<S>(a);
    } else {
        direct_weight_gradient<S>(a);
    }
}

template <typename S>
constexpr Kernels<Element<S>> vector_table(const char* name) {
    return {{name, conv_packed_bytes<S>, conv_pack<S>, matmul<S>},
            conv_forward<S>,
            conv_input_gradient<S>,
            conv_weight_gradient<S>,
            norm_forward<S>,
            norm_backward<S>,
            attention_forward<S>,
            attention_backward<S>,
            resize<S>,
            dropout<S>,
            add<S>};
}

}  // namespace
}  // namespace cm4j::fast
