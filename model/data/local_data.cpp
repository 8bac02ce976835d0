#include "model/data/local_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "model/random/random.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

/// Several datasets one after the other.
class concatenation final : public dataset {
public:
  explicit concatenation(std::vector<dataset_ptr> parts) : parts_(std::move(parts)), offsets_{0} {
    for (const auto& part : parts_) {
      if (part->shape() != parts_[0]->shape() || part->classes() != parts_[0]->classes()) {
        throw bad_input(
            fmt::format("shard {} differs from shard 0 in the shape or the classes of its samples",
                        offsets_.size() - 1));
      }
      offsets_.push_back(offsets_.back() + part->size());
    }
  }

  std::size_t size() const override { return offsets_.back(); }
  sample_shape shape() const override { return parts_[0]->shape(); }
  std::uint32_t classes() const override { return parts_[0]->classes(); }
  std::int64_t read(std::size_t index, std::span<float> features) const override {
    const auto above = std::upper_bound(offsets_.begin(), offsets_.end(), index);
    const auto part = static_cast<std::size_t>(above - offsets_.begin()) - 1;
    return parts_[part]->read(index - offsets_[part], features);
  }

private:
  std::vector<dataset_ptr> parts_;
  std::vector<std::size_t> offsets_;
};

void check_holds_samples(const dataset& shard, std::size_t device) {
  if (shard.size() == 0) {
    throw bad_input(fmt::format("device {} holds no samples; expected at least one", device));
  }
}

void check(const local_work& work) {
  if (const auto why = why_unusable(work); !why.empty()) throw run_failure(why);
}

}  // namespace

std::string why_unusable(const local_work& work) {
  if (work.batch_size > 0 && (work.local_steps > 0) != (work.local_epochs > 0)) return {};
  return fmt::format(
      "local work of batch size {}, {} steps and {} epochs; expected a batch size above 0 and "
      "either steps or epochs",
      work.batch_size, work.local_steps, work.local_epochs);
}

std::shared_ptr<const local_data> local_data::of_device(std::uint64_t seed, device_id device,
                                                        dataset_ptr shard, augmentation augment) {
  check_holds_samples(*shard, device.value);
  const device_order order(seed, device, shard->size());
  return std::shared_ptr<const local_data>(
      new local_data(seed, device, std::move(shard), order, augment));
}

std::shared_ptr<const local_data> local_data::of_union(std::uint64_t seed,
                                                       std::vector<dataset_ptr> shards,
                                                       augmentation augment) {
  if (shards.empty()) throw bad_input("a union of no shards; expected at least one");
  std::vector<std::size_t> sizes;
  for (const auto& shard : shards) {
    check_holds_samples(*shard, sizes.size());
    sizes.push_back(shard->size());
  }
  return std::shared_ptr<const local_data>(
      new local_data(seed, device_id{0}, std::make_shared<const concatenation>(std::move(shards)),
                     union_order(seed, sizes), augment));
}

local_data::local_data(std::uint64_t seed, device_id device, dataset_ptr samples,
                       sample_order order, augmentation augment)
    : seed_(seed),
      device_(device),
      samples_(std::move(samples)),
      order_(std::move(order)),
      augment_(augment) {}

std::uint32_t local_data::steps(const local_work& work) const {
  check(work);
  const auto steps = steps_in(work, size());
  if (steps > std::numeric_limits<std::uint32_t>::max())
    throw run_failure(
        fmt::format("{} local epochs of {} samples are {} steps; expected at most 2^32 - 1",
                    work.local_epochs, size(), steps));
  return static_cast<std::uint32_t>(steps);
}

std::uint32_t local_data::batch_size(const local_work& work, std::uint32_t step) const {
  check(work);
  return static_cast<std::uint32_t>(samples_before(work, size(), std::uint64_t{step} + 1) -
                                    samples_before(work, size(), step));
}

std::uint64_t local_data::samples(const local_work& work) const {
  check(work);
  if (work.local_steps > 0) return std::uint64_t{work.local_steps} * work.batch_size;
  return std::uint64_t{work.local_epochs} * size();
}

void local_data::read_batch(const local_work& work, round_id round, std::uint32_t step,
                            std::span<float> features, std::span<std::int64_t> labels) const {
  const std::uint64_t round_start = (std::uint64_t{round.value} - 1) * samples(work);
  const std::uint64_t start = round_start + samples_before(work, size(), step);
  std::vector<std::size_t> indices(batch_size(work, step));
  std::visit([&](const auto& order) { order.walk(start, indices); }, order_);

  const std::size_t elements = shape().elements();
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto sample = features.subspan(i * elements, elements);
    labels[i] = samples_->read(indices[i], sample);
    if (augment_.active()) augment_sample(sample, round, round_start, start + i);
  }
}

void local_data::augment_sample(std::span<float> sample, round_id round, std::uint64_t round_start,
                                std::uint64_t position) const {
  // In the union, position p is position p / K of device p % K.
  std::uint32_t holder = device_.value;
  std::uint64_t place = position - round_start;
  if (const auto* const order = std::get_if<union_order>(&order_)) {
    holder = static_cast<std::uint32_t>(position % order->devices());
    place = position / order->devices() - round_start / order->devices();
  }
  const random_stream stream(seed_, random_purpose::augmentation, holder, round.value);
  augment_.apply(sample, shape(), stream, place);
}

}  // namespace verge
