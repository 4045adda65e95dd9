// Plain fused norm by definition, in double.
#include <cmath>
#include <vector>

#include "portable_table.h"

namespace cm4j::fast::portable {
namespace {

// One group of one image, as plain numbers.
template <typename E>
struct Group {
    const Norm<E>& args;
    int64_t image;
    int64_t begin, end;  // channels

    Group(const Norm<E>& a, int64_t n, int64_t g)
        : args(a), image(n), begin(g * (a.channels / norm_groups)), end(begin + a.channels / norm_groups) {}

    double condition(const float* values, int64_t c) const {
        return values ? values[image * args.condition_stride + c] : 0.f;
    }
    double input(int64_t pixel, int64_t c) const {
        return to_float(args.x.pixel(image * args.extent.area() + pixel)[c]) + condition(args.offset, c);
    }
    double gain(int64_t c) const { return 1 + condition(args.scale_shift, c); }
    double shift(int64_t c) const { return condition(args.scale_shift, args.channels + c); }
    double count() const { return static_cast<double>(args.extent.area() * (end - begin)); }

    template <typename F>
    void each(F&& f) const {
        for (int64_t p = 0; p < args.extent.area(); p++) {
            for (int64_t c = begin; c < end; c++) f(p, c);
        }
    }
};

double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

}  // namespace

template <typename E>
void norm_forward(const NormForward<E>& args) {
    for (int64_t n = 0; n < args.extent.images; n++) {
        for (int64_t g = 0; g < norm_groups; g++) {
            const Group<E> group(args, n, g);
            double mean = 0, variance = 0;
            group.each([&](int64_t p, int64_t c) { mean += group.input(p, c); });
            mean /= group.count();
            group.each([&](int64_t p, int64_t c) { variance += std::pow(group.input(p, c) - mean, 2); });
            variance /= group.count();
            const double inverse = 1 / std::sqrt(variance + static_cast<double>(norm_eps));
            args.statistics[(n * norm_groups + g) * 2] = static_cast<float>(mean);
            args.statistics[(n * norm_groups + g) * 2 + 1] = static_cast<float>(inverse);
            group.each([&](int64_t p, int64_t c) {
                double z = (group.input(p, c) - mean) * inverse * args.gamma[c] + args.beta[c];
                z = z * group.gain(c) + group.shift(c);
                if (args.silu) z *= sigmoid(z);
                args.y.pixel(n * args.extent.area() + p)[c] = rounded<E>(static_cast<float>(z));
            });
        }
    }
}

template <typename E>
void norm_backward(const NormBackward<E>& args) {
    for (int64_t n = 0; n < args.extent.images; n++) {
        for (int64_t g = 0; g < norm_groups; g++) {
            const Group<E> group(args, n, g);
            const double mean = args.statistics[(n * norm_groups + g) * 2];
            const double inverse = args.statistics[(n * norm_groups + g) * 2 + 1];
            const auto channels = static_cast<size_t>(args.channels);
            std::vector<double> sum_d(channels), sum_dx(channels), sum_e(channels);
            const auto at = [&](const View<E>& v, int64_t p, int64_t c) -> E& {
                return v.pixel(n * args.extent.area() + p)[c];
            };
            const auto normed = [&](int64_t p, int64_t c) { return (group.input(p, c) - mean) * inverse; };
            const auto gradient = [&](int64_t p, int64_t c) {  // dL/dz
                const double z = (normed(p, c) * args.gamma[c] + args.beta[c]) * group.gain(c) + group.shift(c);
                const double s = sigmoid(z);
                return to_float(at(args.dy, p, c)) * (args.silu ? s * (1 + z * (1 - s)) : 1);
            };
            double mean_e = 0, mean_ex = 0;
            group.each([&](int64_t p, int64_t c) {
                const double d = gradient(p, c), e = d * group.gain(c) * args.gamma[c];
                sum_d[c] += d;
                sum_dx[c] += d * normed(p, c);
                mean_e += e / group.count();
                mean_ex += e * normed(p, c) / group.count();
            });
            group.each([&](int64_t p, int64_t c) {
                const double e = gradient(p, c) * group.gain(c) * args.gamma[c];
                double dx = inverse * (e - mean_e - normed(p, c) * mean_ex);
                sum_e[c] += dx;
                for (const View<E>& add : args.add) {
                    if (add) dx += to_float(at(add, p, c));
                }
                at(args.dx, p, c) = rounded<E>(static_cast<float>(dx));
            });
            for (int64_t c = group.begin; c < group.end; c++) {
                args.dgamma[c] += static_cast<float>(group.gain(c) * sum_dx[c]);
                args.dbeta[c] += static_cast<float>(group.gain(c) * sum_d[c]);
                if (!args.dcondition) continue;
                float* condition = args.dcondition + n * args.condition_stride;
                if (args.scale_shift) {
                    condition[c] = static_cast<float>(args.gamma[c] * sum_dx[c] + args.beta[c] * sum_d[c]);
                    condition[args.channels + c] = static_cast<float>(sum_d[c]);
                } else if (args.offset) {
                    condition[c] = static_cast<float>(sum_e[c]);
                }
            }
        }
    }
}

template void norm_forward(const NormForward<bf16>& args);
template void norm_forward(const NormForward<float>& args);
template void norm_backward(const NormBackward<bf16>& args);
template void norm_backward(const NormBackward<float>& args);

}  // namespace cm4j::fast::portable
