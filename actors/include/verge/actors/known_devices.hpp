#pragma once

#include <string>

namespace verge {

/// The devices that may take part in a run, and the way a device proves that it is one of them.
/// Several threads call it, so an implementation must be thread-safe.
class known_devices {
public:
  virtual ~known_devices() = default;

  /// Why the device of this name is not let in; empty if it is. Throws bad_input if this cannot be
  /// determined now.
  virtual std::string why_not(const std::string& name) const = 0;
  /// Returns challenge_bytes random bytes, different ones at each call. Throws run_failure if the
  /// system has none.
  virtual std::string new_challenge() const = 0;
  /// Whether `signature` is a signature of `text` by the key that is listed for `name`.
  virtual bool proves(const std::string& name, const std::string& text,
                      const std::string& signature) const = 0;
};

}  // namespace verge
