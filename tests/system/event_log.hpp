#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace verge::test {

/// Counts the events in a server's JSON log as it grows. Each line is read once.
class event_log {
public:
  explicit event_log(const std::filesystem::path& file) : in_(file) {}

  /// Reads the lines that were written since the last call.
  void read() {
    for (std::string rest; std::getline(in_, rest);) {
      line_ += rest;
      // The rest of a line that is being written comes with the next reading.
      if (in_.eof()) break;
      count(nlohmann::json::parse(line_));
      line_.clear();
    }
    in_.clear();
  }

  std::uint64_t count_of(const std::string& event) const {
    const auto found = events_.find(event);
    return found == events_.end() ? 0 : found->second;
  }
  std::uint64_t updates(const std::string& fate) const {
    const auto found = updates_.find(fate);
    return found == updates_.end() ? 0 : found->second;
  }
  /// Names of devices that have joined, with the number of their links that have not ended yet.
  const std::map<std::string, int>& links() const { return links_; }

private:
  void count(const nlohmann::json& line) {
    const std::string event = line["event"];
    ++events_[event];
    if (event == "joined") ++links_[line["name"]];
    if (event == "left") --links_[line["name"]];
    if (event == "round")
      for (const auto* fate : {"used", "late", "lost", "refused"})
        updates_[fate] += line[fate].get<std::uint64_t>();
  }

  std::ifstream in_;
  std::string line_;
  std::map<std::string, std::uint64_t> events_, updates_;
  std::map<std::string, int> links_;
};

}  // namespace verge::test
