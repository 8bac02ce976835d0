#pragma once

#include <boost/test/unit_test.hpp>

#include "verge/messages/errors.hpp"
#include "verge/model/torch_device.hpp"

namespace verge::test {

/// A precondition of a test: LibTorch computes on a GPU here.
inline boost::test_tools::assertion_result has_gpu(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result{true};
  try {
    check_torch_device("cuda");
  } catch (const bad_input& e) {
    result = boost::test_tools::assertion_result{false};
    result.message() << e.what();
  }
  return result;
}

}  // namespace verge::test
