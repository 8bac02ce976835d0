#include "runtime/node/failure_digest.hpp"

namespace verge {

std::uint64_t failure_digest::note(const std::string& address, const std::string& reason,
                                   time_point now) {
  const auto found = kinds_.find({address, reason});
  if (found != kinds_.end()) {
    auto& [told, since] = found->second;
    ++since;
    if (now - told < pause) return 0;
    told = now;
    return std::exchange(since, 0);
  }
  if (kinds_.size() >= most_kinds)
    std::erase_if(kinds_, [&](const auto& one) { return now - one.second.told >= pause; });
  if (kinds_.size() >= most_kinds) return 0;
  kinds_.emplace(std::pair{address, reason}, kind{now, 0});
  return 1;
}

}  // namespace verge
