#include "runtime/sample_run.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "support/temporary_directory.hpp"

namespace verge::test {
namespace {

using nlohmann::json;

double accuracy_at(const sample_arm& arm, double epoch) {
  const double wiggle = 0.004 * std::sin(40.0 * epoch);
  return arm.ceiling * (1.0 - std::exp2(-epoch / arm.half_after)) + wiggle;
}

/// Accuracies by label, and the spread over the devices.
void add_labels(json& of, const sample_arm& arm, double accuracy, const char* devices,
                const json& told) {
  for (int label = 0; label < 10; ++label)
    of["accuracy_by_label"].push_back(accuracy - arm.label_spread * label / 9.0);
  of[devices] = told;
}

json ledger_line_of(const sample_arm& arm, std::uint32_t round) {
  const bool loses = arm.losses_every > 0 && round % arm.losses_every == 0;
  const bool evaluated = round % arm.evaluate_every == 0 || round == arm.rounds;
  const double epoch = arm.epochs * round / arm.rounds;
  return {{"arm", arm.name},
          {"seed", arm.seed},
          {"round", round},
          {"epoch", epoch},
          {"cohort", 10},
          {"used", loses ? 4 : 10},
          {"late", loses ? 1 : 0},
          {"lost", loses ? 2 : 0},
          {"refused", loses ? 3 : 0},
          {"bytes_up", arm.bytes_up},
          {"bytes_down", arm.bytes_down},
          {"train_loss", sample_loss(arm, round)},
          {"accuracy", evaluated ? json(accuracy_at(arm, epoch)) : json(nullptr)},
          {"test_loss", evaluated ? json(1.0 - 0.5 * accuracy_at(arm, epoch)) : json(nullptr)},
          {"compute_seconds", 0.01},
          {"wall_seconds", 0.05 * round},
          {"virtual_seconds",
           arm.seconds_a_round > 0 ? json(arm.seconds_a_round * round) : json(nullptr)}};
}

/// A whole line of the ledger, with accuracies by label if the arm has them.
json whole_line_of(const sample_arm& arm, std::uint32_t round) {
  auto line = ledger_line_of(arm, round);
  if (arm.label_spread == 0.0 || line["accuracy"].is_null()) return line;
  const double accuracy = line["accuracy"];
  add_labels(line, arm, accuracy, "accuracy_by_device",
             {{"lowest", accuracy - arm.label_spread},
              {"median", accuracy - arm.label_spread / 2},
              {"highest", accuracy}});
  return line;
}

json summary_of(const sample_arm& arm, std::optional<double> target) {
  json reached;
  double best = 0.0;
  double last = 0.0;
  for (std::uint32_t round = 1; round <= arm.rounds; ++round) {
    const auto line = ledger_line_of(arm, round);
    if (line["accuracy"].is_null()) continue;
    last = line["accuracy"];
    best = std::max(best, last);
    if (target && reached.is_null() && last >= *target) reached = line;
  }
  const auto to_target = [&](std::uint64_t bytes) {
    return reached.is_null() ? json(nullptr) : json(bytes * reached["round"].get<std::uint64_t>());
  };
  json summary = {
      {"name", arm.name},
      {"strategy", arm.strategy},
      {"codec_up", arm.codec_up},
      {"codec_down", arm.codec_down},
      {"devices", arm.bytes_up > 0 ? 10 : 1},
      {"rounds", arm.rounds},
      {"epochs", arm.epochs},
      {"final_accuracy", last},
      {"best_accuracy", best},
      {"rounds_to_target", reached.is_null() ? json(nullptr) : reached["round"]},
      {"epochs_to_target", reached.is_null() ? json(nullptr) : reached["epoch"]},
      {"bytes_up_to_target", to_target(arm.bytes_up)},
      {"bytes_down_to_target", to_target(arm.bytes_down)},
      {"bytes_up", arm.bytes_up * arm.rounds},
      {"bytes_down", arm.bytes_down * arm.rounds},
      {"virtual_seconds_to_target", reached.is_null() ? json(nullptr) : reached["virtual_seconds"]},
      {"wall_seconds", 0.05 * arm.rounds},
      {"model_sha256", std::string(64, 'a')},
      {"stopped_early", false}};
  if (!arm.norm.empty()) summary["norm"] = arm.norm;
  if (arm.label_spread > 0.0)
    add_labels(summary, arm, last, "accuracy_by_device",
               {last - arm.label_spread, last - arm.label_spread / 2, last});
  if (!arm.arm.empty()) {
    summary["arm"] = arm.arm;
    summary["seed"] = arm.seed;
    summary["tried"] = json::parse(arm.tried);
  }
  return summary;
}

json partition_of(const std::vector<std::vector<std::uint64_t>>& held) {
  std::vector<std::uint64_t> sizes;
  std::vector<std::uint64_t> totals(held[0].size(), 0);
  for (const auto& row : held) {
    sizes.push_back(0);
    for (std::size_t label = 0; label < row.size(); ++label) {
      sizes.back() += row[label];
      totals[label] += row[label];
    }
  }
  std::sort(sizes.begin(), sizes.end());
  return {{"partition", "labels(3)"},
          {"devices", held.size()},
          {"smallest", sizes.front()},
          {"median", sizes[sizes.size() / 2]},
          {"largest", sizes.back()},
          {"totals", totals},
          {"rows", held}};
}

}  // namespace

sample_run three_arms() {
  sample_run run;
  run.arms = {
      {"centralized", "centralized", 1875, 4.0, 94, 0, 0, 0.91, 0.25, 0},
      {"large-batch", "large_batch", 188, 4.0, 4, 16'872'440, 16'880'130, 0.89, 0.45, 47},
      {"federated", "federated", 12, 12.0, 1, 16'872'440, 16'880'130, 0.87, 2.0, 5},
  };
  for (std::uint64_t device = 0; device < 10; ++device) {
    run.held.emplace_back(10, 0);
    for (const std::uint64_t label : {0, 1, 3})
      run.held.back()[(device + label) % 10] = 500 + 250 * label * device;
  }
  return run;
}

sample_run arms_with_codecs() {
  constexpr std::uint64_t up = 16'872'440;
  constexpr std::uint64_t down = 16'880'130;
  sample_run run;
  run.name = "codecs";
  run.arms = {{"centralized", "centralized", 1875, 4.0, 94, 0, 0, 0.91, 0.25, 0}};
  run.arms[0].seconds_a_round = 0.03125;
  const auto add = [&](sample_arm like, std::string name, std::uint64_t bytes_up,
                       std::uint64_t bytes_down, double ceiling, std::string codec_up,
                       std::string codec_down) {
    like.name = std::move(name);
    like.bytes_up = bytes_up;
    like.bytes_down = bytes_down;
    like.ceiling = ceiling;
    like.codec_up = std::move(codec_up);
    like.codec_down = std::move(codec_down);
    // Ten devices with 20 and 40 Mbit/s.
    like.seconds_a_round =
        1.0 + 0.8 * (static_cast<double>(bytes_up) / 20e6 + static_cast<double>(bytes_down) / 40e6);
    run.arms.push_back(std::move(like));
  };
  const sample_arm large{"", "large_batch", 188, 4.0, 4, 0, 0, 0.0, 0.45, 0};
  add(large, "large-batch", up, down, 0.89, "none", "model");
  add(large, "large-batch-topk", 214'300, down, 0.885, "topk(0.01)", "model");
  add(large, "large-batch-dgc", 29'150, 214'900, 0.87, "dgc(0.001, momentum=0.9, clip=5)+zstd",
      "topk(0.01)");
  add(large, "large-batch-sign", 541'700, 4'310'000, 0.84, "sign", "int8");
  add(large, "large-batch-int4", 2'151'000, down, 0.88, "int4+zstd", "model");
  add(large, "large-batch-powersgd", 188'600, 541'900, 0.86, "powersgd(2)", "sign");
  const sample_arm few{"", "federated", 12, 12.0, 1, 0, 0, 0.0, 2.0, 5};
  add(few, "federated", up, down, 0.87, "none", "model");
  add(few, "federated-topk", 214'300, 1'290'000, 0.865, "topk(0.01)+int8", "topk(0.05)+int8");
  add(few, "federated-stc", 61'200, 64'400, 0.83, "stc(0.01)", "stc(0.01)");
  add(few, "federated-int8", 4'302'000, 4'305'000, 0.868, "int8", "int8");
  return run;
}

sample_run three_seeds() {
  sample_run run = three_arms();
  const auto large = run.arms[1];
  const auto federated = run.arms[2];
  run.arms.clear();
  run.seed = 1;
  run.seeds = "seeds = [1, 2, 3]";
  const double label_spread = 0.3;
  run.sweep = "\n[sweep]\nlearning_rate = [0.05, 0.2]\n";
  const auto add = [&](sample_arm one, std::uint64_t seed, const std::string& rate,
                       double ceiling) {
    one.arm = one.name;
    one.seed = seed;
    one.name += "@" + std::to_string(seed);
    if (!rate.empty()) {
      one.name += ",learning_rate=" + rate;
      one.tried = "{\"learning_rate\": " + rate + "}";
    }
    one.label_spread = label_spread;
    one.ceiling = ceiling + 0.01 * static_cast<double>(seed);
    run.arms.push_back(std::move(one));
  };
  for (const std::uint64_t seed : {1, 2, 3}) {
    add(large, seed, "", 0.87);
    add(federated, seed, "0.05", 0.80);
    add(federated, seed, "0.2", 0.84);
  }
  return run;
}

double sample_loss(const sample_arm& arm, double round) {
  return 2.3 - 2.0 * round / arm.rounds;
}

void write_sample_run(const std::filesystem::path& directory, const sample_run& run) {
  std::filesystem::create_directories(directory);
  std::ofstream settings(directory / "run.toml");
  settings << "name = " << json(run.name) << "\n"
           << (run.seeds.empty() ? "seed = " + std::to_string(run.seed) : run.seeds)
           << "\nthreads = 2\n";
  if (run.target_accuracy) settings << "target_accuracy = " << *run.target_accuracy << "\n";
  settings << "\n[data]\nname = \"fashion-mnist\"\n\n[model]\nname = " << json(run.model)
           << "\nnorm = \"group\"\n"
           << "\n[devices]\ncount = 10\npartition = \"iid\"\n"
           << run.sweep;
  std::ofstream ledger(directory / "ledger.jsonl");
  json summary{{"seed", run.seed}, {"target_accuracy", nullptr}, {"arms", json::array()}};
  if (run.target_accuracy) summary["target_accuracy"] = *run.target_accuracy;
  std::set<std::string> told;
  for (const auto& arm : run.arms) {
    const auto& name = arm.arm.empty() ? arm.name : arm.arm;
    if (told.insert(name).second)
      settings << "\n[[arm]]\nname = " << json(name) << "\nstrategy = " << json(arm.strategy)
               << "\n"
               << arm.settings;
    for (std::uint32_t round = 1; round <= arm.rounds; ++round) {
      ledger << whole_line_of(arm, round) << '\n';
    }
    summary["arms"].push_back(summary_of(arm, run.target_accuracy));
  }
  if (!run.held.empty())
    std::ofstream(directory / "partition.json") << partition_of(run.held) << '\n';
  std::ofstream(directory / "summary.json") << summary.dump(2) << '\n';
}

void kill_sample_run(const std::filesystem::path& directory, const std::string& arm,
                     std::uint32_t rounds) {
  std::istringstream lines{read_file(directory / "ledger.jsonl")};
  std::ofstream ledger(directory / "ledger.jsonl");
  for (std::string text; std::getline(lines, text);) {
    const auto line = json::parse(text);
    if (line["arm"] == arm && line["round"] > rounds) {
      ledger << text.substr(0, text.size() / 2);
      break;
    }
    ledger << text << '\n';
  }
  auto summary = json::parse(read_file(directory / "summary.json"));
  auto& arms = summary["arms"];
  while (arms.back()["name"] != arm) arms.erase(arms.size() - 1);
  arms.erase(arms.size() - 1);
  if (arms.empty())
    std::filesystem::remove(directory / "summary.json");
  else
    std::ofstream(directory / "summary.json") << summary.dump(2) << '\n';
}

}  // namespace verge::test
