#pragma once

#include <string>

#include "actors/link/residual_store.hpp"
#include "runtime/resume/device_file.hpp"

namespace verge {

/// Keeps the residual of one device of one run in a file.
class residual_file final : public residual_store {
public:
  static constexpr device_file::kind kind{"residual", "verge residual 1"};

  residual_file(device_file file, std::string codec)
      : file_(std::move(file)), codec_(std::move(codec)) {}

  std::optional<residual_state> load(device_id device) override;
  void save(device_id device, const residual_state& state) override;

private:
  const device_file file_;
  const std::string codec_;
};

}  // namespace verge
