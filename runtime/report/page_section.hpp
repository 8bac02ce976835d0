#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// A section of the page that says something of each run on its own: what `body_of` has to say, below the run's name
/// where there are several. Runs of which there is nothing to say are passed over; empty where that is all of them.
/// `id` names the section's heading, below which `first_words` stand.
std::string section_by_run(std::string_view id, std::string_view title,
                           const std::vector<run_record>& runs,
                           const std::function<std::string(const run_record&)>& body_of,
                           std::string_view first_words = {});

/// "a, b and c".
std::string enumeration(const std::vector<std::string>& words);

}  // namespace verge::report
