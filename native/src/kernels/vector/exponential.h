// Exponential and sigmoid from 2^t.
#pragma once

namespace cm4j::fast {
namespace {

constexpr float log2_e = 1.44269504f;

// 2^f on [0, 1]: minimax polynomial of degree 4.
template <typename S>
typename S::Vec power_polynomial(typename S::Vec f) {
    typename S::Vec p = S::set(0.0135341676f);
    p = S::fma(p, f, S::set(0.0520114612f));
    p = S::fma(p, f, S::set(0.241442757f));
    p = S::fma(p, f, S::set(0.693003835f));
    return S::fma(p, f, S::set(1.00000259f));
}

template <typename S>
typename S::Vec exponential(typename S::Vec x) {
    return S::power_of_two(x * S::set(log2_e));
}

template <typename S>
typename S::Vec sigmoid(typename S::Vec z) {
    return S::reciprocal(S::power_of_two(z * S::set(-log2_e)) + S::set(1.f));
}

}  // namespace
}  // namespace cm4j::fast
