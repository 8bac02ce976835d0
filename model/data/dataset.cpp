#include "verge/model/dataset.hpp"

namespace verge {

std::int64_t dataset::label(std::size_t index) const {
  std::vector<float> features(shape().elements());
  return read(index, features);
}

}  // namespace verge
