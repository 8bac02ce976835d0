#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Options that are written as calls: a name and perhaps arguments, as in "topk(0.01)+int8+zstd",
// "dgc(0.001, momentum=0.9, warmup=50)" or "dirichlet(0.5, sizes=equal)".

namespace verge {

/// The allowed range of a number: least <= x <= most, or least < x where `least_excluded`.
struct number_rule {
  double least = 0.0;
  bool least_excluded = false;
  double most = std::numeric_limits<double>::max();
  bool whole = false;
  /// The text behind "expected ".
  const char* words = "";
};

/// One call as it was written. Its functions throw bad_input that names the place in the text. Not
/// thread-safe, because it notes which arguments were read.
class call_text {
public:
  struct argument {
    std::string key;  // empty = given by position
    double value = 0.0;
    std::string word = {};  // set instead of a value
    std::size_t at = 0;
  };

  call_text(std::string_view text, std::string name, std::size_t at)
      : text_(text), name_(std::move(name)), at_(at) {}

  const std::string& name() const { return name_; }
  void add(argument a) { arguments_.push_back(std::move(a)); }

  /// The argument called `key`, or the one at `position` (from 0; -1 = by name only), which must
  /// keep `rule`. `otherwise` when it is not given.
  double number(const char* key, int position, const number_rule& rule, double otherwise) const;
  /// The same for an argument that must be given.
  double number(const char* key, int position, const number_rule& rule) const;
  /// Whether `key`=`word` is given. `word` is the only value that `key` may have.
  bool says(const char* key, std::string_view word) const;
  /// Throws for arguments that no function has asked for. Call it last.
  void expect_no_more() const;

  [[noreturn]] void fail(std::size_t at, const std::string& what) const;
  /// Points at the call's name.
  [[noreturn]] void fail(const std::string& what) const { fail(at_, what); }
  /// Says that the call's name is none of `known`, the names that a `noun` can have.
  [[noreturn]] void fail_unknown(const std::string& noun, std::span<const std::string> known) const;

private:
  const argument* find(const char* key, int position) const;
  const argument* find(const char* key, int position, const number_rule& rule) const;

  std::string_view text_;
  std::string name_;
  std::size_t at_;
  std::vector<argument> arguments_;
  mutable std::vector<bool> asked_;
};

/// The calls of `text`, joined by '+'; `text` must outlive them. `noun`: what one is called
/// ("stage"). Throws bad_input: what is wrong, and at which character.
std::vector<call_text> parse_calls(std::string_view text, const std::string& noun);

/// The same for a text that is one call.
call_text parse_call(std::string_view text, const std::string& noun);

}  // namespace verge
