#pragma once

#include <string_view>

/// Files of this folder and the chart library, embedded at build time
/// (cmake/verge_embed_text.cmake), so that an installed program needs no file beside it.
namespace verge::report {

/// The page with a {{slot}} wherever a run has its say.
extern const std::string_view page_template;
extern const std::string_view style;
/// Chart.js, minified.
extern const std::string_view chart_library;
/// Draws the curves by means of it.
extern const std::string_view charts_script;

}  // namespace verge::report
