#pragma once

#include <map>
#include <string>
#include <string_view>

namespace verge::report {

/// `page_template` with every {{slot}} replaced by its value, in one pass: a value that itself
/// holds braces stays as it is. Values are inserted as they are, so texts of users come here
/// escaped. A slot without a value is a mistake of ours: std::logic_error.
std::string fill(std::string_view page_template,
                 const std::map<std::string_view, std::string>& values);

/// Text as HTML, also within a quoted attribute.
std::string escape_html(std::string_view text);

/// JSON text that may stand within a <script> element: no "<" is left in it.
std::string escape_script_data(std::string_view json);

}  // namespace verge::report
