#include "verge/runtime/ledger.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <iterator>
#include <limits>
#include <string_view>
#include <system_error>

#include "messages/kill_point.hpp"
#include "runtime/files/atomic_file.hpp"
#include "runtime/results/ledger_json.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

ordered_json to_json(const std::optional<accuracy_spread>& spread) {
  if (!spread) return nullptr;
  return {{"lowest", spread->lowest}, {"median", spread->median}, {"highest", spread->highest}};
}

accuracy_spread spread_from_json(const ordered_json& json, const std::string& where) {
  const json_fields fields{json, where};
  accuracy_spread spread;
  fields.get("lowest", spread.lowest);
  fields.get("median", spread.median);
  fields.get("highest", spread.highest);
  return spread;
}

}  // namespace

ordered_json to_json(const ledger_line& line) {
  std::optional<double> compute_seconds;
  if (line.round.compute) compute_seconds = line.round.compute->count();
  std::optional<double> virtual_seconds;
  if (line.round.virtual_time) virtual_seconds = line.round.virtual_time->count();
  return {{"arm", line.arm},
          {"seed", line.seed},
          {"norm", line.norm},
          {"round", line.round.round.value},
          {"epoch", json_number(line.round.epoch)},
          {"cohort", line.round.cohort},
          {"used", line.round.used},
          {"late", line.round.late},
          {"lost", line.round.lost},
          {"refused", line.round.refused},
          {"bytes_up", line.round.bytes_up},
          {"bytes_down", line.round.bytes_down},
          {"train_loss", json_number(line.round.train_loss)},
          {"accuracy", json_or_null(line.accuracy)},
          {"test_loss", json_or_null(line.test_loss)},
          {"accuracy_by_label", json_or_null(line.accuracy_by_label)},
          {"accuracy_by_device", to_json(line.device_accuracy)},
          {"tested_at_stop", line.round.evaluated_at_stop},
          {"compute_seconds", json_or_null(compute_seconds)},
          {"wall_seconds", json_number(line.round.wall.count())},
          {"virtual_seconds", json_or_null(virtual_seconds)}};
}

ledger_line ledger_line_from_json(const ordered_json& json, const std::string& where) {
  const json_fields fields(json, where);
  ledger_line line;
  fields.get("arm", line.arm);
  if (fields.has("seed")) fields.get("seed", line.seed);
  if (fields.has("norm")) fields.get("norm", line.norm);
  fields.get("round", line.round.round.value);
  fields.get("epoch", line.round.epoch);
  fields.get("cohort", line.round.cohort);
  fields.get("used", line.round.used);
  fields.get("late", line.round.late);
  fields.get("lost", line.round.lost);
  fields.get("refused", line.round.refused);
  fields.get("bytes_up", line.round.bytes_up);
  fields.get("bytes_down", line.round.bytes_down);
  std::optional<double> train_loss;
  fields.get("train_loss", train_loss);
  line.round.train_loss = train_loss.value_or(std::numeric_limits<double>::quiet_NaN());
  fields.get("accuracy", line.accuracy);
  fields.get("test_loss", line.test_loss);
  if (fields.has("accuracy_by_label")) fields.get("accuracy_by_label", line.accuracy_by_label);
  if (fields.has("accuracy_by_device") && !fields.at("accuracy_by_device").is_null())
    line.device_accuracy =
        spread_from_json(fields.at("accuracy_by_device"), where + ": \"accuracy_by_device\"");
  if (fields.has("tested_at_stop")) fields.get("tested_at_stop", line.round.evaluated_at_stop);
  std::optional<double> compute_seconds;
  if (fields.has("compute_seconds")) fields.get("compute_seconds", compute_seconds);
  if (compute_seconds) line.round.compute.emplace(*compute_seconds);
  double seconds = 0.0;
  fields.get("wall_seconds", seconds);
  line.round.wall = std::chrono::duration<double>{seconds};
  std::optional<double> virtual_seconds;
  fields.get("virtual_seconds", virtual_seconds);
  if (virtual_seconds) line.round.virtual_time.emplace(*virtual_seconds);
  return line;
}

namespace {

bool is_json(std::string_view text) {
  return ordered_json::accept(text);
}

/// Makes the ledger end with a whole line, if an earlier run was killed while it wrote one.
void mend_last_line(const std::filesystem::path& file) {
  std::error_code ignored;  // opening or writing the file reports its problems
  if (!std::filesystem::is_regular_file(file, ignored)) return;
  std::ifstream in(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  in.close();
  const std::size_t end = content.rfind('\n');
  const std::size_t begin = end == std::string::npos ? 0 : end + 1;
  if (begin == content.size()) return;
  if (is_json(std::string_view{content}.substr(begin))) {
    std::ofstream(file, std::ios::binary | std::ios::app) << '\n';  // only its end was missing
  } else {
    std::filesystem::resize_file(file, begin, ignored);
  }
}

std::string text_of(const ledger_line& line) {
  // An arm's name comes from outside. Bytes in it that are not UTF-8 are replaced, and do not
  // throw.
  return to_json(line).dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw run_failure(fmt::format("{}: cannot be written: {}", file.string(),
                                std::generic_category().message(errno)));
}

}  // namespace

ledger_writer::ledger_writer(std::filesystem::path file) : file_(std::move(file)) {
  mend_last_line(file_);
  out_.open(file_, std::ios::binary | std::ios::app);
  if (!out_) fail(file_);
}

ledger_writer::~ledger_writer() {
  try {
    close();
  } catch (const std::exception&) {
    // The run itself has failed, and its own failure is the one that matters.
  }
}

void ledger_writer::add(const std::string& arm, std::uint64_t seed, const std::string& norm,
                        const round_result& round, bool evaluation_due) {
  pending_.push_back(
      {{arm, norm, round, std::nullopt, std::nullopt, seed, {}, {}}, evaluation_due});
  flush_ready();
}

void ledger_writer::add(const std::string& arm, const evaluation_result& evaluation) {
  for (pending_line& pending : pending_) {
    const bool meant = pending.line.arm == arm && pending.line.round.round == evaluation.round;
    if (!meant || !pending.waits) continue;
    pending.line.accuracy = evaluation.accuracy;
    pending.line.test_loss = evaluation.loss;
    pending.line.accuracy_by_label = evaluation.accuracy_by_label;
    if (device_accuracy_)
      pending.line.device_accuracy = spread_of(device_accuracy_(evaluation.accuracy_by_label));
    pending.waits = false;
    break;
  }
  flush_ready();
}

void ledger_writer::set_device_accuracy(
    std::function<accuracy_list(const accuracy_list&)> of_labels) {
  device_accuracy_ = std::move(of_labels);
}

void ledger_writer::close() {
  for (pending_line& pending : pending_) pending.waits = false;
  flush_ready();
}

void ledger_writer::flush_ready() {
  while (!pending_.empty() && !pending_.front().waits) {
    write(pending_.front().line);
    pending_.pop_front();
  }
}

void ledger_writer::write(const ledger_line& line) {
  // The whole line is one write, so that a kill can hardly cut it.
  out_ << text_of(line) << std::flush;
  if (!out_) fail(file_);
  kill_point("ledger line written");
}

std::vector<ledger_line> read_ledger(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    throw bad_input(fmt::format("{}: cannot be read: {}", file.string(),
                                std::generic_category().message(errno)));
  }
  std::vector<ledger_line> lines;
  std::string text;
  for (std::size_t number = 1; std::getline(in, text); ++number) {
    const bool without_end = in.eof();
    const ordered_json json = ordered_json::parse(text, nullptr, false);
    if (json.is_discarded() && without_end) break;
    const std::string where = fmt::format("{}:{}", file.string(), number);
    if (json.is_discarded())
      throw bad_input(where + ": expected a JSON object, a line of a ledger");
    lines.push_back(ledger_line_from_json(json, where));
  }
  return lines;
}

void cut_ledger(const std::filesystem::path& file, const std::string& arm, round_id first_dropped) {
  std::string kept;
  std::uint32_t next = 1;
  for (const auto& line :
       std::filesystem::exists(file) ? read_ledger(file) : std::vector<ledger_line>{}) {
    const bool mine = line.arm == arm;
    if (mine && line.round.round >= first_dropped) continue;
    if (mine && line.round.round.value == next) ++next;
    kept += text_of(line);
  }
  if (next < first_dropped.value)
    throw bad_input(fmt::format("{}: lacks round {} of arm {}; expected all rounds before {}",
                                file.string(), next, arm, first_dropped.value));
  write_file_atomically(file, kept);
}

}  // namespace verge
