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

/// Files of a run directory that a server leaves for the next.
inline constexpr const char* checkpoint_name = "checkpoint";
inline constexpr const char* device_book_name = "devices.json";

/// A run of a server that was killed, has failed, or was stopped before its last round. Holds its folder.
struct unfinished_run {
  directory_lock lock;
  device_book book;
  /// Null: no round had been closed, or the run is over.
  std::shared_ptr<run_checkpoint> checkpoint;
  /// Of a run that has come to its end: nothing is left to do.
  std::optional<run_summary> over = {};
};

/// There is something to go on from in `folder`: an experiment that a server has begun to run.
bool has_begun(const std::filesystem::path& folder);

/// Throws bad_input unless `file`, the run.toml of a run, says what `resolved` does; threads, the data set's place and
/// torch_device may differ.
void check_same_experiment(const std::filesystem::path& file, const experiment& resolved);

/// Throws bad_input: there is no such run, or it is not of `resolved`, where threads and the data set's place may differ.
unfinished_run open_unfinished_run(const std::filesystem::path& folder, const experiment& resolved,
                                   const manifest& layout);

}  // namespace verge
