// Parameters that stay in files until they are needed.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "config.h"
#include "weight_reader.h"

namespace cm4j {

// Numbers of one parameter that lie together.
struct WeightPart {
    int32_t parameter = 0;
    int32_t file = -1;  // -1: in memory
    int64_t offset = 0;  // bytes from the start of the file
    int64_t count = 0;   // numbers
    at::ScalarType type = at::kFloat;  // of the file: kFloat, kDouble, kHalf or kBFloat16
    at::Tensor values;   // in memory, of any type
};

// Files are read, never mapped: one that is cut or written to after it was opened gives an error and no signal. They
// stay open as long as this, so that renaming and deleting them does no harm.
class WeightFiles final : public WeightReader {
public:
    // The parts of a parameter follow each other, parameter by parameter in the table's order. Throws BadArgument where
    // they do not fill every parameter exactly, FileError where a file cannot be opened or is too short.
    WeightFiles(const UNetConfig& config, const std::vector<std::string>& paths, std::vector<WeightPart> parts);
    ~WeightFiles() override;

    const UNetConfig& config() const { return config_; }
    const std::shared_ptr<const ParameterTable>& table() const { return table_; }

    const float* read(int64_t offset, int64_t count, fast::AlignedBuffer& room) const override;
    // The flat vector, zeros between the parameters.
    at::Tensor flat() const;

private:
    class File;
    void fill(const Parameter& parameter, float* to) const;
    void fill(const WeightPart& part, float* to) const;

    const UNetConfig config_;
    const std::shared_ptr<const ParameterTable> table_;
    std::vector<std::unique_ptr<const File>> files_;
    std::vector<WeightPart> parts_;
    std::vector<size_t> first_part_;  // of each parameter, and one more
    int64_t most_ = 0;                // numbers of the largest parameter
};

}  // namespace cm4j
