#include "runtime/report/run_toml_section.hpp"

#include <fmt/format.h>

#include "runtime/report/page.hpp"

namespace verge::report {

std::string run_files(const std::vector<run_record>& runs) {
  std::string text;
  for (const auto& run : runs) {
    const auto owner = run.label.empty() ? std::string("this run")
                                         : fmt::format("<b>{}</b>", escape_html(run.label));
    text += fmt::format(
        "<details>\n<summary>run.toml: everything {} was told, with defaults resolved</summary>\n"
        "<pre tabindex=\"0\">{}</pre>\n</details>\n",
        owner, escape_html(run.run_toml));
  }
  return text;
}

}  // namespace verge::report
