// The arithmetic of single elements, shared by the CUDA kernels and their plain twins: what is tested on the processor
// is what runs on the device. Free of LibTorch and of the standard library's allocation.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__CUDACC__)
#define CM4J_BOTH __host__ __device__ __forceinline__
#else
#define CM4J_BOTH inline
#endif

namespace cm4j::elements {

CM4J_BOTH float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

CM4J_BOTH uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// ---- noise: the same bits as native/src/kernels/noise_rows.h, where multiply-adds are not contracted ---------------

struct Words {
    uint32_t w[4];
};

CM4J_BOTH void multiply(uint32_t a, uint32_t b, uint32_t& high, uint32_t& low) {
    const uint64_t product = static_cast<uint64_t>(a) * b;
    high = static_cast<uint32_t>(product >> 32);
    low = static_cast<uint32_t>(product);
}

// Philox4x32-10. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
CM4J_BOTH Words philox(Words counter, uint64_t seed) {
    uint32_t key0 = static_cast<uint32_t>(seed);
    uint32_t key1 = static_cast<uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
        uint32_t high0, low0, high1, low1;
        multiply(0xD2511F53U, counter.w[0], high0, low0);
        multiply(0xCD9E8D57U, counter.w[2], high1, low1);
        counter = {{high1 ^ counter.w[1] ^ key0, low1, high0 ^ counter.w[3] ^ key1, low0}};
        key0 += 0x9E3779B9U;
        key1 += 0xBB67AE85U;
    }
    return counter;
}

// The four words of a block of four values of an image.
CM4J_BOTH Words words_of(uint64_t seed, uint32_t block, uint64_t image, uint32_t draw) {
    return philox({{block, static_cast<uint32_t>(image), static_cast<uint32_t>(image >> 32), draw}}, seed);
}

// [0, 1), 24 bits.
CM4J_BOTH float uniform(uint32_t word) { return static_cast<float>(static_cast<int32_t>(word >> 8)) * 0x1p-24F; }

// Natural logarithm of x in (0, 1]. Source: Cephes, logf.
CM4J_BOTH float log_of(float x) {
    const int32_t bits = static_cast<int32_t>(bits_of(x));
    const int32_t e = (bits - 0x3F3504F3) >> 23;
    const float m = float_of(static_cast<uint32_t>(bits - e * (1 << 23))) - 1.0F;
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
    const float exponent = static_cast<float>(e);
    y += -2.12194440e-4F * exponent;
    y += -0.5F * z;
    return (m + y) + 0.693359375F * exponent;
}

// Two standard normal values from two words. Source: Box and Muller 1958; Cephes, sinf and cosf.
CM4J_BOTH void normal_pair(uint32_t radial, uint32_t angular, float& first, float& second) {
    const float u = static_cast<float>(static_cast<int32_t>(radial >> 8) + 1) * 0x1p-24F;
    const float radius = sqrtf(-2.0F * log_of(u));
    const int32_t part = static_cast<int32_t>((angular >> 8) & 0x3FFFFFU) - 0x200000;
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
    const uint32_t quarter = angular >> 30;
    const bool swap = (quarter & 1U) != 0;
    const uint32_t x = bits_of(swap ? sine : cosine) ^ (((quarter + 1U) & 2U) << 30);
    const uint32_t y = bits_of(swap ? cosine : sine) ^ ((quarter & 2U) << 30);
    first = radius * float_of(x);
    second = radius * float_of(y);
}

// The factor of one element of a dropout mask: 0, or what keeps the mean. Equal to kernels::dropout_mask.
CM4J_BOTH float dropout_factor(uint64_t seed, uint32_t stream, uint32_t row, int64_t index, float probability,
                               float kept) {
    const uint64_t image = static_cast<uint64_t>(stream) << 32 | row;
    const Words words = words_of(seed, static_cast<uint32_t>(index / 4), image, 0x64726F70U);
    return uniform(words.w[index % 4]) >= probability ? kept : 0.0F;
}

// ---- group norm, scale and shift, SiLU ------------------------------------------------------------------------------

CM4J_BOTH float sigmoid(float z) { return 1.0F / (1.0F + expf(-z)); }

// The activation and its slope; the identity where silu is false.
CM4J_BOTH float activated(float z, bool silu) { return silu ? z * sigmoid(z) : z; }
CM4J_BOTH float activated_slope(float z, bool silu) {
    if (!silu) return 1.0F;
    const float s = sigmoid(z);
    return s * (1.0F + z * (1.0F - s));
}

// Sums of x and x^2 about a pivot, an element of the group: no cancellation where the mean is large.
struct Sums {
    float first, second;
};
CM4J_BOTH void gather(Sums& sums, float x, float pivot) {
    const float d = x - pivot;
    sums.first += d;
    sums.second += d * d;
}

struct Statistics {
    float mean, rstd;
};
CM4J_BOTH Statistics statistics(Sums sums, float pivot, float count, float eps) {
    const float shift = sums.first / count;
    const float variance = sums.second / count - shift * shift;
    return {pivot + shift, 1.0F / sqrtf((variance > 0.0F ? variance : 0.0F) + eps)};
}

// What one channel of one image does to its elements: z = slope (x - mean) + offset.
struct Line {
    float slope, mean, offset;
};
CM4J_BOTH Line line(Statistics s, float weight, float bias, float scale, float shift) {
    return {s.rstd * weight * (1.0F + scale), s.mean, bias * (1.0F + scale) + shift};
}
CM4J_BOTH float on(Line l, float x) { return l.slope * (x - l.mean) + l.offset; }

// Sums over the pixels of one channel of one image: of dz and of dz xhat.
struct Upstream {
    float plain, scaled;
};
CM4J_BOTH void gather(Upstream& sums, float x, float upstream, Statistics s, Line l, bool silu) {
    const float dz = upstream * activated_slope(on(l, x), silu);
    sums.plain += dz;
    sums.scaled += dz * ((x - s.mean) * s.rstd);
}

// What the upstream sums of a channel mean for its parameters and for its group.
struct ChannelGradient {
    float weight, bias;           // of this image, to be added over images
    float scale, shift;
    float group_plain, group_scaled;  // to be added over the channels of the group
};
CM4J_BOTH ChannelGradient channel_gradient(Upstream sums, float weight, float bias, float scale) {
    const float factor = 1.0F + scale;
    return {factor * sums.scaled,
            factor * sums.plain,
            weight * sums.scaled + bias * sums.plain,
            sums.plain,
            weight * factor * sums.plain,
            weight * factor * sums.scaled};
}

// The gradient of one element; plain, scaled: the group's sums divided by its number of elements.
CM4J_BOTH float element_gradient(float x, float upstream, Statistics s, Line l, bool silu, float plain, float scaled) {
    const float dz = upstream * activated_slope(on(l, x), silu);
    return l.slope * dz - s.rstd * (plain + (x - s.mean) * s.rstd * scaled);
}

// ---- preconditioning, loss, sampling --------------------------------------------------------------------------------

CM4J_BOTH float noisy(float x0, float sigma, float z) { return x0 + sigma * z; }
CM4J_BOTH float denoised(float x, float skip, float raw, float out) { return skip * x + out * raw; }
CM4J_BOTH float clipped(float x, bool clip) {
    if (!clip) return x;
    return x < -1.0F ? -1.0F : (x > 1.0F ? 1.0F : x);  // keeps NaN
}

enum class Distance : int32_t { l2 = 0, pseudo_huber = 1 };

// The distance of one image from the sum of its squared differences.
CM4J_BOTH float distance(Distance kind, float squares, float count, float c) {
    return kind == Distance::l2 ? squares / count : sqrtf(squares + c * c) - c;
}
// What a difference is multiplied by to give the slope of the distance.
CM4J_BOTH float distance_slope(Distance kind, float squares, float count, float c) {
    if (kind == Distance::l2) return 2.0F / count;
    const float root = sqrtf(squares + c * c);
    return root > 0.0F ? 1.0F / root : 0.0F;
}

// ---- optimiser ------------------------------------------------------------------------------------------------------

// As kernels::StepScalars, in device memory so that a captured graph reads the values of each replay.
enum StepScalar : int32_t {
    kGradientScale,
    kDecay,
    kKeep,
    kOneMinusBeta1,
    kBeta2,
    kOneMinusBeta2,
    kRate,
    kRootScale,
    kEps,
    kRectified,
    kClipNorm,  // gradients beyond this norm are scaled down to it; 0: never
    kStepScalars
};
constexpr int32_t kMaxAverages = 8;

struct Moments {
    float p, m, v;
};
CM4J_BOTH Moments step(const float* s, float gradient_scale, float gradient, Moments e) {
    const float g = gradient_scale * gradient + s[kDecay] * e.p;
    const float m = e.m + s[kOneMinusBeta1] * (g - e.m);
    const float v = s[kBeta2] * e.v + s[kOneMinusBeta2] * g * g;
    const float direction = s[kRectified] != 0.0F ? m / (s[kRootScale] * sqrtf(v) + s[kEps]) : m;
    return {s[kKeep] * e.p - s[kRate] * direction, m, v};
}
CM4J_BOTH float average(float a, float p, float rate, float complement) {
    return a == p ? a : rate * a + complement * p;
}

CM4J_BOTH bool finite(float x) { return x - x == 0.0F; }

// The factor of all gradients for a gradient norm; where that or the loss is not finite there is no step: NaN.
CM4J_BOTH float gradient_factor(const float* s, float norm, float loss) {
    if (!finite(norm) || !finite(loss)) return float_of(0x7FC00000U);
    const float clip = s[kClipNorm];
    if (!(clip > 0.0F) || norm <= clip) return s[kGradientScale];
    return s[kGradientScale] * static_cast<float>(static_cast<double>(clip) / static_cast<double>(norm));
}

// ---- copies of weights in half precision ----------------------------------------------------------------------------

// A parameter [out, channels, taps] inside the flat vector; its copy lies as [out, taps, channels], as convolutions over
// channels-last images want it.
struct Segment {
    int64_t offset, count;
    int32_t channels, taps;
};
CM4J_BOTH int64_t half_index(const Segment& s, int64_t i) {
    const int64_t inside = i - s.offset;
    if (s.taps == 1 || inside >= s.count) return i;
    const int64_t row = static_cast<int64_t>(s.channels) * s.taps;
    const int64_t rest = inside % row;
    return s.offset + inside - rest + rest % s.taps * s.channels + rest / s.taps;
}
// The last segment that begins at or before element i; segments are in order and the first begins at 0.
CM4J_BOTH int32_t segment_of(const Segment* segments, int32_t count, int64_t i) {
    int32_t low = 0;
    for (int32_t high = count; high - low > 1;) {
        const int32_t middle = low + (high - low) / 2;
        if (segments[middle].offset <= i)
            low = middle;
        else
            high = middle;
    }
    return low;
}

}  // namespace cm4j::elements
