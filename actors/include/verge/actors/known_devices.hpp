#pragma once

#include <string>

namespace verge {

/// Who may be a device of a run, and how it proves that it is. Called by several threads.
class known_devices {
public:
  virtual ~known_devices() = default;

  /// Why the device of this name is not let in; empty when it may be. Throws bad_input where that cannot be
  /// said now.
  virtual std::string why_not(const std::string& name) const = 0;
  /// challenge_bytes random bytes, other ones each time. Throws run_failure where there are none.
  virtual std::string new_challenge() const = 0;
  /// Whether `signature` of `text` was made with the key that `name` is listed with.
  virtual bool proves(const std::string& name, const std::string& text,
                      const std::string& signature) const = 0;
};

}  // namespace verge
