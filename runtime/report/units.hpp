#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Numbers as the report writes them. human_units.hpp writes bytes.
namespace verge::report {

/// At most `decimals` digits after the point, without trailing zeros.
std::string decimal_text(double value, int decimals = 2);

/// A share 0..1 as "81.25 %", with at most two digits after the point.
std::string percent_text(double share);

/// "0.42 s", "12.3 s", "4 min 05 s", "2 h 03 min".
std::string seconds_text(double seconds);

/// A factor as "1.00 ×", "31.4 ×", "1,234 ×".
std::string times_text(double factor);

/// 1234567 as "1,234,567".
std::string count_text(std::uint64_t count);

/// `text` with no-break spaces, so that a number stays on one line with its unit.
std::string unbroken(std::string_view text);

}  // namespace verge::report
