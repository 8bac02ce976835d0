#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "runtime/resume/state_file.hpp"
#include "verge/messages/ids.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// A file that one device of one run leaves for its next process. Its folder (`--state`) may also
/// hold files of other devices and runs, so the file names its run, model and device.
class device_file {
public:
  /// The file name extension of a kind, and the format that the first line names.
  struct kind {
    const char* extension;
    const char* format;
  };

  /// Makes the folder. Throws bad_input when it cannot be written.
  device_file(const kind& what, const std::filesystem::path& folder, const std::string& run_id,
              const std::string& name, const manifest& layout);

  /// Reads the content; unset where there is no file. Throws bad_input where the file belongs to
  /// another run, model or device.
  std::optional<state_file> read(device_id device) const;
  /// Writes the content with the names of run, model and device. Throws run_failure.
  void write(device_id device, state_file file) const;

  /// Throws bad_input unless the field has the expected value.
  void require(const state_file& file, const char* field, const std::string& expected) const;
  std::string where() const { return file_.string(); }

  /// Removes the file of a run that is over, because no process will need it again.
  static void remove(const kind& what, const std::filesystem::path& folder,
                     const std::string& run_id, const std::string& name);

private:
  const kind kind_;
  const std::filesystem::path file_;
  const std::string run_id_;
  const std::string model_;
};

}  // namespace verge
