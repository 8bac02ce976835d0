#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

#include "verge/messages/errors.hpp"

namespace verge {

/// Sets the state that LibTorch keeps per thread: one thread for an operation, and the plain
/// interpreter. The profiling executor would change kernels after the first runs, and with them the
/// bits.
void prepare_torch_thread();

/// Sets OpenBLAS to one thread for the whole process. It splits a product by its number of threads,
/// which would change the bits.
void use_one_blas_thread();

/// The line of a LibTorch exception that says what was wrong, without stack traces. The interpreter
/// puts that line last, all other code puts it first.
std::string torch_message(const std::exception& error);

/// LibTorch exceptions stop here: calls `f` and lets only run_failure (and bad_input) out. `what`
/// completes "LibTorch cannot ...".
template <class F>
decltype(auto) at_torch_border(const char* what, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (const run_failure&) {
    throw;
  } catch (const bad_input&) {
    throw;
  } catch (const std::exception& error) {
    throw run_failure(fmt::format("LibTorch cannot {}: {}", what, torch_message(error)));
  }
}

}  // namespace verge
