#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "runtime/resume/state_file.hpp"
#include "verge/messages/ids.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// A file that one device of one run leaves for its next process, in a folder (`--state`) that may hold those of others
/// too. It says whose it is.
class device_file {
public:
  /// What the files of a kind are called, and what their first line says they are.
  struct kind {
    const char* extension;
    const char* format;
  };

  /// Makes the folder. Throws bad_input when nothing can be written there.
  device_file(const kind& what, const std::filesystem::path& folder, const std::string& run_id,
              const std::string& name, const manifest& layout);

  /// Its content; nothing where there is no file. Throws bad_input where it is not this run's and device's.
  std::optional<state_file> read(device_id device) const;
  /// With whose it is. Throws run_failure.
  void write(device_id device, state_file file) const;

  /// Throws bad_input unless the field is as expected.
  void require(const state_file& file, const char* field, const std::string& expected) const;
  std::string where() const { return file_.string(); }

  /// The run is over: nobody will ask for it again.
  static void remove(const kind& what, const std::filesystem::path& folder,
                     const std::string& run_id, const std::string& name);

private:
  const kind kind_;
  const std::filesystem::path file_;
  const std::string run_id_;
  const std::string model_;
};

}  // namespace verge
