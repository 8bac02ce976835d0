#include "verge/runtime/known_links.hpp"

namespace verge {

const std::vector<known_link>& known_links() {
  static const std::vector<known_link> all{{"global-fixed", 40.11, 19.96},
                                           {"global-mobile", 20.28, 8.65},
                                           {"us-fixed", 95.25, 32.88},
                                           {"us-mobile", 27.33, 8.63},
                                           {"gigabit", 1000.0, 1000.0}};
  return all;
}

}  // namespace verge
