#include "links_section.hpp"

#include <fmt/format.h>

#include <string>
#include <system_error>
#include <vector>

#include "verge/runtime/known_links.hpp"

namespace verge {

namespace {

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
  keys.number("down", links.down, zero_or_more);
  keys.number("up", links.up, zero_or_more);
  keys.number("latency", links.latency, zero_or_more);
  keys.number("compute", links.compute, above_zero);
  keys.number("dropout", links.dropout, share_below_one);
  keys.number("rate_spread", links.rate_spread, zero_or_more);
  keys.number("compute_spread", links.compute_spread, zero_or_more);
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
      keys.wrong("trace", fmt::format("a CSV file, there is no {}", links.trace.string()));
  }
  keys.number("server_out", links.server_out, zero_or_more);
  keys.number("server_in", links.server_in, zero_or_more);
  keys.number("server_compute", links.server_compute, above_zero);
  keys.number("sample_seconds", links.sample_seconds, zero_or_more);
  keys.report_unknown_keys();
}

}  // namespace verge
