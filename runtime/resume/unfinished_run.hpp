#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "actors/round/run_checkpoint.hpp"
#include "runtime/files/directory_lock.hpp"
#include "runtime/resume/device_book.hpp"
#include "verge/model/manifest.hpp"
#include "verge/runtime/experiment.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// Files of a run directory that a server leaves for the next server.
inline constexpr const char* checkpoint_name = "checkpoint";
inline constexpr const char* device_book_name = "devices.json";

/// A server's run that was killed, has failed, was stopped before its last round, or is over. Holds
/// the lock of its folder.
struct unfinished_run {
  directory_lock lock;
  device_book book;
  /// Null where no round had been closed, or where the run is over.
  std::shared_ptr<run_checkpoint> checkpoint;
  /// Set only where the run is over, so that nothing is left to do.
  std::optional<run_summary> over = {};
};

/// True where `folder` holds a run that has begun, which may be resumed.
bool has_begun(const std::filesystem::path& folder);

/// Throws bad_input unless `file`, the run.toml of a run, has the same values as `resolved`.
/// Threads, the data set's path and torch_device may differ.
void check_same_experiment(const std::filesystem::path& file, const experiment& resolved);

/// Throws bad_input when there is no such run, or when it is not a run of `resolved`. Threads, the
/// data set's path and torch_device may differ.
unfinished_run open_unfinished_run(const std::filesystem::path& folder, const experiment& resolved,
                                   const manifest& layout);

}  // namespace verge
