#pragma once

#include <string_view>

/// Files of runtime/report/web/ and the chart library, embedded at build time
/// (cmake/verge_embed_text.cmake), so that an installed program needs no other file.
namespace verge::report {

/// The page, with a {{slot}} for each text that depends on the run.
extern const std::string_view page_template;
extern const std::string_view style;
/// Chart.js, minified.
extern const std::string_view chart_library;
/// The script that draws the curves with Chart.js.
extern const std::string_view charts_script;

}  // namespace verge::report
