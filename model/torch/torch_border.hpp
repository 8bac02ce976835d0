#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

#include "verge/messages/errors.hpp"

namespace verge {

/// Sets what LibTorch keeps by thread: one thread for an operation, and the plain interpreter,
/// because the profiling executor changes kernels after the first runs and with them the bits.
void prepare_torch_thread();

/// OpenBLAS splits a product by its number of threads, which changes the bits: every learner has it on
/// one, for the whole process.
void use_one_blas_thread();

/// The line of a LibTorch exception that says what was wrong, without stack traces: the interpreter
/// puts it last, everything else first.
std::string torch_message(const std::exception& error);

/// Where LibTorch exceptions stop: calls `f` and lets only run_failure (and bad_input) out. `what`
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
