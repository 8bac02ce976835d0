#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace verge {

/// The user's input cannot be used: a key of an experiment file, a data file, an output directory.
/// The text has one line per problem, which names what, where and what was expected. Programs print
/// it and exit with status 2.
class bad_input : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// A run that had begun cannot continue. The text is one line. Programs print it and exit with
/// status 1.
class run_failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The reason why outside input was not accepted: one sentence that includes the operands.
struct refusal {
  std::string reason;
};

/// A value, or the reason why there is none. Functions return it where a refusal is an expected
/// outcome, as for everything that another process sends. Exceptions are for errors that nobody
/// here can answer.
template <class T>
class [[nodiscard]] result {
public:
  // Both are implicit by design.
  // NOLINTNEXTLINE(google-explicit-constructor)
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  result(refusal why) : state_(std::in_place_index<1>, std::move(why)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  /// Precondition: the result has no value.
  const std::string& reason() const { return std::get<1>(state_).reason; }

private:
  std::variant<T, refusal> state_;
};

}  // namespace verge
