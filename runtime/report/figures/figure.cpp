#include "runtime/report/figures/figure.hpp"

#include <cmath>

namespace verge::report {

const std::vector<figure>& figures() {
  using unit = figure::unit;
  const auto accuracy = &arm_curves::accuracy;
  static const std::vector<figure> all{
      {"accuracy-by-epoch", accuracy, [](const curve_point& p) { return p.epoch; }, "epochs",
       unit::none, false},
      {"accuracy-by-round", accuracy, [](const curve_point& p) { return p.round; }, "rounds",
       unit::none, true},
      {"accuracy-by-bytes", accuracy, [](const curve_point& p) { return p.bytes(); },
       "sent, up and down", unit::bytes, true},
      {"accuracy-by-bytes-up", accuracy, [](const curve_point& p) { return p.bytes_up; }, "sent up",
       unit::bytes, true},
      {"accuracy-by-bytes-down", accuracy, [](const curve_point& p) { return p.bytes_down; },
       "sent down", unit::bytes, true},
      {"accuracy-by-time", accuracy, [](const curve_point& p) { return p.seconds; },
       "modelled time", unit::seconds, true},
      {"loss-by-epoch", &arm_curves::loss, [](const curve_point& p) { return p.epoch; }, "epochs",
       unit::none, false, "training loss", false},
      {"lowest-device-by-epoch", &arm_curves::lowest_device,
       [](const curve_point& p) { return p.epoch; }, "epochs", unit::none, false,
       "lowest accuracy of a device"},
  };
  return all;
}

std::vector<curve_point> points_of(const figure& drawn, const arm_curves& arm) {
  auto points = arm.*(drawn.curve);
  std::erase_if(points, [&](const auto& point) {
    const double x = drawn.x(point);
    return !std::isfinite(x) || (drawn.x_unit == figure::unit::bytes && x <= 0.0);
  });
  return points;
}

}  // namespace verge::report
