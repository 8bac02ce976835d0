#pragma once

#include <cstdint>
#include <vector>

#include "model/data/local_data.hpp"
#include "model/torch/torchscript_module.hpp"

namespace verge {

/// The masks of a replica's dropout layers. Verge's own generator draws them, so they depend on
/// (seed, device, round, step, layer) and not on the state of a thread. Not thread-safe.
class dropout_layers {
public:
  /// Masks are drawn in main memory and copied to `device`.
  dropout_layers(scalar type, at::Device device, std::vector<dropout_site> sites);

  /// Gives every layer its mask for one batch of `samples`.
  void draw(const local_data& data, round_id round, std::uint32_t step, std::size_t samples);

private:
  /// Memory of one site's mask, kept between steps. Only a float64 model uses `wide`.
  struct mask_memory {
    std::vector<float> narrow;
    std::vector<double> wide;
  };

  scalar type_;
  at::Device device_;
  std::vector<dropout_site> sites_;
  std::vector<mask_memory> memory_;
};

}  // namespace verge
