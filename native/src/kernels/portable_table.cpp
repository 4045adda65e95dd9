// Plain resampling, dropout, addition and matrix product, and the table of the plain twins.
#include "portable_table.h"

namespace cm4j::fast {
namespace portable {

void resize(const Resampling& args) {
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
            args.y.pixel(pixel)[c] = to_bf16(v);
        }
    }
}

void dropout(const Dropout& args) {
    const auto threshold = static_cast<uint32_t>(static_cast<double>(args.probability) * 4294967296.0);
    for (int64_t pixel = 0; pixel < args.pixels; pixel++) {
        for (int64_t c = 0; c < args.channels; c++) {
            bf16& x = args.x.pixel(pixel)[c];
            const auto index = static_cast<uint64_t>(args.first + pixel * args.channels + c);
            const bool keep = dropout_keeps(args.key, index, threshold);
            x = keep ? to_bf16(to_float(x) * (1.f / (1.f - args.probability))) : bf16{0};
        }
    }
}

void add(int64_t pixels, int64_t channels, View x, View y) {
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
        for (int64_t c = 0; c < channels; c++) {
            y.pixel(pixel)[c] = to_bf16(to_float(y.pixel(pixel)[c]) + to_float(x.pixel(pixel)[c]));
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

}  // namespace portable

const Kernels& portable_kernels() {
    static constexpr Kernels table{
        "portable",
        portable::conv_packed_bytes,
        portable::conv_pack,
        portable::conv_forward,
        portable::conv_input_gradient,
        portable::conv_weight_gradient,
        portable::norm_forward,
        portable::norm_backward,
        portable::attention_forward,
        portable::attention_backward,
        portable::resize,
        portable::dropout,
        portable::add,
        portable::matmul,
    };
    return table;
}

}  // namespace cm4j::fast
