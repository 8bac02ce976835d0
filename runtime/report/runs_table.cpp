#include "runtime/report/runs_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runtime/report/html_table.hpp"
#include "runtime/report/page.hpp"
#include "runtime/report/page_section.hpp"
#include "runtime/report/units.hpp"
#include "runtime/results/repeated.hpp"
#include "verge/model/network.hpp"

namespace verge::report {
namespace {

std::string or_else(const std::string& text, const char* otherwise) {
  return escape_html(text.empty() ? std::string(otherwise) : text);
}

std::string count_of(std::int64_t number) {
  return count_text(static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)));
}

/// The norm that all arms share. Empty where the network has no norm layers, or where the arms
/// differ; then each arm's norm is shown.
std::string shared_norm(const run_record& run) {
  const auto& arms = run.summary.arms;
  if (!has_norm_layers(run.settings.model)) return {};
  if (arms.empty() || arms[0].norm.empty()) return run.settings.norm;
  const bool is_shared = std::all_of(arms.begin(), arms.end(),
                                     [&](const auto& arm) { return arm.norm == arms[0].norm; });
  return is_shared ? arms[0].norm : std::string{};
}

/// "group norm", "batch norm (pooled)".
std::string norm_words(const std::string& norm) {
  const auto policy = norm.find('(');
  if (policy == std::string::npos) return norm + " norm";
  return fmt::format("{} norm {}", norm.substr(0, policy), norm.substr(policy));
}

std::string norm_of(const run_record& run) {
  if (!has_norm_layers(run.settings.model)) return std::string(absent);
  const auto norm = shared_norm(run);
  return norm.empty() ? "differs by arm" : norm;
}

std::string samples_text(std::int64_t count) {
  return count > 0 ? count_of(count) : std::string("all");
}

/// The number of samples on which arms trained.
std::string training_samples_of(const run_settings& settings) {
  const auto held_back = settings.calibration_samples;
  if (held_back == 0 || settings.train_samples > 0)
    return samples_text(settings.train_samples - held_back);
  return fmt::format("all but {}", count_of(held_back));
}

/// The words for one arm, and for several, that have this remark_on().
struct progress_words {
  std::string_view remark;
  const char* of_one;
  const char* of_several;
};

constexpr progress_words all_progress_words[] = {
    {"", "has ended", "have ended"},
    {"stopped early", "was stopped early", "were stopped early"},
    {"failed", "has failed", "have failed"},
    {"unfinished", "is unfinished (under way, or killed)", "are unfinished (under way, or killed)"},
    {"not begun", "has not begun", "have not begun"},
};

/// A sentence with the number of arms, or trainings, by how far they came; empty where all have
/// ended.
std::string how_far(const std::vector<arm_summary>& arms, bool repeated) {
  std::vector<std::string> words;
  for (const auto& [remark, of_one, of_several] : all_progress_words) {
    const auto count = std::count_if(arms.begin(), arms.end(),
                                     [&](const auto& arm) { return remark_on(arm) == remark; });
    if (remark.empty() && count == static_cast<std::ptrdiff_t>(arms.size())) return {};
    if (count > 0) words.push_back(fmt::format("{} {}", count, count == 1 ? of_one : of_several));
  }
  if (repeated) return fmt::format(" Of {} trainings {}.", arms.size(), enumeration(words));
  return arms.size() == 1 ? fmt::format(" It {}.", words[0].substr(2))
                          : fmt::format(" Of them {}.", enumeration(words));
}

/// The seeds of all trainings, each once.
std::vector<std::string> seeds_of(const run_record& run) {
  std::vector<std::string> seeds;
  if (!repeats(run.summary)) return {fmt::format("{}", run.summary.seed)};
  for (const auto& arm : run.summary.arms) {
    auto seed = fmt::format("{}", arm.seed);
    if (std::find(seeds.begin(), seeds.end(), seed) == seeds.end())
      seeds.push_back(std::move(seed));
  }
  return seeds;
}

std::string what_one_ran(const run_record& run) {
  const auto& arms = run.summary.arms;
  const auto count = results_by_arm(run.summary).size();
  auto sentence = fmt::format("{} arm{} {} the model {}", count, count == 1 ? "" : "s",
                              !any_unfinished(arms) ? "trained"
                              : count == 1          ? "trains"
                                                    : "train",
                              or_else(run.settings.model, "(unnamed)"));
  const auto norm = shared_norm(run);
  if (norm == "none")
    sentence += " (no normalisation)";
  else if (!norm.empty())
    sentence += fmt::format(" ({})", escape_html(norm_words(norm)));
  sentence += fmt::format(" on {}", or_else(run.settings.data, "(unnamed data)"));
  if (run.settings.train_samples > 0 || run.settings.calibration_samples > 0)
    sentence += fmt::format(", {} training samples", training_samples_of(run.settings));
  if (run.settings.devices > 0) {
    sentence += fmt::format(", spread over {} device{}", count_of(run.settings.devices),
                            run.settings.devices == 1 ? "" : "s");
    if (!run.settings.partition.empty())
      sentence += fmt::format(" (partition {})", escape_html(run.settings.partition));
  }
  const auto seeds = seeds_of(run);
  sentence += fmt::format(", with seed{} {}.", seeds.size() == 1 ? "" : "s", enumeration(seeds));
  sentence += how_far(arms, repeats(run.summary));
  if (run.summary.target_accuracy) {
    sentence += fmt::format(" The target is {} of the test samples classified correctly.",
                            percent_text(*run.summary.target_accuracy));
  }
  return sentence;
}

/// A column of the table of runs.
struct run_trait {
  const char* name;
  std::string (*text_of)(const run_record&);
  bool is_text = true;
};

const std::vector<run_trait>& run_traits() {
  static const std::vector<run_trait> traits{
      {"data set", [](const run_record& run) { return or_else(run.settings.data, "–"); }},
      {"training samples", [](const run_record& run) { return training_samples_of(run.settings); },
       false},
      {"test samples",
       [](const run_record& run) { return samples_text(run.settings.test_samples); }, false},
      {"model", [](const run_record& run) { return or_else(run.settings.model, "–"); }},
      {"norm", [](const run_record& run) { return escape_html(norm_of(run)); }},
      {"devices", [](const run_record& run) { return count_of(run.settings.devices); }, false},
      {"partition", [](const run_record& run) { return or_else(run.settings.partition, "–"); }},
      {"modelled links", [](const run_record& run) { return or_else(run.settings.links, "none"); }},
      {"target accuracy",
       [](const run_record& run) {
         const auto& target = run.summary.target_accuracy;
         return target ? unbroken(percent_text(*target)) : std::string("none");
       },
       false},
      {"seed", [](const run_record& run) { return enumeration(seeds_of(run)); }, false},
  };
  return traits;
}

std::string note_on_differences(const std::vector<run_record>& runs) {
  std::vector<std::string> differing;
  std::set<std::string> names;
  for (const auto& trait : run_traits()) {
    const auto first = trait.text_of(runs[0]);
    if (std::all_of(runs.begin(), runs.end(),
                    [&](const auto& run) { return trait.text_of(run) == first; }))
      continue;
    differing.push_back(trait.name);
    names.insert(trait.name);
  }
  if (differing.empty()) return "In all of this the runs are the same.";
  auto note = fmt::format("The runs differ in {}.", enumeration(differing));
  if (names.contains("data set") || names.contains("test samples"))
    note += " They were tested on different samples: an accuracy of one is not that of another.";
  if (names.contains("target accuracy"))
    note += " Where a target is meant, it is that of the arm's own run.";
  return note;
}

}  // namespace

std::string title_of(const std::vector<run_record>& runs) {
  if (runs.size() > 1) return fmt::format("{} runs", runs.size());
  const auto& name = runs.at(0).settings.name;
  return name.empty() ? "A run" : name;
}

std::string what_ran(const std::vector<run_record>& runs) {
  if (runs.size() == 1) return what_one_ran(runs[0]);
  std::vector<std::string> labels;
  std::vector<arm_summary> arms;
  std::size_t count = 0;
  bool repeated = false;
  for (const auto& run : runs) {
    labels.push_back(escape_html(run.label));
    count += results_by_arm(run.summary).size();
    repeated = repeated || repeats(run.summary);
    arms.insert(arms.end(), run.summary.arms.begin(), run.summary.arms.end());
  }
  return fmt::format("{} arms of the runs {}.{} An arm is called by its run and its name.", count,
                     enumeration(labels), how_far(arms, repeated));
}

std::string runs_section(const std::vector<run_record>& runs) {
  if (runs.size() == 1) return {};
  auto head = fmt::format("<tr>{}", first_column_header("run"));
  for (const auto& trait : run_traits())
    head += fmt::format("<th scope=\"col\"{}>{}</th>", trait.is_text ? " class=\"text\"" : "",
                        trait.name);
  std::string rows;
  for (const auto& run : runs) {
    rows += "<tr>" + row_header(run.label);
    for (const auto& trait : run_traits())
      rows += cell(trait.text_of(run), trait.is_text ? "text wrap" : "");
    rows += "</tr>\n";
  }
  return "<section aria-labelledby=\"runs-title\">\n<h2 id=\"runs-title\">Runs</h2>\n" +
         boxed_table("Runs", head + "</tr>\n", rows, note_on_differences(runs), "fit") +
         "</section>\n";
}

}  // namespace verge::report
