// Exponential and sigmoid from 2^t.
#pragma once

#include <type_traits>

namespace cm4j::fast {
namespace {

constexpr float log2_e = 1.44269504f;

// c[0] f^(Count - 1) + ... + c[Count - 1].
template <typename S, int Count>
typename S::Vec polynomial(typename S::Vec f, const float (&c)[Count]) {
    typename S::Vec p = S::set(c[0]);
#pragma GCC unroll 8
    for (int i = 1; i < Count; i++) p = S::fma(p, f, S::set(c[i]));
    return p;
}

// 2^f on [0, 1]: minimax polynomials. Degree 4 has a relative error of 3e-6, where the rounding of bfloat16 is 4e-3;
// degree 6 is as good as float32.
template <typename S>
typename S::Vec power_polynomial(typename S::Vec f) {
    if constexpr (std::is_same_v<typename S::Element, float>) {
        return polynomial<S>(f, {0.000217022549f, 0.00124396873f, 0.00967884064f, 0.0554833412f, 0.24022983f,
                                 0.693147004f, 1.f});
    } else {
        return polynomial<S>(f, {0.0135341676f, 0.0520114612f, 0.241442757f, 0.693003835f, 1.00000259f});
    }
}

template <typename S>
typename S::Vec power_of_two(typename S::Vec t) {
    return S::power_of_two(t, [](typename S::Vec f) { return power_polynomial<S>(f); });
}

template <typename S>
typename S::Vec exponential(typename S::Vec x) {
    return power_of_two<S>(x * S::set(log2_e));
}

template <typename S>
typename S::Vec sigmoid(typename S::Vec z) {
    return S::reciprocal(power_of_two<S>(z * S::set(-log2_e)) + S::set(1.f));
}

}  // namespace
}  // namespace cm4j::fast
