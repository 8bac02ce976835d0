#include "runtime/experiment/links_section.hpp"

#include <fmt/format.h>

#include <string>
#include <system_error>
#include <vector>

#include "runtime/experiment/link_units.hpp"
#include "verge/runtime/known_links.hpp"

namespace verge {

namespace {

// Bounds that no real link exceeds. They keep every sum of times within the range of a double.
constexpr number_range seconds_of_a_day{0, true, 86400, true, "seconds from 0 to 86400"};
constexpr number_range factor{0.000001, true, 1e6, true, "a number from 0.000001 to 1000000"};
constexpr number_range spread{0, true, 5, true, "a number from 0 to 5"};

void read_rate(key_reader& keys, const char* key, double& rate) {
  keys.number(key, rate, zero_or_more);
  if (!is_rate(rate)) keys.wrong(key, rate_words);
}

void read_link_profile(key_reader& keys, link_options& links) {
  std::vector<std::string> names;
  for (const auto& one : known_links()) names.push_back(one.name);
  std::string profile;
  keys.one_of("profile", profile, names);
  for (const auto& one : known_links()) {
    if (one.name != profile) continue;
    links.down = one.down;
    links.up = one.up;
  }
  read_rate(keys, "down", links.down);
  read_rate(keys, "up", links.up);
  keys.number("latency", links.latency, seconds_of_a_day);
  keys.number("compute", links.compute, factor);
  keys.number("dropout", links.dropout, share_below_one);
  keys.number("rate_spread", links.rate_spread, spread);
  keys.number("compute_spread", links.compute_spread, spread);
}

}  // namespace

void read_links(key_reader keys, const std::filesystem::path& file, link_options& links) {
  read_link_profile(keys, links);
  std::string trace;
  if (keys.text("trace", trace) && !trace.empty()) {
    for (const char* key : {"profile", "down", "up", "latency", "compute", "dropout", "rate_spread",
                            "compute_spread"})
      if (keys.given(key))
        keys.wrong(key, "no such key beside links.trace, which says it for each device");
    links.trace = keys.resolved_path("trace", trace, file);
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(links.trace, ignored))
      keys.wrong("trace",
                 std::filesystem::is_directory(links.trace, ignored)
                     ? fmt::format("a CSV file, {} is a directory", links.trace.string())
                 : std::filesystem::exists(links.trace, ignored)
                     ? fmt::format("a CSV file, {} is no regular file", links.trace.string())
                     : fmt::format("a CSV file, there is no {}", links.trace.string()));
  }
  read_rate(keys, "server_out", links.server_out);
  read_rate(keys, "server_in", links.server_in);
  keys.number("server_compute", links.server_compute, factor);
  keys.number("sample_seconds", links.sample_seconds, seconds_of_a_day);
  keys.report_unknown_keys();
}

}  // namespace verge
