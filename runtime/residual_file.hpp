#pragma once

#include <filesystem>
#include <string>

#include "verge/actors/residual_store.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// The residual of one device of one run, in a folder that may hold those of others too.
class residual_file final : public residual_store {
public:
  /// Makes the folder. Throws bad_input when nothing can be written there.
  residual_file(const std::filesystem::path& folder, const std::string& run_id,
                const std::string& name, const manifest& layout, std::string codec);

  std::optional<residual_state> load(device_id device) override;
  void save(device_id device, const residual_state& state) override;

  /// The run is over: nobody will ask for it again.
  static void remove(const std::filesystem::path& folder, const std::string& run_id,
                     const std::string& name);

private:
  const std::filesystem::path file_;
  const std::string run_id_;
  const std::string model_;
  const std::string codec_;
};

}  // namespace verge
