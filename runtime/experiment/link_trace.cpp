#include "runtime/experiment/link_trace.hpp"

#define CSV_IO_NO_THREAD  // the files are too small to be worth a thread
#include <fmt/format.h>
#include <libfccp/csv.h>

#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

#include "runtime/experiment/link_units.hpp"
#include "runtime/files/one_line.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

/// A row as the file has it, and its place.
struct row {
  std::string place;

  double number(const char* column, const std::string& text, bool is_allowed(double),
                const char* expected) const {
    double value = 0.0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure == std::errc{} && end == text.data() + text.size() && std::isfinite(value) &&
        is_allowed(value))
      return value;
    throw bad_input(
        fmt::format("{}: {} = {}: expected {}", place, column, one_line(text), expected));
  }
};

bool is_latency(double x) {
  return x >= 0.0 && x <= 86400.0;
}
bool is_factor(double x) {
  return x >= 0.000001 && x <= 1e6;
}
bool is_chance(double x) {
  return x >= 0.0 && x < 1.0;
}

}  // namespace

std::vector<link_profile> read_link_trace(const std::filesystem::path& file) {
  // A directory can be opened like a file, and would read as an empty one.
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    throw bad_input(fmt::format("{}: is a directory, expected a CSV file", file.string()));
  std::vector<link_profile> profiles;
  try {
    // Spreadsheets often end with empty lines.
    io::CSVReader<5, io::trim_chars<' ', '\t'>, io::no_quote_escape<','>, io::throw_on_overflow,
                  io::empty_line_comment>
        reader{file.string()};
    reader.read_header(io::ignore_extra_column, "down", "up", "latency", "compute", "dropout");
    std::string down, up, latency, compute, dropout;
    while (reader.read_row(down, up, latency, compute, dropout)) {
      const row here{fmt::format("{}:{}", file.string(), reader.get_file_line())};
      link_profile one;
      one.down = bits_a_second(here.number("down", down, is_rate, rate_words));
      one.up = bits_a_second(here.number("up", up, is_rate, rate_words));
      one.latency =
          virtual_seconds{here.number("latency", latency, is_latency, "seconds from 0 to 86400")};
      one.compute = here.number("compute", compute, is_factor, "a number from 0.000001 to 1000000");
      one.dropout = here.number("dropout", dropout, is_chance, "a number from 0 to below 1");
      profiles.push_back(one);
    }
  } catch (const io::error::base& e) {
    e.format_error_message();
    throw bad_input(fmt::format("{}: {}", file.string(), e.what()));
  }
  if (profiles.empty())
    throw bad_input(
        fmt::format("{}: expected a row for each device, there is none", file.string()));
  return profiles;
}

}  // namespace verge
