#include "runtime/report/arms_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "runtime/report/html_table.hpp"
#include "runtime/report/page.hpp"
#include "runtime/report/page_section.hpp"
#include "runtime/report/units.hpp"
#include "runtime/results/repeated.hpp"
#include "verge/model/network.hpp"

namespace verge::report {
namespace {

/// A TOML value without the quotes of a text.
std::string unquoted(const std::string& value) {
  return value.starts_with('"') ? value.substr(1, value.size() - 2) : value;
}

struct arm_view {
  const run_record& run;
  const arm_summary& arm;

  std::optional<std::string> key(const std::string& name) const {
    for (const auto& [tried, value] : arm.tried)
      if (tried == name) return unquoted(value);
    const auto keys = run.settings.arms.find(arm.name);
    if (keys == run.settings.arms.end()) return std::nullopt;
    const auto value = keys->second.find(name);
    return value == keys->second.end() ? std::nullopt : std::optional(value->second);
  }
  bool is_centralized() const { return arm.strategy == "centralized"; }
};

/// A setting as a text; unset where it does not apply to the arm, or where the run does not have
/// it.
using setting = std::optional<std::string>;

setting norm_of(const arm_view& view) {
  if (!has_norm_layers(view.run.settings.model)) return std::nullopt;
  const auto& norm = view.arm.norm.empty() ? view.run.settings.norm : view.arm.norm;
  return norm.empty() ? std::nullopt : setting(norm);
}

setting codec_of(const arm_view& view, const std::string& codec) {
  return view.is_centralized() ? std::nullopt : setting(codec);
}

setting cohort_of(const arm_view& view) {
  const auto cohort = view.key("cohort");
  if (!cohort) return std::nullopt;
  std::uint64_t asked = 0;
  std::from_chars(cohort->data(), cohort->data() + cohort->size(), asked);
  const std::uint64_t devices = view.arm.devices;
  return asked == 0 || asked >= devices
             ? fmt::format("all {}", count_text(devices))
             : fmt::format("{} of {}", count_text(asked), count_text(devices));
}

setting local_work_of(const arm_view& view) {
  for (const char* unit : {"epoch", "step"}) {
    const auto count = view.key(fmt::format("local_{}s", unit));
    if (count) return fmt::format("{} {}{}", *count, unit, *count == "1" ? "" : "s");
  }
  return std::nullopt;
}

/// The batch of linear scaling. Unset for 0, where the rate is used as it is.
setting scaled_batch_of(const arm_view& view) {
  const auto batch = view.key("learning_rate_batch");
  return batch && *batch == "0" ? std::nullopt : batch;
}

/// FedProx's mu; "none" for 0.
setting proximal_of(const arm_view& view) {
  const auto mu = view.key("proximal");
  return mu && *mu == "0" ? setting("none") : mu;
}

/// The partition. It is the same for all arms of a run, so only several runs are compared by it.
setting partition_of(const arm_view& view) {
  const auto& partition = view.run.settings.partition;
  const bool is_alone = view.run.label.empty();
  return is_alone || view.is_centralized() || partition.empty() ? std::nullopt : setting(partition);
}

/// A setting that the table compares, in the order of the columns. Keys that are not here (length,
/// quorum and deadline, frequency of tests) do not tell the kind of training. run.toml, below on
/// the page, has them all.
struct arm_trait {
  const char* name;
  setting (*of)(const arm_view&);
};

const std::vector<arm_trait>& arm_traits() {
  static const std::vector<arm_trait> traits{
      {"strategy",
       [](const arm_view& view) {
         auto words = view.arm.strategy;
         std::replace(words.begin(), words.end(), '_', ' ');
         return setting(words);
       }},
      {"norm", norm_of},
      {"codec up", [](const arm_view& view) { return codec_of(view, view.arm.codec_up); }},
      {"codec down", [](const arm_view& view) { return codec_of(view, view.arm.codec_down); }},
      {"server rule", [](const arm_view& view) { return view.key("server_rule"); }},
      {"server rate", [](const arm_view& view) { return view.key("server_learning_rate"); }},
      {"server momentum", [](const arm_view& view) { return view.key("server_momentum"); }},
      {"beta2", [](const arm_view& view) { return view.key("server_beta2"); }},
      {"tau", [](const arm_view& view) { return view.key("server_tau"); }},
      {"proximal", proximal_of},
      {"cohort", cohort_of},
      {"partition", partition_of},
      {"local work", local_work_of},
      {"batch size", [](const arm_view& view) { return view.key("batch_size"); }},
      {"learning rate", [](const arm_view& view) { return view.key("learning_rate"); }},
      {"rate is for batch", scaled_batch_of},
      {"warm-up epochs", [](const arm_view& view) { return view.key("warmup_epochs"); }},
      {"momentum", [](const arm_view& view) { return view.key("momentum"); }},
      {"weight decay", [](const arm_view& view) { return view.key("weight_decay"); }},
      {"weighting", [](const arm_view& view) { return view.key("weighting"); }},
      {"schedule", [](const arm_view& view) { return view.key("schedule"); }},
  };
  return traits;
}

enum class spread { unknown, same, differs };

/// Arms to which the setting does not apply are ignored.
spread spread_of(const arm_trait& trait, const std::vector<arm_view>& arms) {
  setting first;
  for (const auto& arm : arms) {
    const auto value = trait.of(arm);
    if (first && value && *value != *first) return spread::differs;
    if (!first) first = value;
  }
  return first ? spread::same : spread::unknown;
}

std::string what_is_the_same(const std::vector<arm_trait>& traits,
                             const std::vector<arm_view>& arms) {
  std::vector<std::string> words;
  for (const auto& trait : traits) {
    const auto speaker = std::find_if(arms.begin(), arms.end(),
                                      [&](const auto& arm) { return trait.of(arm).has_value(); });
    words.push_back(fmt::format("{} {}", trait.name, escape_html(*trait.of(*speaker))));
  }
  if (words.empty()) return {};
  return fmt::format("<p>The same in all arms that have it: {}.</p>\n", enumeration(words));
}

std::string table_of(const std::vector<arm_trait>& traits, const std::vector<run_record>& runs) {
  auto head = "<tr>" + first_column_header("arm");
  for (const auto& trait : traits)
    head += fmt::format("<th scope=\"col\" class=\"text\">{}</th>", trait.name);
  std::string rows;
  for (const auto& run : runs) {
    rows += run_row(run.label, "", 1 + traits.size());
    for (const auto& arm : means_by_arm(run.summary)) {
      rows += "<tr>" + row_header(arm.name);
      for (const auto& trait : traits) {
        const auto value = trait.of({run, arm});
        rows += value ? cell(escape_html(*value), "text wrap") : cell(absent, "text none");
      }
      rows += "</tr>\n";
    }
  }
  return boxed_table("In what the arms differ", head + "</tr>\n", rows,
                     "A dash: the setting means nothing to that arm.", "fit");
}

}  // namespace

std::string arms_section(const std::vector<run_record>& runs) {
  std::vector<std::vector<arm_summary>> arms_of_runs;
  for (const auto& run : runs) arms_of_runs.push_back(means_by_arm(run.summary));
  std::vector<arm_view> arms;
  for (std::size_t i = 0; i < runs.size(); ++i)
    for (const auto& arm : arms_of_runs[i]) arms.push_back({runs[i], arm});
  if (arms.size() < 2) return {};
  std::vector<arm_trait> differing, same;
  for (const auto& trait : arm_traits()) {
    const auto found = spread_of(trait, arms);
    if (found == spread::differs) differing.push_back(trait);
    if (found == spread::same) same.push_back(trait);
  }
  auto text = what_is_the_same(same, arms);
  text += differing.empty() ? "<p>The arms differ in none of what is compared here.</p>\n"
                            : table_of(differing, runs);
  return "<section aria-labelledby=\"arms-title\">\n<h2 id=\"arms-title\">In what the arms "
         "differ</h2>\n" +
         text + "</section>\n";
}

}  // namespace verge::report
