#include "verge/runtime/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <system_error>

#include "runtime/files/atomic_file.hpp"
#include "runtime/report/advice_section.hpp"
#include "runtime/report/arms_table.hpp"
#include "runtime/report/captions.hpp"
#include "runtime/report/codecs_table.hpp"
#include "runtime/report/embedded.hpp"
#include "runtime/report/figures/curves.hpp"
#include "runtime/report/figures/figure_files.hpp"
#include "runtime/report/figures/label_map.hpp"
#include "runtime/report/figures/time_figure.hpp"
#include "runtime/report/label_accuracy.hpp"
#include "runtime/report/lost_updates.hpp"
#include "runtime/report/page.hpp"
#include "runtime/report/results_table.hpp"
#include "runtime/report/run_record.hpp"
#include "runtime/report/run_toml_section.hpp"
#include "runtime/report/runs_table.hpp"
#include "runtime/report/tries_section.hpp"
#include "verge/messages/errors.hpp"

namespace verge {
namespace {

namespace fs = std::filesystem;

constexpr const char* figure_folder = "figures";

fs::path page_of(const std::vector<fs::path>& run_directories, const fs::path& asked_for) {
  if (asked_for.empty())
    return run_directories.size() == 1 ? run_directories[0] / "report.html" : "comparison.html";
  // A name with another ending may be that of a run's own file.
  if (asked_for.extension() != ".html")
    throw bad_input(fmt::format("--out {}: expected the name of a page, one that ends in .html",
                                asked_for.string()));
  std::error_code ignored;
  const auto folder = asked_for.has_parent_path() ? asked_for.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored))
    throw bad_input(fmt::format("--out {}: there is no folder {}; expected one that exists",
                                asked_for.string(), folder.string()));
  if (fs::is_directory(asked_for, ignored))
    throw bad_input(
        fmt::format("--out {}: is a folder; expected the name of a page", asked_for.string()));
  return asked_for;
}

std::string page_text(const std::vector<report::run_record>& runs) {
  const auto arms = report::curves_of(runs);
  const auto accuracy = &report::arm_curves::accuracy;
  using report::traffic;
  const bool has_time =
      std::any_of(arms.begin(), arms.end(), [](const auto& arm) { return arm.has_time; });
  const auto data = report::to_json(arms, report::target_lines_of(runs));

  const std::map<std::string_view, std::string> values{
      {"style", std::string(report::style)},
      {"chart_library", std::string(report::chart_library)},
      {"charts", std::string(report::charts_script)},
      {"version", VERGE_VERSION},
      {"name", report::escape_html(report::title_of(runs))},
      {"what_ran", report::what_ran(runs)},
      {"runs_section", report::runs_section(runs)},
      {"results_in_words", report::results_in_words(runs)},
      {"results_table", report::results_table(runs)},
      {"tries_section", report::tries_section(runs)},
      {"arms_section", report::arms_section(runs)},
      {"codecs_section", report::codecs_section(runs)},
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
      {"device_figure", report::device_figure(arms, has_time ? "8" : "7")},
      {"loss_by_epoch_label",
       report::spoken("training loss by epoch", arms, &report::arm_curves::loss)},
      {"accuracy_note", report::accuracy_note(arms)},
      {"bytes_note", report::bytes_note(arms, traffic::both)},
      {"bytes_up_note", report::bytes_note(arms, traffic::up)},
      {"bytes_down_note", report::bytes_note(arms, traffic::down)},
      {"loss_note", report::loss_note(arms)},
      {"advice_section", report::advice_section(runs)},
      {"losses_section", report::lost_updates_section(runs)},
      {"label_accuracy_section", report::label_accuracy_section(runs)},
      {"label_map_section", report::label_map_section(runs)},
      {"models_table", report::models_table(runs)},
      {"run_files", report::run_files(runs)},
      {"run_data", report::escape_script_data(data)},
  };
  return report::fill(report::page_template, values);
}

void make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    throw bad_input(fmt::format("{}: cannot be made, and figures are to be written into it: {}",
                                folder.string(), failed.message()));
}

}  // namespace

void write_report(const fs::path& run_directory) {
  write_report(std::vector{run_directory}, report_options{});
}

std::vector<fs::path> write_report(const std::vector<fs::path>& run_directories,
                                   const report_options& options) {
  const auto page = page_of(run_directories, options.page);
  const auto runs = report::read_runs(run_directories);
  const auto text = page_text(runs);
  std::vector<report::figure_file> figures;
  if (options.figures) figures = report::draw_figures(runs, *options.figures);

  const auto folder = page.parent_path() / figure_folder;
  if (!figures.empty()) make_folder(folder);
  // The page is written last, so that it never stands beside older figures.
  std::vector<fs::path> written{page};
  for (const auto& figure : figures) {
    written.push_back(folder / figure.name);
    write_file_atomically(written.back(), figure.content);
  }
  write_file_atomically(page, text);
  return written;
}

}  // namespace verge
