#pragma once

#include <toml++/toml.h>

#include <concepts>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/experiment/number_range.hpp"
#include "runtime/experiment/problem_list.hpp"
#include "runtime/experiment/words.hpp"

namespace verge {

/// Values that replace those of a table, by key.
using swept_nodes = std::map<std::string, const toml::node*, std::less<>>;

/// Reads the keys of one table. Reading does not stop at the first error: a function whose key is
/// wrong adds a problem to the list. It leaves its target unchanged when the key is missing or
/// wrong.
class key_reader {
public:
  /// `path`: the dotted path of the table with a dot at its end, or empty for the whole file.
  /// `place`: the place to report for missing keys. `swept`: the values that [sweep] has for keys
  /// of this table. They replace the table's own values, and also those of a key that excludes a
  /// swept key.
  key_reader(const toml::table& table, std::string path, source_place place, problem_list& problems,
             swept_nodes swept = {});

  bool given(std::string_view key);
  /// True where the value of `key` is one of [sweep].
  bool is_swept(std::string_view key) const { return swept_.contains(key); }
  /// The place of a key, which must be given.
  source_place place_of_key(std::string_view key) { return place_of(*find(key)); }

  template <std::unsigned_integral Target>
  void whole(std::string_view key, Target& target, std::uint64_t least, std::uint64_t most) {
    std::uint64_t value = target;
    read_whole(key, value, least, most);
    target = static_cast<Target>(value);
  }
  void number(std::string_view key, double& target, const number_range& range);
  /// An array of one to `most_items` different whole numbers.
  void different_wholes(std::string_view key, std::vector<std::uint64_t>& target,
                        std::uint64_t most, std::size_t most_items);
  /// An array of exactly `count` numbers.
  void numbers(std::string_view key, std::vector<float>& target, std::size_t count,
               const number_range& range);
  void flag(std::string_view key, bool& target);
  /// False when there is a problem.
  bool text(std::string_view key, std::string& target);
  /// Resolves the path `given` for `key`: in a file it is relative to the file, on the command line
  /// to the working directory.
  std::filesystem::path resolved_path(std::string_view key, const std::string& given,
                                      const std::filesystem::path& experiment_file);
  /// A text that can be part of a file name: letters, digits, '.', '_', '-', not beginning with '.'
  /// or '-'.
  void file_name(std::string_view key, std::string& target);
  /// False when there is a problem.
  bool one_of(std::string_view key, std::string& target, std::span<const std::string> words);
  template <class Enum, std::size_t N>
  bool one_of(std::string_view key, Enum& target, const word_table<Enum, N>& words) {
    std::vector<std::string> allowed;
    for (const auto& word : words) allowed.emplace_back(word.first);
    std::string word{word_of(words, target)};
    const bool is_right = one_of(key, word, allowed);
    for (const auto& [name, value] : words) {
      if (name == word) target = value;
    }
    return is_right;
  }

  /// The table under `key`. An absent table reads as an empty one, whose keys are then missing.
  key_reader section(std::string_view key);

  /// Reports the key as missing, unless it is given.
  void require(std::string_view key, std::string_view expected);
  /// Reports the value of `key`: "path.key = value: expected ...".
  void wrong(std::string_view key, std::string_view expected);
  /// The same for a key that this table has no use for, whatever its value. A swept key is not a
  /// problem: the sweep means other arms. It is added to left_alone() instead.
  void refuse(std::string_view key, std::string_view expected);
  const std::vector<std::string>& left_alone() const { return left_alone_; }
  /// Reports every key of the table that no function above was called for.
  void report_unknown_keys();

private:
  void read_whole(std::string_view key, std::uint64_t& target, std::uint64_t least,
                  std::uint64_t most);
  const toml::node* find(std::string_view key);

  const toml::table& table_;
  std::string path_;
  source_place place_;
  problem_list& problems_;
  swept_nodes swept_;
  std::vector<std::string> known_;
  std::vector<std::string> left_alone_;
};

/// `"a", "b" or "c"`.
std::string listed(std::span<const std::string> words);

}  // namespace verge
