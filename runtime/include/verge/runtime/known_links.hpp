#pragma once

#include <string>
#include <vector>

namespace verge {

/// Measured rates of links, in Mbit/s. docs/links.md says when and by whom they were measured.
struct known_link {
  std::string name;
  double down = 0.0;
  double up = 0.0;
};

/// The profiles that an experiment file can name.
const std::vector<known_link>& known_links();

}  // namespace verge
