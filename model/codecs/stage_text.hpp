#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

// The text of a codec: stages joined by '+', each a name and perhaps numbers, as in
// "topk(0.01)+int8+zstd" or "dgc(0.001, momentum=0.9, warmup=50)".

namespace verge::codecs {

/// What a number may be: least <= x <= most, or above least where `least_excluded`.
struct number_rule {
  double least = 0.0;
  bool least_excluded = false;
  double most = std::numeric_limits<double>::max();
  bool whole = false;
  /// As in "expected ...".
  const char* words = "";
};

/// A share of the values: 0 < p <= 1.
inline constexpr number_rule a_share{0.0, true, 1.0, false, "a share above 0, at most 1"};

/// One stage as it was written. Its functions throw bad_input naming the place in the text.
class stage_text {
public:
  struct argument {
    std::string key;  // empty: given by position
    double value = 0.0;
    std::size_t at = 0;
  };

  stage_text(std::string_view codec, std::string name, std::size_t at)
      : codec_(codec), name_(std::move(name)), at_(at) {}

  const std::string& name() const { return name_; }
  void add(argument a) { arguments_.push_back(std::move(a)); }

  /// The argument called `key`, or the one at `position` (from 0; -1 = by name only), which must keep
  /// `rule`. `otherwise` when it is not given.
  double number(const char* key, int position, const number_rule& rule, double otherwise) const;
  /// The same, but it has to be given.
  double number(const char* key, int position, const number_rule& rule) const;
  /// Arguments that nobody has asked for are an error. Call last.
  void expect_no_more() const;

  [[noreturn]] void fail(std::size_t at, const std::string& what) const;
  /// At the stage's name.
  [[noreturn]] void fail(const std::string& what) const { fail(at_, what); }

private:
  const argument* find(const char* key, int position, const number_rule& rule) const;

  std::string_view codec_;
  std::string name_;
  std::size_t at_;
  std::vector<argument> arguments_;
  mutable std::vector<bool> asked_;
};

/// The stages of `codec`, which must outlive them. Throws bad_input: what is wrong, and at which character.
std::vector<stage_text> parse_stages(std::string_view codec);

}  // namespace verge::codecs
