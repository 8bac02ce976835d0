#pragma once

#include <map>
#include <string>
#include <string_view>

namespace verge::report {

/// `page_template` with every {{slot}} replaced by its value, in one pass, so that a value may
/// contain braces. Values are inserted as they are: texts of users must be escaped before. Throws
/// std::logic_error for a slot without a value, which is a bug.
std::string fill(std::string_view page_template,
                 const std::map<std::string_view, std::string>& values);

/// Text as HTML, safe also within a quoted attribute.
std::string escape_html(std::string_view text);

/// JSON text that is safe within a <script> element: it contains no "<".
std::string escape_script_data(std::string_view json);

}  // namespace verge::report
