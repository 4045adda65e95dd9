#include "weight_files.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "../errors.h"

namespace cm4j {

namespace {

constexpr int64_t chunk_bytes = int64_t{1} << 20;

#if defined(__APPLE__)
const timespec& modified(const struct stat& s) { return s.st_mtimespec; }
#else
const timespec& modified(const struct stat& s) { return s.st_mtim; }
#endif

template <typename T>
void widen(const void* from, int64_t count, float* to) {
    const T* const values = static_cast<const T*>(from);
    for (int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(values[i]);
}

void widen(at::ScalarType type, const void* from, int64_t count, float* to) {
    switch (type) {
        case at::kDouble: return widen<double>(from, count, to);
        case at::kHalf: return widen<c10::Half>(from, count, to);
        default: return widen<c10::BFloat16>(from, count, to);
    }
}

}  // namespace

class WeightFiles::File {
public:
    explicit File(std::string path) : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (descriptor_ < 0) throw FileError("cannot open " + path_ + ": " + std::strerror(errno));
        opened_ = status();
    }
    ~File() { ::close(descriptor_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    void require(int64_t offset, int64_t bytes) const {
        if (bytes > opened_.st_size || offset > opened_.st_size - bytes)
            throw FileError(path_ + " has " + std::to_string(opened_.st_size) + " bytes, too few for the " +
                            std::to_string(bytes) + " of a weight at " + std::to_string(offset));
    }

    void read(int64_t offset, int64_t bytes, void* to) const {
        auto* next = static_cast<char*>(to);
        while (bytes > 0) {
            const ssize_t got = ::pread(descriptor_, next, static_cast<size_t>(bytes), offset);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw FileError("cannot read " + path_ + ": " + std::strerror(errno));
            if (got == 0) throw FileError(path_ + " has been cut short since it was opened; open it again");
            next += got, offset += got, bytes -= got;
        }
    }

    void require_unchanged() const {
        const struct stat now = status();
        if (now.st_size != opened_.st_size || modified(now).tv_sec != modified(opened_).tv_sec ||
            modified(now).tv_nsec != modified(opened_).tv_nsec)
            throw FileError(path_ + " has been changed since it was opened; open it again");
    }

private:
    struct stat status() const {
        struct stat s;
        if (::fstat(descriptor_, &s) != 0) throw FileError("cannot read " + path_ + ": " + std::strerror(errno));
        return s;
    }

    const std::string path_;
    const int descriptor_;
    struct stat opened_;
};

WeightFiles::WeightFiles(const UNetConfig& config, const std::vector<std::string>& paths,
                         std::vector<WeightPart> parts)
    : config_(config), table_(std::make_shared<const ParameterTable>(config)), parts_(std::move(parts)) {
    for (const std::string& path : paths) files_.push_back(std::make_unique<File>(path));
    size_t next = 0;
    for (size_t p = 0; p < table_->parameters.size(); ++p) {
        first_part_.push_back(next);
        const Parameter& parameter = table_->parameters[p];
        most_ = std::max(most_, parameter.count);
        int64_t missing = parameter.count;
        for (; next < parts_.size() && parts_[next].parameter == static_cast<int32_t>(p); ++next) {
            const WeightPart& part = parts_[next];
            if (part.count > missing) throw BadArgument("parts give too many numbers to " + parameter.name);
            missing -= part.count;
            if (part.file < 0) continue;
            if (part.type != at::kFloat && part.type != at::kDouble && part.type != at::kHalf &&
                part.type != at::kBFloat16)
                throw BadArgument("parts are read as floating-point numbers, not as " +
                                  std::string(c10::toString(part.type)));
            files_[static_cast<size_t>(part.file)]->require(
                part.offset, part.count * static_cast<int64_t>(c10::elementSize(part.type)));
        }
        if (missing != 0)
            throw BadArgument("parts leave " + std::to_string(missing) + " numbers of " + parameter.name + " unfilled");
    }
    if (next != parts_.size()) throw BadArgument("parts are not in the order of the parameters");
    first_part_.push_back(next);
}

WeightFiles::~WeightFiles() = default;

void WeightFiles::fill(const WeightPart& part, float* to) const {
    if (part.file < 0) {
        const at::NoGradGuard no_grad;
        const at::Tensor values = part.values.to(at::kCPU, at::kFloat).contiguous();
        std::memcpy(to, values.const_data_ptr<float>(), sizeof(float) * static_cast<size_t>(part.count));
        return;
    }
    const File& file = *files_[static_cast<size_t>(part.file)];
    if (part.type == at::kFloat) return file.read(part.offset, part.count * 4, to);
    const auto width = static_cast<int64_t>(c10::elementSize(part.type));
    const int64_t most = chunk_bytes / width;
    fast::AlignedBuffer chunk(std::min(most, part.count) * width);
    for (int64_t first = 0; first < part.count; first += most) {
        const int64_t count = std::min(most, part.count - first);
        file.read(part.offset + first * width, count * width, chunk.as<void>());
        widen(part.type, chunk.as<void>(), count, to + first);
    }
}

void WeightFiles::fill(const Parameter& parameter, float* to) const {
    const auto index = static_cast<size_t>(&parameter - table_->parameters.data());
    for (size_t i = first_part_[index]; i < first_part_[index + 1]; ++i) {
        fill(parts_[i], to);
        to += parts_[i].count;
        if (parts_[i].file >= 0) files_[static_cast<size_t>(parts_[i].file)]->require_unchanged();
    }
}

const float* WeightFiles::read(int64_t offset, int64_t count, fast::AlignedBuffer& room) const {
    const auto& all = table_->parameters;
    const auto found = std::lower_bound(all.begin(), all.end(), offset,
                                        [](const Parameter& p, int64_t place) { return p.offset < place; });
    if (found == all.end() || found->offset != offset || found->count != count)
        throw BadArgument("offset " + std::to_string(offset) + " is not where a parameter of " +
                          std::to_string(count) + " numbers begins");
    room.grow(most_ * static_cast<int64_t>(sizeof(float)));  // once: fresh pages cost more than reading
    fill(*found, room.as<float>());
    return room.as<float>();
}

at::Tensor WeightFiles::flat() const {
    const at::NoGradGuard no_grad;
    at::Tensor all = at::empty({table_->total}, at::kFloat);
    auto* const values = static_cast<float*>(all.mutable_data_ptr());
#if defined(__linux__)
    // A hint: a fault for each small page would take longer than reading.
    constexpr uintptr_t page = uintptr_t{2} << 20;
    const uintptr_t begin = (reinterpret_cast<uintptr_t>(values) + page - 1) / page * page;
    const uintptr_t end = reinterpret_cast<uintptr_t>(values + table_->total) / page * page;
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
    const auto& parameters = table_->parameters;
    const auto count = static_cast<int64_t>(parameters.size());
    std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < count; ++i) {
        try {
            const Parameter& p = parameters[static_cast<size_t>(i)];
            fill(p, values + p.offset);
            const int64_t next = i + 1 < count ? parameters[static_cast<size_t>(i) + 1].offset : table_->total;
            std::fill(values + p.offset + p.count, values + next, 0.f);
        } catch (...) {
#pragma omp critical(cm4j_weight_files)
            failure = std::current_exception();
        }
    }
    if (failure) std::rethrow_exception(failure);
    return all;
}

}  // namespace cm4j
