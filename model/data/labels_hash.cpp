#include "model/data/labels_hash.hpp"

#include "model/layout/sha256.hpp"

namespace verge {

std::string labels_hash(const dataset& samples) {
  sha256 sum;
  for (std::size_t i = 0; i < samples.size(); ++i)
    sum.add(static_cast<std::uint64_t>(samples.label(i)));
  const auto digest = sum.digest();
  return {digest.begin(), digest.end()};
}

}  // namespace verge
