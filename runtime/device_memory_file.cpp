#include "device_memory_file.hpp"

namespace verge {

std::optional<unsettled_state> device_memory_file::load(device_id device) {
  auto file = file_.read(device);
  if (!file) return std::nullopt;
  unsettled_state state;
  json_fields{file->fields, file_.where()}.get("round", state.round.value);
  for (auto* own : {&state.own, &state.next}) {
    own->statistics = file->take_buffer(type_);
    own->control = file->take_buffer(type_);
  }
  return state;
}

void device_memory_file::save(device_id device, const unsettled_state& state) {
  state_file file;
  file.fields = {{"round", state.round.value}};
  for (const auto* own : {&state.own, &state.next}) {
    file.add(own->statistics);
    file.add(own->control);
  }
  file_.write(device, std::move(file));
}

}  // namespace verge
