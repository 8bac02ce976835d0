#include "system/saved_model.hpp"

#include <torch/script.h>

#include <cstring>
#include <map>
#include <stdexcept>

#include "verge/model/model_state.hpp"

namespace verge::test {

std::string saved_model_sha256(const std::filesystem::path& file, const manifest& layout) {
  const auto saved = torch::jit::load(file.string());
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& one : saved.named_parameters()) tensors[one.name] = one.value;
  for (const auto& one : saved.named_buffers()) tensors[one.name] = one.value;

  model_state state{{layout.type(), layout.parameter_count()},
                    {layout.type(), layout.statistic_count()}};
  for (const auto& entry : layout.entries()) {
    const auto found = tensors.find(entry.name);
    if (found == tensors.end()) throw std::runtime_error("not in the file: " + entry.name);
    const auto tensor = found->second.contiguous();
    if (entry.role == tensor_role::batch_counter) {
      state.batches_tracked = tensor.item<std::int64_t>();
      continue;
    }
    if (tensor.nbytes() != entry.elements * bytes_of(layout.type()))
      throw std::runtime_error("of another size: " + entry.name);
    auto& buffer = entry.role == tensor_role::parameter ? state.parameters : state.statistics;
    std::memcpy(buffer.data() + entry.offset * bytes_of(layout.type()), tensor.data_ptr(),
                tensor.nbytes());
  }
  return model_sha256(layout, state);
}

}  // namespace verge::test
