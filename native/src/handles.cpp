#include "handles.h"

#include <limits>

#include "cuda_plugin.h"

namespace cm4j {

std::atomic<int64_t> live[CM_KIND_COUNT] = {};

namespace {

// Indexed by the CM_ dtype codes.
constexpr at::ScalarType kTypes[] = {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong,
                                     at::kInt,   at::kShort,  at::kChar, at::kByte,     at::kBool};
constexpr int32_t kTypeCount = static_cast<int32_t>(std::size(kTypes));

std::string counted(int64_t value) { return std::to_string(value); }

}  // namespace

void refuse(const char* name, const std::string& complaint) { throw BadArgument(std::string(name) + " " + complaint); }

const at::Tensor& tensor(const cm_tensor* argument, const char* name) {
    const at::Tensor& value = handle(argument, name).value;
    if (!value.defined()) refuse(name, "was reset and holds no tensor");
    return value;
}

std::optional<at::Tensor> optional_tensor(const cm_tensor* argument, const char* name) {
    if (argument == nullptr) return std::nullopt;
    return tensor(argument, name);
}

at::ScalarType scalar_type(int32_t dtype) {
    if (dtype < 0 || dtype >= kTypeCount) refuse("dtype", counted(dtype) + " is none of CM_F32 to CM_BOOL");
    return kTypes[dtype];
}

int32_t dtype_code(at::ScalarType type) {
    for (int32_t code = 0; code < kTypeCount; ++code)
        if (kTypes[code] == type) return code;
    throw Unsupported(std::string("a tensor of type ") + c10::toString(type) + " has no CM_ code");
}

at::Device device(int32_t number) {
    if (number == CM_CPU) return at::Device(at::kCPU);
    if (number < 0) refuse("device", counted(number) + " is neither CM_CPU nor a CUDA device");
    if (number >= cuda_device_count())
        throw Unsupported("CUDA device " + counted(number) + " was asked for, but " + counted(cuda_device_count()) +
                          " are usable");
    return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(number));
}

std::vector<int64_t> shape_of(const int64_t* shape, int32_t ndim) {
    if (ndim < 0 || ndim > CM_MAX_RANK) refuse("ndim", counted(ndim) + " is outside [0, 16]");
    if (ndim > 0 && shape == nullptr) refuse("shape", "is NULL");
    std::vector<int64_t> sizes(shape, shape + ndim);
    for (int64_t size : sizes)
        if (size < 0) refuse("shape", text(sizes) + " has a negative size");
    count_of(sizes);
    return sizes;
}

int64_t count_of(const std::vector<int64_t>& shape) {
    // Eight is the widest element, so a byte count cannot overflow later either.
    constexpr int64_t most = std::numeric_limits<int64_t>::max() / 8;
    int64_t count = 1;
    for (int64_t size : shape) {
        if (size == 0) return 0;
        if (count > most / size) refuse("shape", text(shape) + " has too many elements");
        count *= size;
    }
    return count;
}

int64_t dim_of(int64_t dim, const at::Tensor& x, const char* name) {
    if (dim < -x.dim() || dim >= x.dim())
        refuse(name, counted(dim) + " does not fit a tensor of rank " + counted(x.dim()));
    return dim;
}

std::vector<int64_t> dims_of(const int64_t* dims, int32_t dim_count, const at::Tensor& x, const char* name) {
    if (dim_count < 0 || dim_count > CM_MAX_RANK) refuse("dim_count", counted(dim_count) + " is outside [0, 16]");
    if (dim_count > 0 && dims == nullptr) refuse(name, "is NULL");
    std::vector<int64_t> list(dims, dims + dim_count);
    uint32_t seen = 0;
    for (int64_t dim : list) {
        const int64_t wrapped = (dim_of(dim, x, name) + x.dim()) % x.dim();
        if (seen & (1U << wrapped)) refuse(name, text(list) + " names a dimension twice");
        seen |= 1U << wrapped;
    }
    return list;
}

std::string text(at::IntArrayRef sizes) {
    std::string line = "[";
    for (size_t i = 0; i < sizes.size(); ++i) line += (i == 0 ? "" : ", ") + counted(sizes[i]);
    return line + "]";
}

void require_floating(const at::Tensor& t, const char* name) {
    if (!t.is_floating_point()) refuse(name, std::string("is ") + c10::toString(t.scalar_type()) + ", not floating");
}

void require_rank(const at::Tensor& t, int64_t rank, const char* name) {
    if (t.dim() != rank) refuse(name, "has shape " + text(t.sizes()) + " where rank " + counted(rank) + " is needed");
}

void require_type(const at::Tensor& t, at::ScalarType type, const char* name) {
    if (t.scalar_type() != type)
        refuse(name, std::string("is ") + c10::toString(t.scalar_type()) + ", not " + c10::toString(type));
}

void require_plain_f32(const at::Tensor& t, const char* name) {
    require_type(t, at::kFloat, name);
    if (!t.is_contiguous()) refuse(name, "is not row-major");
}

}  // namespace cm4j
