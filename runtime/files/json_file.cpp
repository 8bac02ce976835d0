#include "runtime/files/json_file.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace verge {

ordered_json read_json_file(const std::filesystem::path& file, const char* expected) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw bad_input(fmt::format("{}: cannot be read: {}; expected {}", file.string(),
                                std::generic_category().message(errno), expected));
  auto json = ordered_json::parse(in, nullptr, false);
  if (json.is_discarded())
    throw bad_input(
        fmt::format("{}: is no JSON, or cut off; expected {}", file.string(), expected));
  return json;
}

}  // namespace verge
