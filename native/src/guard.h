// The border: C++ exceptions end here and become a status and a sentence.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "cm4j.h"
#include "errors.h"

namespace cm4j {

// This thread's last sentence, read by cm_last_error.
std::string& last_error() noexcept;

// Gives a thread that calls for the first time the library's modes: gradients off, the common thread count.
void enter_thread();

// Keeps the sentence and returns the status. An allocation failure while keeping it loses only the sentence.
inline cm_status fail(cm_status status, const char* sentence) noexcept {
    try {
        last_error().assign(sentence);
    } catch (...) {
        last_error().clear();
    }
    return status;
}

// LibTorch's CPU allocator reports exhaustion as a plain c10::Error; its sentence is the only mark.
inline bool names_exhaustion(const char* sentence) noexcept {
    return std::string_view(sentence).find("can't allocate memory") != std::string_view::npos;
}

inline cm_status fail(const c10::Error& error) noexcept {
    static const bool backtrace = std::getenv("CM4J_BACKTRACE") != nullptr;
    const char* sentence = backtrace ? error.what() : error.what_without_backtrace();
    const bool exhausted = dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr || names_exhaustion(sentence);
    return fail(exhausted ? CM_OUT_OF_MEMORY : CM_TORCH, sentence);
}

// Runs the body of an exported function and turns whatever it throws into a status.
template <class Body>
cm_status guard(Body&& body) noexcept {
    try {
        enter_thread();
        std::forward<Body>(body)();
        return CM_OK;
    } catch (const BadArgument& error) {
        return fail(CM_BAD_ARGUMENT, error.what());
    } catch (const Unsupported& error) {
        return fail(CM_UNSUPPORTED, error.what());
    } catch (const FileError& error) {
        return fail(CM_FILE, error.what());
    } catch (const c10::Error& error) {
        return fail(error);
    } catch (const std::bad_alloc& error) {
        return fail(CM_OUT_OF_MEMORY, error.what());
    } catch (const std::exception& error) {
        return fail(CM_STD, error.what());
    } catch (...) {
        return fail(CM_UNKNOWN, "something was thrown that is no exception");
    }
}

}  // namespace cm4j
