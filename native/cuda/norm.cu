// Group norm with scale, shift and SiLU over channels-last images. Sums are taken in a fixed order: the same input gives
// the same bits. Each block has a piece of an image's pixels; each thread keeps to 16 bytes of channels.
#include <type_traits>

#include "element_types.cuh"

namespace cm4j::device {
namespace {

using elements::Line;
using elements::Statistics;
using elements::Sums;
using elements::Upstream;
using operations::NormBackward;
using operations::NormForward;
using operations::NormShape;

constexpr int kThreads = 256;
constexpr int kMostLanes = 512;

// Where a thread works.
template <class T>
struct Place {
    static constexpr int width = Pack<T>::size;
    int64_t image, begin, end;  // pixels of this block's piece
    int lane, row, rows;

    __device__ explicit Place(const NormShape& s) {
        const int lanes = static_cast<int>(s.channels) / width;
        const int64_t per_piece = (s.pixels + gridDim.x - 1) / gridDim.x;
        image = blockIdx.y;
        begin = blockIdx.x * per_piece;
        end = begin + per_piece < s.pixels ? begin + per_piece : s.pixels;
        lane = static_cast<int>(threadIdx.x) % lanes;
        row = static_cast<int>(threadIdx.x) / lanes;
        rows = static_cast<int>(blockDim.x) / lanes;
    }
    __device__ int channel(int k) const { return lane * width + k; }
    __device__ int64_t at(const NormShape& s, int64_t pixel) const {
        return (image * s.pixels + pixel) * s.channels + lane * width;
    }
};

template <class T, class Op>
__device__ Line line_of(const Op& op, int64_t image, int channel, Statistics statistics) {
    float scale = 0, shift = 0;
    if (op.scale != nullptr) {
        const int64_t at = image * op.modulation_stride + channel;
        scale = to_float(static_cast<const T*>(op.scale)[at]);
        shift = to_float(static_cast<const T*>(op.shift)[at]);
    }
    return elements::line(statistics, op.weight[channel], op.bias[channel], scale, shift);
}

// Adds up two numbers a channel over the rows of a block; the sums end in the first row. shared: 2 rows C floats.
template <class T>
__device__ void add_rows(float* shared, int channels, const Place<T>& place, const float* first, const float* second) {
    float* other = shared + place.rows * channels;
    for (int k = 0; k < Place<T>::width; ++k) {
        shared[place.row * channels + place.channel(k)] = first[k];
        other[place.row * channels + place.channel(k)] = second[k];
    }
    __syncthreads();
    for (int c = static_cast<int>(threadIdx.x); c < channels; c += static_cast<int>(blockDim.x)) {
        float a = 0, b = 0;
        for (int r = 0; r < place.rows; ++r) {
            a += shared[r * channels + c];
            b += other[r * channels + c];
        }
        shared[c] = a;
        other[c] = b;
    }
    __syncthreads();
}

// partial [N, pieces, groups, 2]
template <class T>
__global__ void __launch_bounds__(kMostLanes) norm_sums(NormForward op, float* partial) {
    extern __shared__ float shared[];
    const NormShape& s = op.shape;
    const Place<T> place(s);
    const auto* x = static_cast<const T*>(op.x);
    const int channels = static_cast<int>(s.channels), group_width = static_cast<int>(s.channels / s.groups);
    Sums sums[Place<T>::width];
    float pivot[Place<T>::width];
    for (int k = 0; k < Place<T>::width; ++k) {
        pivot[k] = to_float(x[place.image * s.pixels * s.channels + place.channel(k) / group_width * group_width]);
        sums[k] = {0, 0};
    }
    for (int64_t p = place.begin + place.row; p < place.end; p += place.rows) {
        const Pack<T> v = load_pack(x + place.at(s, p));
#pragma unroll
        for (int k = 0; k < Place<T>::width; ++k) elements::gather(sums[k], to_float(v.part[k]), pivot[k]);
    }
    float first[Place<T>::width], second[Place<T>::width];
    for (int k = 0; k < Place<T>::width; ++k) first[k] = sums[k].first, second[k] = sums[k].second;
    add_rows(shared, channels, place, first, second);
    const float* other = shared + place.rows * channels;
    for (int g = static_cast<int>(threadIdx.x); g < s.groups; g += static_cast<int>(blockDim.x)) {
        float a = 0, b = 0;
        for (int c = g * group_width; c < (g + 1) * group_width; ++c) a += shared[c], b += other[c];
        float* to = partial + 2 * ((place.image * gridDim.x + blockIdx.x) * s.groups + g);
        to[0] = a;
        to[1] = b;
    }
}

template <class T>
__global__ void __launch_bounds__(kMostLanes) norm_apply(NormForward op, const float* partial) {
    __shared__ Statistics found[operations::kMaxGroups];
    const NormShape& s = op.shape;
    const Place<T> place(s);
    const auto* x = static_cast<const T*>(op.x);
    const int group_width = static_cast<int>(s.channels / s.groups);
    for (int g = static_cast<int>(threadIdx.x); g < s.groups; g += static_cast<int>(blockDim.x)) {
        Sums sums{0, 0};
        for (unsigned piece = 0; piece < gridDim.x; ++piece) {
            const float* from = partial + 2 * ((place.image * gridDim.x + piece) * s.groups + g);
            sums.first += from[0];
            sums.second += from[1];
        }
        const float pivot = to_float(x[place.image * s.pixels * s.channels + g * group_width]);
        found[g] = elements::statistics(sums, pivot, static_cast<float>(group_width * s.pixels), s.eps);
        if (blockIdx.x == 0) {
            op.statistics[2 * (place.image * s.groups + g)] = found[g].mean;
            op.statistics[2 * (place.image * s.groups + g) + 1] = found[g].rstd;
        }
    }
    __syncthreads();
    Line lines[Place<T>::width];
    for (int k = 0; k < Place<T>::width; ++k)
        lines[k] = line_of<T>(op, place.image, place.channel(k), found[place.channel(k) / group_width]);
    for (int64_t p = place.begin + place.row; p < place.end; p += place.rows) {
        Pack<T> v = load_pack(x + place.at(s, p));
#pragma unroll
        for (int k = 0; k < Place<T>::width; ++k)
            v.part[k] = from_float<T>(
                elements::activated(elements::on(lines[k], to_float(v.part[k])), s.silu != 0));
        store_pack(static_cast<T*>(op.y) + place.at(s, p), v);
    }
}

__device__ Statistics kept(const NormBackward& op, int64_t image, int64_t group) {
    const float* at = op.statistics + 2 * (image * op.shape.groups + group);
    return {at[0], at[1]};
}

// partial [N, pieces, C, 2]
template <class T>
__global__ void __launch_bounds__(kMostLanes) norm_upstream(NormBackward op, float* partial) {
    extern __shared__ float shared[];
    const NormShape& s = op.shape;
    const Place<T> place(s);
    const int channels = static_cast<int>(s.channels), group_width = static_cast<int>(s.channels / s.groups);
    Statistics found[Place<T>::width];
    Line lines[Place<T>::width];
    Upstream sums[Place<T>::width];
    for (int k = 0; k < Place<T>::width; ++k) {
        found[k] = kept(op, place.image, place.channel(k) / group_width);
        lines[k] = line_of<T>(op, place.image, place.channel(k), found[k]);
        sums[k] = {0, 0};
    }
    for (int64_t p = place.begin + place.row; p < place.end; p += place.rows) {
        const Pack<T> x = load_pack(static_cast<const T*>(op.x) + place.at(s, p));
        const Pack<T> dy = load_pack(static_cast<const T*>(op.upstream) + place.at(s, p));
#pragma unroll
        for (int k = 0; k < Place<T>::width; ++k)
            elements::gather(sums[k], to_float(x.part[k]), to_float(dy.part[k]), found[k], lines[k], s.silu != 0);
    }
    float first[Place<T>::width], second[Place<T>::width];
    for (int k = 0; k < Place<T>::width; ++k) first[k] = sums[k].plain, second[k] = sums[k].scaled;
    add_rows(shared, channels, place, first, second);
    for (int c = static_cast<int>(threadIdx.x); c < channels; c += static_cast<int>(blockDim.x)) {
        float* to = partial + 2 * ((place.image * gridDim.x + blockIdx.x) * s.channels + c);
        to[0] = shared[c];
        to[1] = shared[place.rows * channels + c];
    }
}

// One block an image. channel [N, C, 2]: gradients of weight and bias; group [N, groups, 2]: means over the group.
template <class T>
__global__ void norm_channels(NormBackward op, const float* partial, int64_t pieces, float* channel, float* group) {
    extern __shared__ float shared[];  // [2, C]
    const NormShape& s = op.shape;
    const int64_t n = blockIdx.x;
    const int channels = static_cast<int>(s.channels), group_width = static_cast<int>(s.channels / s.groups);
    for (int c = static_cast<int>(threadIdx.x); c < channels; c += kThreads) {
        Upstream sums{0, 0};
        for (int64_t piece = 0; piece < pieces; ++piece) {
            const float* from = partial + 2 * ((n * pieces + piece) * s.channels + c);
            sums.plain += from[0];
            sums.scaled += from[1];
        }
        const int64_t at = n * op.modulation_stride + c;
        const float scale = op.scale == nullptr ? 0.0F : to_float(static_cast<const T*>(op.scale)[at]);
        const elements::ChannelGradient d = elements::channel_gradient(sums, op.weight[c], op.bias[c], scale);
        if (op.scale_gradient != nullptr) {
            static_cast<T*>(op.scale_gradient)[at] = from_float<T>(d.scale);
            static_cast<T*>(op.shift_gradient)[at] = from_float<T>(d.shift);
        }
        channel[2 * (n * s.channels + c)] = d.weight;
        channel[2 * (n * s.channels + c) + 1] = d.bias;
        shared[c] = d.group_plain;
        shared[channels + c] = d.group_scaled;
    }
    __syncthreads();
    const float count = static_cast<float>(group_width * s.pixels);
    for (int g = static_cast<int>(threadIdx.x); g < s.groups; g += kThreads) {
        float plain = 0, scaled = 0;
        for (int c = g * group_width; c < (g + 1) * group_width; ++c) {
            plain += shared[c];
            scaled += shared[channels + c];
        }
        group[2 * (n * s.groups + g)] = plain / count;
        group[2 * (n * s.groups + g) + 1] = scaled / count;
    }
}

__global__ void norm_parameters(NormBackward op, const float* channel) {
    const int64_t c = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (c >= op.shape.channels) return;
    float weight = 0, bias = 0;
    for (int64_t n = 0; n < op.shape.images; ++n) {
        weight += channel[2 * (n * op.shape.channels + c)];
        bias += channel[2 * (n * op.shape.channels + c) + 1];
    }
    op.weight_gradient[c] = weight;
    op.bias_gradient[c] = bias;
}

template <class T>
__global__ void __launch_bounds__(kMostLanes) norm_input(NormBackward op, const float* group) {
    const NormShape& s = op.shape;
    const Place<T> place(s);
    const int group_width = static_cast<int>(s.channels / s.groups);
    Statistics found[Place<T>::width];
    Line lines[Place<T>::width];
    float plain[Place<T>::width], scaled[Place<T>::width];
    for (int k = 0; k < Place<T>::width; ++k) {
        const int64_t g = place.channel(k) / group_width;
        found[k] = kept(op, place.image, g);
        lines[k] = line_of<T>(op, place.image, place.channel(k), found[k]);
        plain[k] = group[2 * (place.image * s.groups + g)];
        scaled[k] = group[2 * (place.image * s.groups + g) + 1];
    }
    for (int64_t p = place.begin + place.row; p < place.end; p += place.rows) {
        const Pack<T> x = load_pack(static_cast<const T*>(op.x) + place.at(s, p));
        Pack<T> v = load_pack(static_cast<const T*>(op.upstream) + place.at(s, p));
#pragma unroll
        for (int k = 0; k < Place<T>::width; ++k)
            v.part[k] = from_float<T>(elements::element_gradient(to_float(x.part[k]), to_float(v.part[k]), found[k],
                                                                 lines[k], s.silu != 0, plain[k], scaled[k]));
        store_pack(static_cast<T*>(op.x_gradient) + place.at(s, p), v);
    }
}

bool fits(const NormShape& s, int width) {
    return s.groups >= 1 && s.groups <= operations::kMaxGroups && s.channels >= s.groups &&
           s.channels % s.groups == 0 && s.channels % width == 0 && s.channels / width <= kMostLanes;
}

struct Launch {
    dim3 grid;
    unsigned threads;
    size_t shared;
    Launch(const NormShape& s, int width)
        : grid(static_cast<unsigned>(operations::norm_pieces(s)), static_cast<unsigned>(s.images)) {
        const auto lanes = static_cast<unsigned>(s.channels / width);
        threads = lanes >= kThreads ? lanes : kThreads / lanes * lanes;
        shared = 2 * sizeof(float) * threads * static_cast<unsigned>(width);  // rows C = threads width
    }
};

}  // namespace

cudaError_t norm_forward(const NormForward& op, cudaStream_t stream) {
    if (op.shape.images * op.shape.pixels == 0) return cudaSuccess;
    return by_type(op.shape.type, [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        if (!fits(op.shape, Pack<T>::size)) return cudaErrorInvalidValue;
        const Launch l(op.shape, Pack<T>::size);
        norm_sums<T><<<l.grid, l.threads, l.shared, stream>>>(op, op.workspace);
        norm_apply<T><<<l.grid, l.threads, 0, stream>>>(op, op.workspace);
        return cudaGetLastError();
    });
}

cudaError_t norm_backward(const NormBackward& op, cudaStream_t stream) {
    const NormShape& s = op.shape;
    if (s.images * s.pixels == 0) return cudaSuccess;
    const int64_t pieces = operations::norm_pieces(s);
    float* channel = op.workspace + 2 * s.images * pieces * s.channels;
    float* group = channel + 2 * s.images * s.channels;
    return by_type(s.type, [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        if (!fits(s, Pack<T>::size)) return cudaErrorInvalidValue;
        const Launch l(s, Pack<T>::size);
        norm_upstream<T><<<l.grid, l.threads, l.shared, stream>>>(op, op.workspace);
        norm_channels<T><<<static_cast<unsigned>(s.images), kThreads, 2 * sizeof(float) * static_cast<size_t>(s.channels),
                           stream>>>(op, op.workspace, pieces, channel, group);
        norm_parameters<<<ceiling(s.channels, kThreads), kThreads, 0, stream>>>(op, channel);
        norm_input<T><<<l.grid, l.threads, 0, stream>>>(op, group);
        return cudaGetLastError();
    });
}

}  // namespace cm4j::device
