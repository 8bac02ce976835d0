#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace verge {

/// Where a value of an experiment comes from.
struct source_place {
  /// Given by `--set`, not by the file.
  bool overridden = false;
  /// Line of the file, counted from 1; 0 = the file as a whole.
  std::uint32_t line = 0;

  friend bool operator==(const source_place&, const source_place&) = default;
};

/// The source name under which values of overrides are parsed.
inline constexpr std::string_view override_source = "--set";

/// The place of a node. Nodes of the file carry the file's source. Nodes that apply_overrides() put
/// in carry `--set` or no source.
source_place place_of(const toml::node& node);

/// Collects all problems of one experiment file, so that they are reported together.
class problem_list {
public:
  explicit problem_list(const std::filesystem::path& file) : file_(file.string()) {}

  /// Adds a problem once: found again, in another try of an arm, it is the same problem.
  void add(source_place place, std::string text);
  /// Throws bad_input with all problems, one per line in the order of the file, those of overrides
  /// last.
  void throw_if_any();

private:
  struct problem {
    source_place place;
    std::string text;

    friend bool operator==(const problem&, const problem&) = default;
  };

  std::string file_;
  std::vector<problem> problems_;
};

}  // namespace verge
