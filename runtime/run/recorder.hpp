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

/// Writes the ledger and the checkpoints of one run, and shows its progress.
///
///   hears               does                                        answers
///   run_length          shows it                                    -
///   round_result        a line of the ledger, once it is complete   -
///   evaluation_result   completes the line of its round             -
///   run_ended           writes the lines that still wait            -
///   run_checkpoint      syncs the ledger, keeps the checkpoint      the failure, or an empty text
///   drain               -                                           why the ledger is incomplete,
///                                                                   or an empty text
using recorder_actor = round_listener::extend<caf::replies_to<run_checkpoint>::with<std::string>,
                                              caf::replies_to<drain_atom>::with<std::string>>;

struct recorder_options {
  std::string arm;
  std::uint64_t seed = 0;
  /// norm_text() of the arm.
  std::string norm;
  /// Only the recorder uses it until it has answered drain.
  std::shared_ptr<ledger_writer> ledger;
  /// May be null.
  std::shared_ptr<progress_display> display;
  /// Returns the line that the display shows once the run's length is fixed, or an empty text. Must
  /// be set where there is a display.
  std::function<std::string(const run_length&)> note;
  /// Called once when the ledger cannot be written. Nothing is written after that.
  std::function<void()> on_failure;
  /// Writes a checkpoint, or throws run_failure. Unset where the run has no checkpoints.
  std::function<void(const run_checkpoint&)> keep;
};

recorder_actor spawn_recorder(caf::actor_system& system, recorder_options options);

}  // namespace verge
