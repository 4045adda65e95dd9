// Plain convolutions by definition: weights stay float32 in PyTorch's layout, sums are double.
#include <cstring>
#include <vector>

#include "portable_table.h"

namespace cm4j::fast::portable {
namespace {

// Calls f(target pixel of the output, source pixel of the input, tap) for all pairs inside the picture.
template <typename F>
void for_each_contact(const ConvShape& shape, const Extent& input, F&& f) {
    const Extent output = shape.output(input);
    const int64_t padding = shape.kernel / 2;
    for (int64_t n = 0; n < input.images; n++) {
        for (int64_t oy = 0; oy < output.height; oy++) {
            for (int64_t ox = 0; ox < output.width; ox++) {
                for (int64_t tap = 0; tap < shape.taps(); tap++) {
                    const int64_t y = oy * shape.stride + tap / shape.kernel - padding;
                    const int64_t x = ox * shape.stride + tap % shape.kernel - padding;
                    const int64_t scale = shape.doubled ? 2 : 1;
                    if (y < 0 || x < 0 || y >= scale * input.height || x >= scale * input.width) continue;
                    f((n * output.height + oy) * output.width + ox,
                      (n * input.height + y / scale) * input.width + x / scale, tap);
                }
            }
        }
    }
}

template <typename E>
void write(const ConvOutput<E>& y, int64_t pixels, int64_t channels, View<E> add, const double* sums) {
    for (int64_t p = 0; p < pixels; p++) {
        for (int64_t c = 0; c < channels; c++) {
            double v = sums[p * channels + c];
            if (add) v += to_float(add.pixel(p)[c]);
            if (y.full) {
                y.full[p * channels + c] = static_cast<float>(v);
            } else {
                y.view.pixel(p)[c] = rounded<E>(static_cast<float>(v));
            }
        }
    }
}

}  // namespace

int64_t conv_packed_bytes(const ConvShape& s, bool) {
    return s.out * s.in * s.taps() * static_cast<int64_t>(sizeof(float));
}

void conv_pack(const ConvShape& shape, const float* weight, bool, void* packed) {
    std::memcpy(packed, weight, static_cast<size_t>(conv_packed_bytes(shape, false)));
}

template <typename E>
void conv_forward(const ConvForward<E>& a) {
    const auto* const weight = static_cast<const float*>(a.packed);
    const int64_t pixels = a.shape.output(a.extent).pixels();
    std::vector<double> sums(static_cast<size_t>(pixels * a.shape.out));
    for (int64_t i = 0; i < pixels * a.shape.out; i++) sums[i] = a.bias ? a.bias[i % a.shape.out] : 0.f;
    for_each_contact(a.shape, a.extent, [&](int64_t target, int64_t source, int64_t tap) {
        for (int64_t k = 0; k < a.shape.out; k++) {
            double& sum = sums[target * a.shape.out + k];
            for (int64_t c = 0; c < a.shape.in; c++) {
                sum += to_float(a.x.pixel(source)[c]) * weight[(k * a.shape.in + c) * a.shape.taps() + tap];
            }
        }
    });
    write(a.y, pixels, a.shape.out, a.add, sums.data());
}

template <typename E>
void conv_input_gradient(const ConvInputGradient<E>& a) {
    const auto* const weight = static_cast<const float*>(a.packed);
    std::vector<double> sums(static_cast<size_t>(a.extent.pixels() * a.shape.in));
    for_each_contact(a.shape, a.extent, [&](int64_t target, int64_t source, int64_t tap) {
        for (int64_t k = 0; k < a.shape.out; k++) {
            const double dy = to_float(a.dy.pixel(target)[k]);
            for (int64_t c = 0; c < a.shape.in; c++) {
                sums[source * a.shape.in + c] += dy * weight[(k * a.shape.in + c) * a.shape.taps() + tap];
            }
        }
    });
    write(a.dx, a.extent.pixels(), a.shape.in, a.add, sums.data());
}

template <typename E>
void conv_weight_gradient(const ConvWeightGradient<E>& a) {
    const int64_t taps = a.shape.taps();
    std::vector<double> sums(static_cast<size_t>(a.shape.out * a.shape.in * taps));
    for_each_contact(a.shape, a.extent, [&](int64_t target, int64_t source, int64_t tap) {
        for (int64_t k = 0; k < a.shape.out; k++) {
            const double dy = to_float(a.dy.pixel(target)[k]);
            for (int64_t c = 0; c < a.shape.in; c++) {
                sums[(k * a.shape.in + c) * taps + tap] += dy * to_float(a.x.pixel(source)[c]);
            }
        }
    });
    for (size_t i = 0; i < sums.size(); i++) a.dweight[i] += static_cast<float>(sums[i]);
    for (int64_t k = 0; k < a.shape.out; k++) {
        double sum = 0;
        for (int64_t p = 0; p < a.shape.output(a.extent).pixels(); p++) sum += to_float(a.dy.pixel(p)[k]);
        a.dbias[k] += static_cast<float>(sum);
    }
}

template void conv_forward(const ConvForward<bf16>& a);
template void conv_forward(const ConvForward<float>& a);
template void conv_input_gradient(const ConvInputGradient<bf16>& a);
template void conv_input_gradient(const ConvInputGradient<float>& a);
template void conv_weight_gradient(const ConvWeightGradient<bf16>& a);
template void conv_weight_gradient(const ConvWeightGradient<float>& a);

}  // namespace cm4j::fast::portable
