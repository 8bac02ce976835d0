#pragma once

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "support/temporary_directory.hpp"

namespace verge::test {

/// Whether `page` has `name` in backticks, perhaps in quotes, as values of an experiment file are,
/// and perhaps with arguments behind it.
inline bool documents(std::string_view page, const std::string& name) {
  for (const auto& opening : {"`" + name, "`\"" + name})
    for (std::size_t at = 0; (at = page.find(opening, at)) != page.npos; ++at)
      if (const auto end = at + opening.size(); end < page.size())
        if (const char behind = page[end]; behind == '`' || behind == '"' || behind == '(')
          return true;
  return false;
}

/// Fails for each of `names` that a page in docs/ does not have.
inline void check_documented(const std::vector<std::string>& names,
                             std::initializer_list<const char*> pages) {
  BOOST_TEST(!names.empty());
  for (const char* page : pages) {
    const auto content = read_file(std::string{VERGE_SOURCE_DIR "/docs/"} + page);
    for (const auto& name : names)
      BOOST_TEST(documents(content, name), name << " is not in " << page);
  }
}

}  // namespace verge::test
