#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace verge {

/// What the user gave cannot be used: a key of an experiment file, a data file, an output directory.
/// The text is one line a problem, naming what, where and what was expected. Programs print it and exit with 2.
class bad_input : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// A run that had begun cannot go on. The text is one line. Programs print it and exit with 1.
class run_failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Why something from outside was not accepted, in one sentence that carries the operands.
struct refusal {
  std::string reason;
};

/// A value, or the reason why there is none. Used where a refusal is an expected outcome, as with
/// everything that another process sends; exceptions are for what nobody here can answer.
template <class T>
class [[nodiscard]] result {
public:
  result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  result(refusal why) : state_(std::in_place_index<1>, std::move(why)) {}  // NOLINT

  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  /// Only of a result without a value.
  const std::string& reason() const { return std::get<1>(state_).reason; }

private:
  std::variant<T, refusal> state_;
};

}  // namespace verge
