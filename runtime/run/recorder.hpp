#pragma once

#include <caf/all.hpp>
#include <functional>
#include <memory>
#include <string>

#include "actors/round/run_checkpoint.hpp"
#include "runtime/run/progress.hpp"
#include "verge/actors/atoms.hpp"
#include "verge/actors/round_listener.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// Writes down and shows what one run comes to.
///
///   hears               does                                        answers
///   run_length          shows it                                    -
///   round_result        a line of the ledger, once it is complete   -
///   evaluation_result   completes the line of its round             -
///   run_ended           writes what still waits                     -
///   run_checkpoint      syncs the ledger, keeps the checkpoint      why it cannot; empty when it could
///   drain               -                                           why the ledger is not whole; empty
///                                                                   when it is
using recorder_actor = round_listener::extend<caf::replies_to<run_checkpoint>::with<std::string>,
                                              caf::replies_to<drain_atom>::with<std::string>>;

struct recorder_options {
  std::string arm;
  std::uint64_t seed = 0;
  /// norm_text() of it.
  std::string norm;
  /// Used by the recorder alone until it has answered drain.
  std::shared_ptr<ledger_writer> ledger;
  /// May be none.
  std::shared_ptr<progress_display> display;
  /// What the display says once the length of the run is fixed; may be empty.
  std::function<std::string(const run_length&)> note;
  /// Called once when the ledger cannot be written; nothing is written after that.
  std::function<void()> on_failure;
  /// Writes a checkpoint, or throws run_failure; empty where the run has none.
  std::function<void(const run_checkpoint&)> keep;
};

recorder_actor spawn_recorder(caf::actor_system& system, recorder_options options);

}  // namespace verge
