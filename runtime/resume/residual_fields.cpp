#include "runtime/resume/residual_fields.hpp"

namespace verge {

ordered_json add_residual(state_file& file, const residual_state& state) {
  file.add(state.owed);
  file.add(state.velocity);
  file.add(state.memory);
  if (!state.prepared) return {{"prepared", nullptr}};
  const auto& prepared = *state.prepared;
  file.add(prepared.encoded);
  file.add(prepared.before);
  file.add(prepared.places);
  file.add(prepared.velocities);
  return {{"prepared",
           {{"round", prepared.round.value}, {"statistic_bytes", prepared.statistic_bytes}}}};
}

residual_state take_residual(state_file& file, const ordered_json& fields,
                             const std::string& where) {
  residual_state state;
  state.owed = file.take_buffer(scalar::float32);
  state.velocity = file.take_buffer(scalar::float32);
  state.memory = file.take_vector<float>();
  const auto& found = json_fields{fields, where}.at("prepared");
  if (found.is_null()) return state;
  const json_fields prepared{found, where};
  auto& made = state.prepared.emplace();
  prepared.get("round", made.round.value);
  prepared.get("statistic_bytes", made.statistic_bytes);
  made.encoded = file.take_bytes();
  made.before = file.take_buffer(scalar::float32);
  made.places = file.take_vector<std::uint32_t>();
  made.velocities = file.take_vector<float>();
  return state;
}

}  // namespace verge
