// Role: writes the ledger and shows the progress of one run. The code that starts the run spawns it
// as a listener of the coordinator, whose checkpoints it keeps. It ends with the last handle to it.
// It works beside the rounds: a slow disk delays the ledger, and delays a round only when the round
// asks for a checkpoint. It has a thread of its own, because a disk may be slow.
//
//   writing -- the ledger cannot be written --> failed (hears, writes nothing more)
//
// There are no timeouts. Drain is answered after all messages that came before it.

#include "runtime/run/recorder.hpp"

#include "runtime/files/atomic_file.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

struct recorder_state {
  recorder_options options;
  std::string failure;
  const char* name = "recorder";

  template <class Write>
  void attempt(Write write) {
    if (!failure.empty()) return;
    try {
      write();
    } catch (const run_failure& e) {
      failure = e.what();
      options.on_failure();
    }
  }

  void on_length(const run_length& m) {
    if (!options.display) return;
    options.display->show(m);
    if (const auto note = options.note(m); !note.empty()) options.display->say(note);
  }

  void on_round(const round_result& m) {
    attempt([&] { options.ledger->add(options.arm, options.seed, options.norm, m, m.evaluated); });
    if (options.display) options.display->show(m);
  }

  void on_evaluation(const evaluation_result& m) {
    attempt([&] { options.ledger->add(options.arm, m); });
    if (options.display) options.display->show(m);
  }

  std::string on_checkpoint(const run_checkpoint& m) {
    attempt([&] {
      // Synced before the checkpoint, because a resumed run begins with the line of this round.
      sync_file(options.ledger->file());
      options.keep(m);
    });
    return failure;
  }

  void on_end() {
    attempt([&] { options.ledger->close(); });
  }
};

recorder_actor::behavior_type behavior(recorder_actor::stateful_pointer<recorder_state> self,
                                       const recorder_options& options) {
  auto& state = self->state;
  state.options = options;
  return {
      [&state](const run_length& m) { state.on_length(m); },
      [&state](const round_result& m) { state.on_round(m); },
      [&state](const evaluation_result& m) { state.on_evaluation(m); },
      [&state](const run_ended&) { state.on_end(); },
      [&state](const run_checkpoint& m) { return state.on_checkpoint(m); },
      [&state](drain_atom) { return state.failure; },
  };
}

}  // namespace

recorder_actor spawn_recorder(caf::actor_system& system, recorder_options options) {
  return system.spawn<caf::detached>(behavior, std::move(options));
}

}  // namespace verge
