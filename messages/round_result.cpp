#include "verge/messages/round_result.hpp"

#include <fmt/format.h>

namespace verge {

std::string text_of(const missed_quorum& missed) {
  const auto refused =
      missed.refused == 0 ? std::string{} : fmt::format(", {} of them refused", missed.refused);
  return fmt::format("missed its quorum: {} of {} answered{}, {} {} wanted", missed.answered,
                     missed.asked, refused, missed.wanted, missed.wanted == 1 ? "is" : "are");
}

}  // namespace verge
