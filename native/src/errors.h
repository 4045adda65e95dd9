// The exceptions of the shim itself. Free of LibTorch, so that kernels and the network's plan can throw them.
#pragma once

#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace cm4j {

// CM_BAD_ARGUMENT; the sentence names the argument.
struct BadArgument : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

// CM_FILE; the sentence names the file.
struct FileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// CM_UNSUPPORTED; the sentence says what is missing.
struct Unsupported : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// CM_OUT_OF_MEMORY, with a sentence, which std::bad_alloc itself cannot carry.
class OutOfMemory : public std::bad_alloc {
public:
    explicit OutOfMemory(std::string sentence) : sentence_(std::move(sentence)) {}
    const char* what() const noexcept override { return sentence_.c_str(); }

private:
    std::string sentence_;
};

// Throws BadArgument with this sentence unless the condition holds.
inline void require(bool condition, const char* sentence) {
    if (!condition) throw BadArgument(sentence);
}

}  // namespace cm4j
