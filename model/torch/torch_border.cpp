#include "model/torch/torch_border.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <string_view>

namespace verge {

void prepare_torch_thread() {
  // Set only where needed, because setting it also empties oneDNN's cache of kernels.
  if (at::get_num_threads() != 1) at::set_num_threads(1);
  torch::jit::setGraphExecutorOptimize(false);
}

std::string torch_message(const std::exception& error) {
  const std::string_view text = error.what();
  // The text is "The following operation failed in the TorchScript interpreter.", source lines,
  // then the cause.
  constexpr std::string_view cause = "\nRuntimeError: ";
  const auto last = text.rfind(cause);
  std::string_view line = last == text.npos ? text : text.substr(last + cause.size());
  line.remove_prefix(std::min(line.find_first_not_of("\n "), line.size()));
  line = line.substr(0, line.find('\n'));
  return std::string(line.empty() ? "unknown error" : line);
}

}  // namespace verge
