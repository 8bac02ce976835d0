#include "actors/gate/number_book.hpp"

#include <fmt/format.h>

namespace verge {

number_book::answer number_book::number_for(const std::string& name,
                                            std::optional<device_id> wants) const {
  const auto count = static_cast<std::uint32_t>(names_.size());
  std::optional<std::uint32_t> had, free;
  for (std::uint32_t i = count; i-- > 0;) {
    if (names_[i] == name) had = i;
    // Free numbers are given from the top, because devices that want a certain shard ask for the
    // lowest first.
    if (names_[i].empty() && !free) free = i;
  }
  if (wants && wants->value >= count)
    return {fmt::format("'{}' wants to be device {}; the run has {}, numbered from 0", name,
                        wants->value, count),
            {}};
  if (had && wants && wants->value != *had)
    return {fmt::format("'{}' wants to be device {}; it is device {} of this run", name,
                        wants->value, *had),
            {}};
  if (had) return {{}, device_id{*had}};
  if (wants && !names_[wants->value].empty())
    return {fmt::format("'{}' wants to be device {}, which is '{}'", name, wants->value,
                        names_[wants->value]),
            {}};
  if (wants) return {{}, *wants};
  if (free) return {{}, device_id{*free}};
  return {fmt::format("all {} places of the run are taken", count), {}};
}

}  // namespace verge
