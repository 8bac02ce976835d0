#include "verge/model/call_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "messages/spelling.hpp"
#include "model/text/either.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

/// Makes any typed text fit a message of one line.
std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) shown += c >= ' ' && c <= '~' ? c : '?';
  return shown;
}

[[noreturn]] void fail_at(std::string_view text, std::size_t at, const std::string& what) {
  throw bad_input(fmt::format("\"{}\", character {}: {}", printable(text), at + 1, what));
}

/// Reads a text from the left.
class scanner {
public:
  explicit scanner(std::string_view text) : text_(text) {}

  /// Place of the next word or sign, behind the spaces before it.
  std::size_t at() {
    skip_spaces();
    return at_;
  }
  bool done() {
    skip_spaces();
    return at_ == text_.size();
  }
  bool accept(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool sees_word() { return !done() && is_letter(text_[at_]); }

  std::string word(const std::string& expected) {
    if (!sees_word()) fail(expected);
    const auto begin = at_;
    while (at_ < text_.size() && is_inside_word(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  double number() {
    skip_spaces();
    double value = 0.0;
    const auto* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc{} || !std::isfinite(value)) fail("a number");
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }

  [[noreturn]] void fail(const std::string& expected) {
    const auto found =
        done() ? std::string("the end") : fmt::format("'{}'", printable(text_.substr(at_, 1)));
    fail_at(text_, at_, fmt::format("found {}, expected {}", found, expected));
  }

private:
  // No name has a capital or a hyphen, but people type them, and the error should show the whole
  // word.
  static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_inside_word(char c) { return is_letter(c) || is_digit(c) || c == '-'; }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

call_text::argument read_argument(scanner& in) {
  call_text::argument read;
  read.at = in.at();
  if (in.sees_word()) {
    read.key = in.word("a name");
    if (!in.accept('=')) in.fail("'=' and a value");
    if (in.sees_word()) {
      read.word = in.word("a word");
      return read;
    }
  }
  read.value = in.number();
  return read;
}

std::string shown(const call_text::argument& given) {
  return given.word.empty() ? fmt::format("{}", given.value) : given.word;
}

call_text read_call(scanner& in, std::string_view text, const std::string& noun) {
  const auto at = in.at();
  call_text call{text, in.word("the name of a " + noun), at};
  if (!in.accept('(')) return call;
  do {
    call.add(read_argument(in));
  } while (in.accept(','));
  if (!in.accept(')')) in.fail("',' or ')'");
  return call;
}

}  // namespace

std::vector<call_text> parse_calls(std::string_view text, const std::string& noun) {
  scanner in{text};
  std::vector<call_text> calls;
  do {
    calls.push_back(read_call(in, text, noun));
  } while (in.accept('+'));
  if (!in.done()) in.fail("'+' and another " + noun + ", or the end");
  return calls;
}

call_text parse_call(std::string_view text, const std::string& noun) {
  scanner in{text};
  auto call = read_call(in, text, noun);
  if (!in.done()) in.fail("the end");
  return call;
}

void call_text::fail(std::size_t at, const std::string& what) const {
  fail_at(text_, at, what);
}

void call_text::fail_unknown(const std::string& noun, std::span<const std::string> known) const {
  const auto meant = near_word(name_, known);
  fail(fmt::format("there is no {} '{}'{}, expected {}", noun, name_,
                   meant.empty() ? "" : fmt::format(" (did you mean {}?)", meant),
                   either_of(known)));
}

const call_text::argument* call_text::find(const char* key, int position) const {
  asked_.resize(arguments_.size());
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    const auto& given = arguments_[i];
    const bool meant = given.key.empty() ? static_cast<int>(i) == position : given.key == key;
    if (!meant || asked_[i]) continue;
    asked_[i] = true;
    return &given;
  }
  return nullptr;
}

const call_text::argument* call_text::find(const char* key, int position,
                                           const number_rule& rule) const {
  const auto* given = find(key, position);
  if (!given) return nullptr;
  const bool above = rule.least_excluded ? given->value > rule.least : given->value >= rule.least;
  if (!given->word.empty() || !above || given->value > rule.most ||
      (rule.whole && given->value != std::floor(given->value)))
    fail(given->at,
         fmt::format("{} of {} is {}, expected {}", key, name_, shown(*given), rule.words));
  return given;
}

bool call_text::says(const char* key, std::string_view word) const {
  const auto* given = find(key, -1);
  if (given && given->word != word)
    fail(given->at, fmt::format("{} of {} is {}, expected {}", key, name_, shown(*given), word));
  return given != nullptr;
}

double call_text::number(const char* key, int position, const number_rule& rule,
                         double otherwise) const {
  const auto* given = find(key, position, rule);
  return given ? given->value : otherwise;
}

double call_text::number(const char* key, int position, const number_rule& rule) const {
  const auto* given = find(key, position, rule);
  if (!given && !arguments_.empty())
    fail(arguments_.front().at, fmt::format("'{}' is not the {} that {} needs, {}",
                                            arguments_.front().key, key, name_, rule.words));
  if (!given)
    fail(fmt::format("{} needs its {}, {}, as in {}(...)", name_, key, rule.words, name_));
  return given->value;
}

void call_text::expect_no_more() const {
  asked_.resize(arguments_.size());
  for (std::size_t i = 0; i < arguments_.size(); ++i)
    if (!asked_[i])
      fail(arguments_[i].at,
           arguments_[i].key.empty()
               ? (i == 0 ? fmt::format("{} takes no number", name_)
                         : fmt::format("{} takes one number without a name", name_))
               : fmt::format("{} knows no '{}', or it is given twice", name_, arguments_[i].key));
}

}  // namespace verge
