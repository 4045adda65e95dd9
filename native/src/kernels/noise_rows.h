// The arithmetic of noise.h, included by one file per instruction set. Plain loops over groups of blocks, written so
// that the compiler turns them into vector code; with contraction off every set gives the same bits.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "noise.h"

namespace cm4j::kernels {
namespace {

constexpr int kLanes = 64;  // blocks of four values worked on at a time

// Philox4x32-10. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
struct Blocks {
    uint32_t word[4][kLanes];
};

inline void philox(const NoiseRun& run, uint32_t first_block, Blocks& b) {
    for (int i = 0; i < kLanes; ++i) {
        b.word[0][i] = first_block + static_cast<uint32_t>(i);
        b.word[1][i] = run.image[0];
        b.word[2][i] = run.image[1];
        b.word[3][i] = run.draw;
    }
    uint32_t key0 = run.key[0];
    uint32_t key1 = run.key[1];
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < kLanes; ++i) {
            const uint64_t product0 = uint64_t{0xD2511F53U} * b.word[0][i];
            const uint64_t product1 = uint64_t{0xCD9E8D57U} * b.word[2][i];
            const uint32_t word1 = b.word[1][i];
            const uint32_t word3 = b.word[3][i];
            b.word[0][i] = static_cast<uint32_t>(product1 >> 32) ^ word1 ^ key0;
            b.word[1][i] = static_cast<uint32_t>(product1);
            b.word[2][i] = static_cast<uint32_t>(product0 >> 32) ^ word3 ^ key1;
            b.word[3][i] = static_cast<uint32_t>(product0);
        }
        key0 += 0x9E3779B9U;
        key1 += 0xBB67AE85U;
    }
}

// [0, 1), 24 bits. Through int32_t, which every instruction set converts.
inline float uniform(uint32_t word) { return static_cast<float>(static_cast<int32_t>(word >> 8)) * 0x1p-24F; }

// Natural logarithm of x in (0, 1]; within 1 ulp. Source: Cephes, logf.
inline float log_of(float x) {
    const auto bits = std::bit_cast<int32_t>(x);
    // x = m 2^e with m in [sqrt(1/2), sqrt(2))
    const int32_t e = (bits - 0x3F3504F3) >> 23;
    const float m = std::bit_cast<float>(bits - e * (1 << 23)) - 1.0F;
    const float z = m * m;
    float y = 7.0376836292e-2F;
    y = y * m - 1.1514610310e-1F;
    y = y * m + 1.1676998740e-1F;
    y = y * m - 1.2420140846e-1F;
    y = y * m + 1.4249322787e-1F;
    y = y * m - 1.6668057665e-1F;
    y = y * m + 2.0000714765e-1F;
    y = y * m - 2.4999993993e-1F;
    y = y * m + 3.3333331174e-1F;
    y = y * m * z;
    const auto exponent = static_cast<float>(e);
    y += -2.12194440e-4F * exponent;
    y += -0.5F * z;
    return (m + y) + 0.693359375F * exponent;
}

// Two independent standard normal values from two words: Box and Muller 1958. The angle is a quarter turn chosen by
// the top two bits plus a part of [-pi/4, pi/4), where the Cephes polynomials of sinf and cosf hold.
inline void normal_pair(uint32_t radial, uint32_t angular, float& first, float& second) {
    const float u = static_cast<float>(static_cast<int32_t>(radial >> 8) + 1) * 0x1p-24F;  // (0, 1]
    const float radius = std::sqrt(-2.0F * log_of(u));
    const auto part = static_cast<int32_t>((angular >> 8) & 0x3FFFFFU) - 0x200000;
    const float a = static_cast<float>(part) * (0x1p-22F * 1.57079632679489662F);
    const float z = a * a;
    float sine = -1.9515295891e-4F;
    sine = sine * z + 8.3321608736e-3F;
    sine = sine * z - 1.6666654611e-1F;
    sine = sine * z * a + a;
    float cosine = 2.443315711809948e-5F;
    cosine = cosine * z - 1.388731625493765e-3F;
    cosine = cosine * z + 4.166664568298827e-2F;
    cosine = cosine * z * z - 0.5F * z + 1.0F;
    // Turning by a quarter swaps the two and flips signs; done on bits, without a branch.
    const auto s = std::bit_cast<uint32_t>(sine);
    const auto c = std::bit_cast<uint32_t>(cosine);
    const uint32_t quarter = angular >> 30;
    const uint32_t swap = 0U - (quarter & 1U);
    const uint32_t x = ((c & ~swap) | (s & swap)) ^ (((quarter + 1U) & 2U) << 30);
    const uint32_t y = ((s & ~swap) | (c & swap)) ^ ((quarter & 2U) << 30);
    first = radius * std::bit_cast<float>(x);
    second = radius * std::bit_cast<float>(y);
}

// The laws turn the four words of each block into its four values.
struct Values {
    float value[4][kLanes];
};

struct Normal {
    void operator()(const Blocks& b, Values& v) const {
        for (int k = 0; k < 4; k += 2)
            for (int i = 0; i < kLanes; ++i)
                normal_pair(b.word[k][i], b.word[k + 1][i], v.value[k][i], v.value[k + 1][i]);
    }
};

struct Uniform {
    void operator()(const Blocks& b, Values& v) const {
        for (int k = 0; k < 4; ++k)
            for (int i = 0; i < kLanes; ++i) v.value[k][i] = uniform(b.word[k][i]);
    }
};

struct Mask {
    float threshold, kept;
    void operator()(const Blocks& b, Values& v) const {
        for (int k = 0; k < 4; ++k)
            for (int i = 0; i < kLanes; ++i) v.value[k][i] = uniform(b.word[k][i]) >= threshold ? kept : 0.0F;
    }
};

template <class Law>
void fill(const NoiseRun& run, const Law& law) {
    Blocks blocks;
    Values values;
    float last[4 * kLanes];
    for (int64_t done = 0; done < run.count; done += 4 * kLanes) {
        philox(run, run.block + static_cast<uint32_t>(done / 4), blocks);
        law(blocks, values);
        const bool whole = run.count - done >= 4 * kLanes;
        float* __restrict target = whole ? run.out + done : last;
        for (int i = 0; i < kLanes; ++i)
            for (int k = 0; k < 4; ++k) target[4 * i + k] = values.value[k][i];
        if (!whole) std::memcpy(run.out + done, last, static_cast<size_t>(run.count - done) * sizeof(float));
    }
}

inline void fill(NoiseLaw law, const NoiseRun& run) {
    switch (law) {
        case NoiseLaw::normal: fill(run, Normal{}); break;
        case NoiseLaw::uniform: fill(run, Uniform{}); break;
        case NoiseLaw::mask: fill(run, Mask{run.threshold, run.kept}); break;
    }
}

}  // namespace
}  // namespace cm4j::kernels
