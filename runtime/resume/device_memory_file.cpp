#include "runtime/resume/device_memory_file.hpp"

#include "runtime/resume/memory_fields.hpp"

namespace verge {

std::optional<unsettled_state> device_memory_file::load(device_id device) {
  auto file = file_.read(device);
  if (!file) return std::nullopt;
  const auto fields = file->fields;
  return take_memory(*file, type_, fields, file_.where());
}

void device_memory_file::save(device_id device, const unsettled_state& state) {
  state_file file;
  file.fields = add_memory(file, state);
  file_.write(device, std::move(file));
}

}  // namespace verge
