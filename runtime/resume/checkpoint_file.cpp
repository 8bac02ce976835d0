#include "runtime/resume/checkpoint_file.hpp"

#include <fmt/format.h>

#include "runtime/files/hex_text.hpp"
#include "runtime/results/ledger_json.hpp"
#include "runtime/resume/memory_fields.hpp"
#include "runtime/resume/residual_fields.hpp"
#include "runtime/resume/state_file.hpp"

namespace verge {

namespace {

constexpr const char* format = "verge checkpoint 1";

/// A line of the ledger, and facts on the round that the ledger lacks but a resumed run needs.
ordered_json line_to_json(const round_result& line) {
  auto json = to_json(ledger_line{"", "", line, std::nullopt, std::nullopt, {}, {}});
  json["version"] = line.version.value;
  json["evaluated"] = line.evaluated;
  if (line.missed)
    json["missed"] = {{"asked", line.missed->asked},
                      {"answered", line.missed->answered},
                      {"refused", line.missed->refused},
                      {"wanted", line.missed->wanted}};
  return json;
}

round_result line_from_json(const ordered_json& json, const std::string& where) {
  auto line = ledger_line_from_json(json, where).round;
  const json_fields fields{json, where};
  fields.get("version", line.version.value);
  fields.get("evaluated", line.evaluated);
  if (fields.has("missed")) {
    const json_fields numbers{fields.at("missed"), where};
    auto& missed = line.missed.emplace();
    numbers.get("asked", missed.asked);
    numbers.get("answered", missed.answered);
    numbers.get("refused", missed.refused);
    numbers.get("wanted", missed.wanted);
  }
  return line;
}

ordered_json add_devices(state_file& file, const device_states& devices) {
  auto residuals = ordered_json::array(), memories = ordered_json::array();
  for (const auto& [device, state] : devices.residuals) {
    residuals.push_back(add_residual(file, state));
    residuals.back()["device"] = device.value;
  }
  for (const auto& [device, state] : devices.memories) {
    memories.push_back(add_memory(file, state));
    memories.back()["device"] = device.value;
  }
  return {{"residuals", std::move(residuals)}, {"memories", std::move(memories)}};
}

device_states take_devices(state_file& file, scalar type, const ordered_json& json,
                           const std::string& where) {
  const json_fields fields{json, where};
  device_states devices;
  const auto number_of = [&](const ordered_json& one) {
    device_id device;
    json_fields{one, where}.get("device", device.value);
    return device;
  };
  for (const auto& one : fields.at("residuals"))
    devices.residuals.emplace_back(number_of(one), take_residual(file, one, where));
  for (const auto& one : fields.at("memories"))
    devices.memories.emplace_back(number_of(one), take_memory(file, type, one, where));
  return devices;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const std::string& run_id,
                      const manifest& layout, const run_checkpoint& state) {
  state_file file;
  const auto& server = state.server;
  std::vector<std::uint32_t> used_in;
  for (const auto round : state.used_in) used_in.push_back(round.value);
  file.fields = {{"run_id", hex_text(run_id)},
                 {"model", hex_text(layout.hash())},
                 {"round", state.rounds.round.value},
                 {"version", server.version.value},
                 {"batches_tracked", server.model.batches_tracked},
                 {"epoch", state.rounds.epoch},
                 {"abandoned", state.rounds.abandoned},
                 {"members", state.rounds.members},
                 {"ever_members", state.rounds.ever_members},
                 {"used_in", used_in},
                 {"rounds", state.rounds.length.rounds},
                 {"epochs_a_round", state.rounds.length.epochs_a_round},
                 {"updates", state.rounds.length.updates},
                 {"best_test", state.tests.best},
                 {"tests_without_better", state.tests.without_better},
                 {"line", line_to_json(state.line)},
                 {"rule", server.rule.size()}};
  file.add(server.model.parameters);
  file.add(server.model.statistics);
  for (const auto& one : server.rule) file.add(one);
  file.fields["owed_down"] = add_residual(file, server.owed_down);
  file.fields["devices"] = add_devices(file, state.devices);
  file.write(path, format);
}

run_checkpoint read_checkpoint(const std::filesystem::path& path, const std::string& run_id,
                               const manifest& layout) {
  const auto where = path.string();
  auto file = state_file::read(path, format);
  const json_fields fields{file.fields, where};
  std::string of_run, of_model;
  fields.get("run_id", of_run);
  fields.get("model", of_model);
  if (of_run != hex_text(run_id))
    throw bad_input(fmt::format("{}: is of run {}; expected {}", where, of_run, hex_text(run_id)));
  if (of_model != hex_text(layout.hash()))
    throw bad_input(fmt::format("{}: is of another model than the experiment's", where));

  run_checkpoint state;
  std::size_t rule_buffers = 0;
  fields.get("round", state.rounds.round.value);
  fields.get("epoch", state.rounds.epoch);
  fields.get("abandoned", state.rounds.abandoned);
  fields.get("members", state.rounds.members);
  if (fields.has("ever_members")) fields.get("ever_members", state.rounds.ever_members);
  if (fields.has("rounds")) {
    fields.get("rounds", state.rounds.length.rounds);
    fields.get("epochs_a_round", state.rounds.length.epochs_a_round);
    fields.get("updates", state.rounds.length.updates);
    fields.get("best_test", state.tests.best);
    fields.get("tests_without_better", state.tests.without_better);
  }
  std::vector<std::uint32_t> used_in;
  fields.get("used_in", used_in);
  for (const auto round : used_in) state.used_in.push_back(round_id{round});
  state.line = line_from_json(fields.at("line"), where);
  fields.get("rule", rule_buffers);

  auto& server = state.server;
  fields.get("version", server.version.value);
  fields.get("batches_tracked", server.model.batches_tracked);
  server.model.parameters = file.take_buffer(layout.type());
  server.model.statistics = file.take_buffer(layout.type());
  for (std::size_t i = 0; i < rule_buffers; ++i)
    server.rule.push_back(file.take_buffer(layout.type()));
  server.owed_down = take_residual(file, fields.at("owed_down"), where);
  if (fields.has("devices"))
    state.devices = take_devices(file, layout.type(), fields.at("devices"), where);
  if (server.model.parameters.size() != layout.parameter_count() ||
      server.model.statistics.size() != layout.statistic_count())
    throw bad_input(fmt::format("{}: is of another model than the experiment's", where));
  return state;
}

}  // namespace verge
