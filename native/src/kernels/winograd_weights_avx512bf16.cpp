// Winograd's weight transform G g Gt.
#if defined(__AVX512BF16__)

#include "winograd_avx512bf16.h"

namespace cm4j::fast::avx512 {
namespace {

// Sixteen 3x3 filters, one a lane.
void transform_weights(const __m512 g[9], __m512 u[16]) {
    const __m512 half = _mm512_set1_ps(0.5f);
    __m512 t[4][3];
    for (int j = 0; j < 3; j++) {
        const __m512 outer = _mm512_add_ps(g[j], g[6 + j]);
        t[0][j] = g[j];
        t[1][j] = _mm512_mul_ps(half, _mm512_add_ps(outer, g[3 + j]));
        t[2][j] = _mm512_mul_ps(half, _mm512_sub_ps(outer, g[3 + j]));
        t[3][j] = g[6 + j];
    }
    for (int i = 0; i < 4; i++) {
        const __m512 outer = _mm512_add_ps(t[i][0], t[i][2]);
        u[4 * i + 0] = t[i][0];
        u[4 * i + 1] = _mm512_mul_ps(half, _mm512_add_ps(outer, t[i][1]));
        u[4 * i + 2] = _mm512_mul_ps(half, _mm512_sub_ps(outer, t[i][1]));
        u[4 * i + 3] = t[i][2];
    }
}

// packed[f][sums / 2][lanes][2]; strides in floats between filters along the lanes and along the summed channel.
void pack(const float* weight, int64_t lanes, int64_t lane_stride, int64_t sums, int64_t sum_stride, bool turned,
          bf16* packed) {
    const __m512i index = _mm512_mullo_epi32(
        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
        _mm512_set1_epi32(static_cast<int>(lane_stride)));
    for (int64_t lane = 0; lane < lanes; lane += 16) {
        for (int64_t s = 0; s < sums; s += 2) {
            __m512 u[2][16];
            for (int odd = 0; odd < 2; odd++) {
                const float* filters = weight + lane * lane_stride + (s + odd) * sum_stride;
                __m512 g[9];
                for (int i = 0; i < 9; i++) {
                    g[i] = _mm512_i32gather_ps(index, filters + (turned ? 8 - i : i), sizeof(float));
                }
                transform_weights(g, u[odd]);
            }
            for (int64_t f = 0; f < frequencies; f++) {
                _mm512_storeu_si512(packed + ((f * (sums / 2) + s / 2) * lanes + lane) * 2,
                                    interleave(u[0][f], u[1][f]));
            }
        }
    }
}

}  // namespace

int64_t winograd_packed_elements(const ConvShape& shape) { return frequencies * shape.in * shape.out; }

void winograd_pack(const ConvShape& shape, const float* weight, bf16* packed) {
    pack(weight, shape.out, 9 * shape.in, shape.in, 9, false, packed);
}

void winograd_pack_gradient(const ConvShape& shape, const float* weight, bf16* packed) {
    pack(weight, shape.in, 9, shape.out, 9 * shape.in, true, packed);
}

}  // namespace cm4j::fast::avx512

#endif
