#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// A section of the page with one part per run: the text of `body_of`, below the run's name where
/// there are several runs. A run with an empty text is skipped; the section is empty if all are.
/// `id` is that of the section's heading, below which `first_words` stand.
std::string section_by_run(std::string_view id, std::string_view title,
                           const std::vector<run_record>& runs,
                           const std::function<std::string(const run_record&)>& body_of,
                           std::string_view first_words = {});

/// "a, b and c".
std::string enumeration(const std::vector<std::string>& words);

}  // namespace verge::report
