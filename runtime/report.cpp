#include "verge/runtime/report.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "atomic_file.hpp"
#include "partition_table.hpp"
#include "report/advice_section.hpp"
#include "report/curves.hpp"
#include "report/label_map.hpp"
#include "report/lost_updates.hpp"
#include "report/notes.hpp"
#include "report/page.hpp"
#include "report/results.hpp"
#include "report/texts.hpp"
#include "report/time_figure.hpp"
#include "report/units.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/network.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {
namespace {

namespace fs = std::filesystem;

void expect_run_directory(const fs::path& directory) {
  for (const char* file : {"run.toml", "ledger.jsonl", "summary.json"}) {
    std::error_code ignored;
    if (!fs::is_regular_file(directory / file, ignored)) {
      throw bad_input(fmt::format(
          "{}: not a finished run directory: there is no {}; expected run.toml, ledger.jsonl and "
          "summary.json",
          directory.string(), file));
    }
  }
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>{in}, {});
  if (!in && !in.eof()) throw bad_input(fmt::format("{}: cannot be read", file.string()));
  return text;
}

toml::table settings_of(const std::string& text, const fs::path& file) {
  try {
    return toml::parse(text, file.string());
  } catch (const toml::parse_error& e) {
    throw bad_input(
        fmt::format("{}:{}: {}", file.string(), e.source().begin.line, e.description()));
  }
}

/// Runs of devices that hold their own data have none, and neither have those of earlier versions.
std::optional<partition_table> partition_of(const fs::path& run_directory) {
  const auto file = run_directory / partition_table_name;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::nullopt;
  return read_partition_table(file);
}

/// One sentence on what ran. The settings are read leniently: a report can be drawn of runs whose
/// settings have other keys than today's.
std::string what_ran(const toml::table& settings, const run_summary& summary) {
  const auto text = [](toml::node_view<const toml::node> node, const char* otherwise) {
    return report::escape_html(node.value_or(std::string(otherwise)));
  };
  const auto count = summary.arms.size();
  auto sentence = fmt::format("{} arm{} trained the model {}", count, count == 1 ? "" : "s",
                              text(settings["model"]["name"], "(unnamed)"));
  // Where arms have norms of their own, the table says it of each.
  const bool is_shared =
      std::all_of(summary.arms.begin(), summary.arms.end(),
                  [&](const auto& arm) { return arm.norm == summary.arms[0].norm; });
  const bool is_said = count > 0 && !summary.arms[0].norm.empty();
  std::string norm;
  if (is_shared && has_norm_layers(settings["model"]["name"].value_or(std::string{})))
    norm =
        is_said ? report::escape_html(summary.arms[0].norm) : text(settings["model"]["norm"], "");
  if (norm == "none")
    sentence += " (no normalisation)";
  else if (!norm.empty())
    sentence += fmt::format(" ({} norm)", norm);
  sentence += fmt::format(" on {}", text(settings["data"]["name"], "(unnamed data)"));
  const auto samples = settings["data"]["train_samples"].value_or<std::int64_t>(0);
  if (samples > 0) {
    sentence += fmt::format(", {} training samples",
                            report::count_text(static_cast<std::uint64_t>(samples)));
  }
  const auto devices = settings["devices"]["count"].value_or<std::int64_t>(0);
  if (devices > 0) {
    sentence += fmt::format(", spread over {} device{}",
                            report::count_text(static_cast<std::uint64_t>(devices)),
                            devices == 1 ? "" : "s");
    const auto partition = text(settings["devices"]["partition"], "");
    if (!partition.empty()) sentence += fmt::format(" (partition {})", partition);
  }
  sentence += fmt::format(", with seed {}.", summary.seed);
  if (summary.target_accuracy) {
    sentence += fmt::format(" The target is {} of the test samples classified correctly.",
                            report::percent_text(*summary.target_accuracy));
  }
  return sentence;
}

}  // namespace

void write_report(const fs::path& run_directory) {
  expect_run_directory(run_directory);
  const auto run_toml = text_of(run_directory / "run.toml");
  const auto settings = settings_of(run_toml, run_directory / "run.toml");
  const auto ledger = read_ledger(run_directory / "ledger.jsonl");
  const auto summary = read_summary(run_directory / "summary.json");

  std::vector<std::string> order;
  for (const auto& arm : summary.arms) order.push_back(arm.name);
  const auto arms = report::curves_of(ledger, order);
  const auto accuracy = &report::arm_curves::accuracy;
  using report::traffic;
  const bool has_time =
      std::any_of(arms.begin(), arms.end(), [](const auto& arm) { return arm.has_time; });

  const std::map<std::string_view, std::string> values{
      {"style", std::string(report::style)},
      {"chart_library", std::string(report::chart_library)},
      {"charts", std::string(report::charts_script)},
      {"version", VERGE_VERSION},
      {"name", report::escape_html(settings["name"].value_or(std::string("A run")))},
      {"what_ran", what_ran(settings, summary)},
      {"results_in_words", report::results_in_words(summary)},
      {"results_table", report::results_table(summary, ledger)},
      {"accuracy_by_epoch_label", report::spoken("test accuracy by epoch", arms, accuracy)},
      {"accuracy_by_round_label", report::spoken("test accuracy by round", arms, accuracy)},
      {"accuracy_by_bytes_label",
       report::spoken("test accuracy by bytes sent", arms, accuracy, traffic::both)},
      {"accuracy_by_bytes_up_label",
       report::spoken("test accuracy by bytes up", arms, accuracy, traffic::up)},
      {"accuracy_by_bytes_down_label",
       report::spoken("test accuracy by bytes down", arms, accuracy, traffic::down)},
      {"time_figure", report::time_figure(arms, "6")},
      {"loss_figure", has_time ? "7" : "6"},
      {"loss_by_epoch_label",
       report::spoken("training loss by epoch", arms, &report::arm_curves::loss)},
      {"accuracy_note", report::accuracy_note(arms)},
      {"bytes_note", report::bytes_note(arms, traffic::both)},
      {"bytes_up_note", report::bytes_note(arms, traffic::up)},
      {"bytes_down_note", report::bytes_note(arms, traffic::down)},
      {"loss_note", report::loss_note(arms)},
      {"advice_section", report::advice_section(summary, ledger)},
      {"losses_section", report::lost_updates_section(ledger)},
      {"label_map_section", report::label_map_section(partition_of(run_directory))},
      {"models_table", report::models_table(summary)},
      {"run_toml", report::escape_html(run_toml)},
      {"run_data", report::escape_script_data(report::to_json(arms, summary.target_accuracy))},
  };
  write_file_atomically(run_directory / "report.html", report::fill(report::page_template, values));
}

}  // namespace verge
