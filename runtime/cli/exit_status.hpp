#pragma once

#include <exception>

#include "verge/messages/errors.hpp"

namespace verge::cli {

/// The exit status of `work`. An exception is given to `say`, and becomes 2 (bad input) or 1.
template <class Work, class Say>
int exit_status_of(Work work, Say say) {
  try {
    return work();
  } catch (const bad_input& e) {
    say(e);
    return 2;
  } catch (const std::exception& e) {
    say(e);
    return 1;
  }
}

}  // namespace verge::cli
