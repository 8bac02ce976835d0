#pragma once

#include <filesystem>
#include <string>

#include "verge/actors/residual_store.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// Residuals of devices of one run, a file each, in a folder that may hold those of other runs too.
class residual_files final : public residual_store {
public:
  /// Makes the folder. Throws bad_input when nothing can be written there.
  residual_files(std::filesystem::path folder, std::string run_id, const manifest& layout,
                 std::string codec);

  std::optional<residual_state> load(device_id device) override;
  void save(device_id device, const residual_state& state) override;
  /// The run is over: nobody will ask for it again.
  void remove(device_id device);

private:
  std::filesystem::path file_of(device_id device) const;

  const std::filesystem::path folder_;
  const std::string run_id_;
  const std::string model_;
  const std::string codec_;
};

}  // namespace verge
