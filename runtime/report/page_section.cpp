#include "runtime/report/page_section.hpp"

#include <fmt/format.h>

#include "runtime/report/page.hpp"

namespace verge::report {

std::string section_by_run(std::string_view id, std::string_view title,
                           const std::vector<run_record>& runs,
                           const std::function<std::string(const run_record&)>& body_of,
                           std::string_view first_words) {
  std::string bodies;
  for (const auto& run : runs) {
    const auto body = body_of(run);
    if (body.empty()) continue;
    if (!run.label.empty()) bodies += fmt::format("<h3>{}</h3>\n", escape_html(run.label));
    bodies += body;
  }
  if (bodies.empty()) return {};
  return fmt::format("<section aria-labelledby=\"{}\">\n<h2 id=\"{}\">{}</h2>\n{}{}</section>\n",
                     id, id, title, first_words, bodies);
}

std::string enumeration(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace verge::report
