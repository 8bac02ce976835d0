#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "verge/messages/ids.hpp"

namespace verge {

/// A device proves its name, while a run knows devices by number: shards, seeds and the ledger go
/// by it. This book says which name has which number. A name keeps its number for the whole run,
/// also across connections and processes. It is plain state without actors, and not thread-safe.
class number_book {
public:
  /// `names` are those of an earlier process, by device number; an empty one is free.
  explicit number_book(std::vector<std::string> names = {}) : names_(std::move(names)) {}

  /// Sets how many devices the run has.
  void resize(std::uint32_t devices) { names_.resize(devices); }

  struct answer {
    /// Empty where there is a number.
    std::string refused_because;
    device_id device;
  };
  /// The number that `name` has or may get; `wants` is the one that it asks for, unset = any. It is
  /// not given yet.
  answer number_for(const std::string& name, std::optional<device_id> wants) const;

  /// Gives `number`, which is below the number of devices, to `name`.
  void give(device_id number, const std::string& name) { names_[number.value] = name; }
  /// Nobody has `number` any more.
  void take_back(device_id number) { names_[number.value].clear(); }

  /// By device number; an empty name is free.
  const std::vector<std::string>& names() const { return names_; }

private:
  std::vector<std::string> names_;
};

}  // namespace verge
