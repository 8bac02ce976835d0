#include "runtime/report/figures/curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/report/curve_style.hpp"
#include "runtime/report/figures/figure.hpp"
#include "runtime/report/figures/mean_curves.hpp"
#include "runtime/report/units.hpp"
#include "runtime/results/repeated.hpp"

namespace verge::report {
namespace {

arm_curves& curves_named(std::vector<arm_curves>& arms, const std::string& name) {
  const auto known = std::find_if(arms.begin(), arms.end(),
                                  [&](const arm_curves& arm) { return arm.arm == name; });
  if (known != arms.end()) return *known;
  arms.emplace_back().arm = name;
  return arms.back();
}

nlohmann::json finite_or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

nlohmann::json points_of(const std::vector<curve_point>& curve) {
  auto points = nlohmann::json::array();
  for (const auto& point : curve)
    points.push_back({point.round, point.epoch, point.bytes_up, point.bytes_down, point.value,
                      finite_or_null(point.seconds), finite_or_null(point.deviation)});
  return points;
}

arm_curves thinned(arm_curves arm) {
  arm.accuracy_is_thinned = arm.accuracy.size() > most_points;
  arm.loss_is_thinned = arm.loss.size() > most_points;
  arm.accuracy = thin(std::move(arm.accuracy), most_points);
  arm.lowest_device = thin(std::move(arm.lowest_device), most_points);
  arm.loss = thin(std::move(arm.loss), most_points);
  return arm;
}

/// Mean curves, one per arm, over those of its trainings that count.
std::vector<arm_curves> means_of(const std::vector<arm_curves>& trainings,
                                 const run_summary& summary) {
  std::vector<arm_curves> means;
  for (const auto& arm : results_by_arm(summary)) {
    std::vector<const arm_curves*> seeds;
    for (const auto* one : arm.best().counted())
      for (const auto& curves : trainings)
        if (curves.arm == one->name) seeds.push_back(&curves);
    auto& mean = means.emplace_back(mean_of(seeds));
    mean.arm = arm.arm;
    mean.remark = remark_on(arm.best());
  }
  return means;
}

}  // namespace

std::uint64_t arm_curves::bytes(traffic counted) const {
  const auto up = counted == traffic::down ? 0 : bytes_up;
  const auto down = counted == traffic::up ? 0 : bytes_down;
  return up + down;
}

std::vector<curve_point> thin(std::vector<curve_point> points, std::size_t most) {
  if (points.size() <= most) return points;
  std::vector<curve_point> bins;
  bins.reserve(most);
  for (std::size_t bin = 0; bin < most; ++bin) {
    const auto first = bin * points.size() / most;
    const auto last = (bin + 1) * points.size() / most;
    curve_point mean;
    mean.seconds = 0.0;
    for (auto i = first; i < last; ++i) {
      mean.round += points[i].round;
      mean.epoch += points[i].epoch;
      mean.bytes_up += points[i].bytes_up;
      mean.bytes_down += points[i].bytes_down;
      mean.value += points[i].value;
      mean.seconds += points[i].seconds;
    }
    const auto count = static_cast<double>(last - first);
    bins.push_back({mean.round / count, mean.epoch / count, mean.bytes_up / count,
                    mean.bytes_down / count, mean.value / count, mean.seconds / count});
  }
  return bins;
}

std::vector<arm_curves> curves_of(const std::vector<ledger_line>& ledger,
                                  const std::vector<std::string>& order) {
  std::vector<arm_curves> arms;
  for (const auto& name : order) curves_named(arms, name);
  for (const auto& line : ledger) {
    auto& arm = curves_named(arms, line.arm);
    arm.bytes_up += line.round.bytes_up;
    arm.bytes_down += line.round.bytes_down;
    curve_point point{static_cast<double>(line.round.round.value), line.round.epoch,
                      static_cast<double>(arm.bytes_up), static_cast<double>(arm.bytes_down),
                      line.round.train_loss};
    if (line.round.virtual_time) {
      point.seconds = line.round.virtual_time->count();
      arm.has_time = true;
    }
    if (std::isfinite(point.value)) {
      arm.loss.push_back(point);
    } else {
      ++arm.rounds_without_loss;
    }
    if (line.accuracy && std::isfinite(*line.accuracy)) {
      point.value = *line.accuracy;
      arm.accuracy.push_back(point);
    }
    if (line.device_accuracy) {
      point.value = line.device_accuracy->lowest;
      arm.lowest_device.push_back(point);
    }
  }
  return arms;
}

std::vector<arm_curves> curves_of(const std::vector<run_record>& runs) {
  std::vector<arm_curves> all;
  for (const auto& run : runs) {
    std::vector<std::string> order;
    for (const auto& arm : run.summary.arms) order.push_back(arm.name);
    auto arms = curves_of(run.ledger, order);
    for (auto& arm : arms) {
      for (const auto& one : run.summary.arms)
        if (one.name == arm.arm) arm.remark = remark_on(one);
      // Thinned before the means, so that line and band are mean and deviation of the same values.
      arm = thinned(std::move(arm));
    }
    if (repeats(run.summary)) arms = means_of(arms, run.summary);
    for (auto& arm : arms) {
      arm.arm = run.label_of(arm.arm);
      all.push_back(std::move(arm));
    }
  }
  return all;
}

std::vector<target_line> target_lines_of(const std::vector<run_record>& runs) {
  std::map<double, std::vector<std::string>> owners;
  for (const auto& run : runs)
    if (run.summary.target_accuracy) owners[*run.summary.target_accuracy].push_back(run.label);
  std::vector<target_line> targets;
  for (const auto& [accuracy, labels] : owners) {
    auto label = "target " + percent_text(accuracy);
    if (labels.size() < runs.size())
      label += labels.size() == 1 ? " of " + labels[0] : fmt::format(" of {} runs", labels.size());
    targets.push_back({accuracy, std::move(label), target_dash(targets.size())});
  }
  return targets;
}

std::string to_json(const std::vector<arm_curves>& arms, const std::vector<target_line>& targets) {
  nlohmann::json json;
  for (const auto& drawn : figures()) json["x_titles"][std::string(drawn.id)] = drawn.x_title;
  json["widest_linear"] = widest_linear;
  json["targets"] = nlohmann::json::array();
  for (const auto& target : targets)
    json["targets"].push_back(
        {{"accuracy", target.accuracy}, {"label", target.label}, {"dash", target.dash}});
  json["arms"] = nlohmann::json::array();
  for (std::size_t i = 0; i < arms.size(); ++i) {
    const auto look = look_of(i);
    json["arms"].push_back({{"name", arms[i].legend()},
                            {"colour", look.colour},
                            {"dash", look.dash},
                            {"marker", look.marker.name},
                            {"hollow", look.is_hollow},
                            {"accuracy", points_of(arms[i].accuracy)},
                            {"lowest_device", points_of(arms[i].lowest_device)},
                            {"loss", points_of(arms[i].loss)}});
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace verge::report
