#pragma once

#include <boost/test/unit_test.hpp>
#include <string>

namespace verge::test {

/// The text of the Exception that `action` throws. Fails the test if it throws none.
template <class Exception, class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Exception& error) {
    return error.what();
  }
  BOOST_ERROR("nothing was thrown");
  return {};
}

}  // namespace verge::test
