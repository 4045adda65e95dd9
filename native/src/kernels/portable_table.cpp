// Plain resampling, dropout, addition and matrix product, and the table of the plain twins.
#include "portable_table.h"

namespace cm4j::fast {
namespace portable {
namespace {

template <typename E>
void resize(const Resampling<E>& args) {
    const Extent& e = args.extent;
    const bool halve = args.kind == Resample::halve;
    const int64_t height = halve ? e.height / 2 : e.height * 2;  // of y
    const int64_t width = halve ? e.width / 2 : e.width * 2;
    for (int64_t pixel = 0; pixel < e.images * height * width; pixel++) {
        const int64_t n = pixel / (height * width), y = pixel / width % height, x = pixel % width;
        for (int64_t c = 0; c < args.channels; c++) {
            const auto at = [&](int64_t row, int64_t column) {
                return to_float(args.x.pixel((n * e.height + row) * e.width + column)[c]);
            };
            float v = halve ? at(2 * y, 2 * x) + at(2 * y, 2 * x + 1) + at(2 * y + 1, 2 * x) + at(2 * y + 1, 2 * x + 1)
                            : at(y / 2, x / 2);
            v *= args.factor;
            if (args.add) v += to_float(args.add.pixel(pixel)[c]);
            args.y.pixel(pixel)[c] = rounded<E>(v);
        }
    }
}

template <typename E>
void dropout(const Dropout<E>& args) {
    const auto threshold = static_cast<uint32_t>(static_cast<double>(args.probability) * 4294967296.0);
    for (int64_t pixel = 0; pixel < args.pixels; pixel++) {
        for (int64_t c = 0; c < args.channels; c++) {
            E& x = args.x.pixel(pixel)[c];
            const auto index = static_cast<uint64_t>(args.first + pixel * args.channels + c);
            const bool keep = dropout_keeps(args.key, index, threshold);
            x = keep ? rounded<E>(to_float(x) * (1.f / (1.f - args.probability))) : E{0};
        }
    }
}

template <typename E>
void add(int64_t pixels, int64_t channels, View<E> x, View<E> y) {
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
        for (int64_t c = 0; c < channels; c++) {
            y.pixel(pixel)[c] = rounded<E>(to_float(y.pixel(pixel)[c]) + to_float(x.pixel(pixel)[c]));
        }
    }
}

void matmul(const Matmul& args) {
    for (int64_t i = 0; i < args.m; i++) {
        for (int64_t j = 0; j < args.n; j++) {
            double sum = args.accumulate ? args.c[i * args.c_row + j] : 0.f;
            for (int64_t k = 0; k < args.k; k++) {
                sum += static_cast<double>(args.a[i * args.a_row + k * args.a_column]) * args.b[k * args.b_row + j];
            }
            args.c[i * args.c_row + j] = static_cast<float>(sum);
        }
    }
}

}  // namespace
}  // namespace portable

template <typename E>
const Kernels<E>& portable_kernels() {
    static constexpr Kernels<E> table{
        {"portable", portable::conv_packed_bytes, portable::conv_pack, portable::matmul},
        portable::conv_forward<E>,
        portable::conv_input_gradient<E>,
        portable::conv_weight_gradient<E>,
        portable::norm_forward<E>,
        portable::norm_backward<E>,
        portable::attention_forward<E>,
        portable::attention_backward<E>,
        portable::resize<E>,
        portable::dropout<E>,
        portable::add<E>,
    };
    return table;
}

template const Kernels<bf16>& portable_kernels();
template const Kernels<float>& portable_kernels();

}  // namespace cm4j::fast
