#include "model/torch/dropout_layers.hpp"

#include <ATen/ops/from_blob.h>
#include <functional>

#include <numeric>
#include <utility>

#include "model/random/random.hpp"

namespace verge {

namespace {

/// A well mixed function of (seed, step, site), so that every dropout layer has a stream of its own
/// in every step. The stream gets device and round separately. The function is the finaliser of
/// splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
/// 2014).
std::uint64_t mask_seed(std::uint64_t seed, std::uint32_t step, std::uint32_t site) {
  std::uint64_t z = (std::uint64_t{step} << 32 | site) + 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return seed ^ z ^ z >> 31;
}

}  // namespace

dropout_layers::dropout_layers(scalar type, at::Device device, std::vector<dropout_site> sites)
    : type_(type), device_(device), sites_(std::move(sites)), memory_(sites_.size()) {
  for (dropout_site& site : sites_) site.masks.push_back(at::Tensor());
}

void dropout_layers::draw(const local_data& data, round_id round, std::uint32_t step,
                          std::size_t samples) {
  for (std::uint32_t i = 0; i < sites_.size(); ++i) {
    const dropout_spec& spec = sites_[i].spec;
    std::vector<std::int64_t> shape{static_cast<std::int64_t>(samples)};
    shape.insert(shape.end(), spec.sample_shape.begin(), spec.sample_shape.end());
    const auto elements =
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    auto& [narrow, wide] = memory_[i];
    narrow.resize(static_cast<std::size_t>(elements));
    const random_stream stream(mask_seed(data.seed(), step, i), random_purpose::dropout,
                               data.device().value, round.value);
    fill_dropout_mask(narrow, spec.probability, stream);
    if (type_ == scalar::float32) {
      sites_[i].masks.set(0, at::from_blob(narrow.data(), shape, at::kFloat).to(device_));
    } else {
      wide.assign(narrow.begin(), narrow.end());
      sites_[i].masks.set(0, at::from_blob(wide.data(), shape, at::kDouble).to(device_));
    }
  }
}

}  // namespace verge
