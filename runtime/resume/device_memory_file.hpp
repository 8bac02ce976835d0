#pragma once

#include "actors/device/device_memory.hpp"
#include "runtime/resume/device_file.hpp"

namespace verge {

/// Keeps the memory of one device of one run in a file.
class device_memory_file final : public device_memory_store {
public:
  static constexpr device_file::kind kind{"memory", "verge device memory 1"};

  device_memory_file(device_file file, scalar type) : file_(std::move(file)), type_(type) {}

  std::optional<unsettled_state> load(device_id device) override;
  void save(device_id device, const unsettled_state& state) override;

private:
  const device_file file_;
  const scalar type_;
};

}  // namespace verge
