// Products of small matrices with float32 sums, the core of convolutions and attention, and what an operand of them is.
//
//   c[i][j] = sum over s of a[i][s] b[s][j]
//
// Summed indices stand in groups of Operand::group neighbours, which one instruction multiplies. The left operand is
// read as the groups at data + i row + p step. This covers row-major rows (row = row length, step = group) and
// reductions over rows (row = group, step = group x row length). The right operand is b[p][j][group]. Sums run over p
// in order, so that a value depends on nothing else.
//
// Like everything in this folder a template for files that stand for one instruction set each: all names have
// internal linkage.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../bf16.h"

namespace cm4j::fast {
namespace {

template <typename S>
using Vec = typename S::Vec;
template <typename S>
using Element = typename S::Element;  // of activations
template <typename S>
using Value = typename S::Operand::Value;  // of multiplied matrices

template <typename T>
struct Left {
    const T* data;
    int64_t row;
    int64_t step;
};

template <typename T>
struct Right {
    const T* data;
    int64_t step;  // values between groups: group x columns as a rule
};

// c = a b + bias + add as activations; bias [n] and add [m][n] may be null.
template <typename E>
struct Finish {
    E* c;
    int64_t c_row;
    const float* bias;
    const E* add;
    int64_t add_row;
};

// Operands in float32, each summed index for itself.
template <typename V>
struct Floats {
    using Value = float;
    using Register = typename V::Vec;
    static constexpr int group = 1;

    static float from_float(float v) { return v; }

    static Register broadcast(const float* p) { return V::set(*p); }
    static Register load(const float* p) { return V::load(p); }
    static Register add_product(Register a, Register b, Register sum) { return V::fma(a, b, sum); }

    static void store(float* p, Register v) { V::store(p, v); }
    // Columns [c, c + lanes) of two rows of `length` values that are summed one after the other.
    static void store_two_rows(float* rows, int64_t length, int64_t c, Register even, Register odd) {
        V::store(rows + c, even);
        V::store(rows + length + c, odd);
    }
    template <typename E>
    static void copy_two_rows(float* rows, int64_t length, int64_t c, const E* even, const E* odd) {
        store_two_rows(rows, length, c, V::load(even + c), V::load(odd + c));
    }
    // The next groups of a row; the row is a multiple of `lanes` groups.
    template <typename E>
    static Register load_groups(const E* p, int64_t /*count*/) {
        return V::load(p);
    }
};

// The micro-kernel: V::accumulators sums in registers, each of V::lanes columns.
template <typename V, typename Operand>
class VectorGemm {
public:
    using Value = typename Operand::Value;

    // c[m][n], n a multiple of 16; overwritten, or added to. groups: summed indices / group.
    static void store(int64_t m, int64_t n, int64_t groups, Left<Value> a, Right<Value> b, float* c, int64_t c_row) {
        gemm<Result::store>(m, n, Tile<float>{groups, a, b, c, c_row, {}});
    }
    static void add(int64_t m, int64_t n, int64_t groups, Left<Value> a, Right<Value> b, float* c, int64_t c_row) {
        gemm<Result::add>(m, n, Tile<float>{groups, a, b, c, c_row, {}});
    }
    template <typename E>
    static void finish(int64_t m, int64_t n, int64_t groups, Left<Value> a, Right<Value> b, const Finish<E>& output) {
        gemm<Result::finish>(m, n, Tile<E>{groups, a, b, nullptr, 0, output});
    }

private:
    enum class Result { store, add, finish };

    template <typename E>
    struct Tile {
        int64_t groups;
        Left<Value> a;
        Right<Value> b;
        float* c;  // store, add
        int64_t c_row;
        Finish<E> finish;
    };

    static constexpr int lanes = V::lanes;
    static constexpr int widest = V::accumulators / 6;  // vectors of a tile of six rows

    template <int Rows, int Vectors, Result result, typename E>
    static void tile(const Tile<E>& t) {
        Vec<V> sum[Rows][Vectors];
#pragma GCC unroll 16
        for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 4
            for (int j = 0; j < Vectors; j++) {
                sum[i][j] = result == Result::add ? V::load(t.c + i * t.c_row + lanes * j) : V::zero();
            }
        }
        const Value* a = t.a.data;
        const Value* b = t.b.data;
        for (int64_t p = 0; p < t.groups; p++, a += t.a.step, b += t.b.step) {
            typename Operand::Register right[Vectors];
#pragma GCC unroll 4
            for (int j = 0; j < Vectors; j++) right[j] = Operand::load(b + Operand::group * lanes * j);
#pragma GCC unroll 16
            for (int i = 0; i < Rows; i++) {
                const typename Operand::Register left = Operand::broadcast(a + i * t.a.row);
#pragma GCC unroll 4
                for (int j = 0; j < Vectors; j++) sum[i][j] = Operand::add_product(left, right[j], sum[i][j]);
            }
        }
#pragma GCC unroll 16
        for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 4
            for (int j = 0; j < Vectors; j++) {
                if constexpr (result == Result::finish) {
                    Vec<V> v = sum[i][j];
                    if (t.finish.bias) v = v + V::load(t.finish.bias + lanes * j);
                    if (t.finish.add) v = v + V::load(t.finish.add + i * t.finish.add_row + lanes * j);
                    V::store(t.finish.c + i * t.finish.c_row + lanes * j, v);
                } else {
                    V::store(t.c + i * t.c_row + lanes * j, sum[i][j]);
                }
            }
        }
    }

    // All rows for one group of columns, in steps of the tallest tile that fits.
    template <int Vectors, Result result, typename E>
    static void columns(int64_t m, Tile<E> t) {
        constexpr int tallest = Vectors == widest ? 6 : 12;
        const auto advance = [&](int rows) {
            t.a.data += rows * t.a.row;
            if constexpr (result == Result::finish) {
                t.finish.c += rows * t.finish.c_row;
                if (t.finish.add) t.finish.add += rows * t.finish.add_row;
            } else {
                t.c += rows * t.c_row;
            }
            m -= rows;
        };
        while (m >= tallest) tile<tallest, Vectors, result>(t), advance(tallest);
        if constexpr (tallest > 6) {
            while (m >= 6) tile<6, Vectors, result>(t), advance(6);
        }
        while (m >= 4) tile<4, Vectors, result>(t), advance(4);
        while (m >= 2) tile<2, Vectors, result>(t), advance(2);
        while (m >= 1) tile<1, Vectors, result>(t), advance(1);
    }

    template <Result result, typename E>
    static void gemm(int64_t m, int64_t n, Tile<E> t) {
        const auto advance = [&](int vectors) {
            t.b.data += Operand::group * lanes * vectors;
            if constexpr (result == Result::finish) {
                t.finish.c += lanes * vectors;
                if (t.finish.bias) t.finish.bias += lanes * vectors;
                if (t.finish.add) t.finish.add += lanes * vectors;
            } else {
                t.c += lanes * vectors;
            }
            n -= lanes * vectors;
        };
        if constexpr (widest > 2) {
            while (n >= widest * lanes) columns<widest, result>(m, t), advance(widest);
        }
        while (n >= 2 * lanes) columns<2, result>(m, t), advance(2);
        while (n >= lanes) columns<1, result>(m, t), advance(1);
    }
};

}  // namespace
}  // namespace cm4j::fast
