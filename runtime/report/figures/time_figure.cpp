#include "runtime/report/figures/time_figure.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/report/captions.hpp"

namespace verge::report {

std::string time_figure(const std::vector<arm_curves>& arms, std::string_view number) {
  if (std::none_of(arms.begin(), arms.end(), [](const auto& arm) { return arm.has_time; }))
    return {};
  auto timed = arms;
  std::erase_if(timed, [](const auto& arm) { return !arm.has_time; });
  return fmt::format(
      "<figure id=\"accuracy-by-time\">\n<ul class=\"legend\"></ul>\n"
      "<div class=\"plot\"><canvas role=\"img\" aria-label=\"{}\"></canvas></div>\n"
      "<label class=\"choice\"><input type=\"checkbox\"> logarithmic time</label>\n"
      "<figcaption><b>Figure {}. Accuracy by modelled time.</b> How long the rounds would have "
      "taken over "
      "the links and on the processors of the settings: bytes of real messages, computation, "
      "latencies. "
      "{} {}</figcaption>\n</figure>",
      spoken("test accuracy by modelled time", timed, &arm_curves::accuracy), number,
      time_note(arms), accuracy_note(timed));
}

}  // namespace verge::report
