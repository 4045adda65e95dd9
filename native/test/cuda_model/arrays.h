// Arrays in the memory of the model's device, and numbers as kernels hold them.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "device/operations.h"
#include "model.h"

namespace cuda_model {

template <class T>
class Array {
public:
    // What nobody has written yet.
    explicit Array(size_t count) : count_(count) {
        if (cudaMallocAsync(&memory_, count * sizeof(T), stream()) != cudaSuccess) throw std::bad_alloc();
    }
    explicit Array(const std::vector<T>& values) : Array(values.size()) { put(values); }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() { static_cast<void>(cudaFreeAsync(memory_, stream())); }

    T* data() const { return memory_; }
    void put(const std::vector<T>& values) {
        if (cudaMemcpyAsync(memory_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice, stream()) != cudaSuccess)
            throw std::logic_error("no memory of the device");
    }
    std::vector<T> host() const {
        std::vector<T> values(count_);
        if (cudaMemcpyAsync(values.data(), memory_, count_ * sizeof(T), cudaMemcpyDeviceToHost, stream()) != cudaSuccess)
            throw std::logic_error("no memory of the device");
        return values;
    }

private:
    T* memory_ = nullptr;
    size_t count_;
};

using cm4j::operations::Element;

inline const char* name(Element type) {
    return type == Element::f32 ? "f32" : type == Element::f16 ? "f16" : "bf16";
}

// Half of the distance between neighbouring numbers, relative.
inline double precision(Element type) {
    return type == Element::f32 ? 0x1p-24 : type == Element::f16 ? 0x1p-11 : 0x1p-8;
}

inline uint16_t half_bits(float value, Element type) {
    return type == Element::f16 ? __float2half_rn(value).bits : __float2bfloat16_rn(value).bits;
}
inline float of_half(uint16_t bits, Element type) {
    return type == Element::f16 ? __half2float({bits}) : __bfloat162float({bits});
}

inline std::vector<float> rounded(std::vector<float> values, Element type) {
    if (type != Element::f32)
        for (float& v : values) v = of_half(half_bits(v, type), type);
    return values;
}

// Numbers of any of the three types.
class Numbers {
public:
    Numbers(size_t count, Element type) : type_(type), bytes_(count * (type == Element::f32 ? 4 : 2)) {}
    Numbers(const std::vector<float>& values, Element type) : Numbers(values.size(), type) { put(values); }

    void* data() const { return bytes_.data(); }
    void* at(int64_t element) const { return bytes_.data() + element * (type_ == Element::f32 ? 4 : 2); }
    void put(const std::vector<float>& values) {
        std::vector<unsigned char> bytes(values.size() * (type_ == Element::f32 ? 4 : 2));
        for (size_t i = 0; i < values.size(); ++i)
            if (type_ == Element::f32) {
                std::memcpy(&bytes[4 * i], &values[i], 4);
            } else {
                const uint16_t half = half_bits(values[i], type_);
                std::memcpy(&bytes[2 * i], &half, 2);
            }
        bytes_.put(bytes);
    }
    std::vector<float> host() const {
        const std::vector<unsigned char> bytes = bytes_.host();
        std::vector<float> values(bytes.size() / (type_ == Element::f32 ? 4 : 2));
        for (size_t i = 0; i < values.size(); ++i)
            if (type_ == Element::f32) {
                std::memcpy(&values[i], &bytes[4 * i], 4);
            } else {
                uint16_t half;
                std::memcpy(&half, &bytes[2 * i], 2);
                values[i] = of_half(half, type_);
            }
        return values;
    }

private:
    Element type_;
    Array<unsigned char> bytes_;
};

}  // namespace cuda_model
