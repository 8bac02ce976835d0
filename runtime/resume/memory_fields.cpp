#include "runtime/resume/memory_fields.hpp"

namespace verge {

ordered_json add_memory(state_file& file, const unsettled_state& state) {
  for (const auto* own : {&state.own, &state.next}) {
    file.add(own->statistics);
    file.add(own->control);
  }
  return {{"round", state.round.value}};
}

unsettled_state take_memory(state_file& file, scalar type, const ordered_json& fields,
                            const std::string& where) {
  unsettled_state state;
  json_fields{fields, where}.get("round", state.round.value);
  for (auto* own : {&state.own, &state.next}) {
    own->statistics = file.take_buffer(type);
    own->control = file.take_buffer(type);
  }
  return state;
}

}  // namespace verge
