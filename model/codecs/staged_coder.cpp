#include <fmt/format.h>

#include <algorithm>

#include "model/codecs/stages.hpp"

namespace verge::codecs {

namespace {

/// Encodes every value of the tensor by a value coder.
class dense_coder final : public tensor_coder {
public:
  explicit dense_coder(std::shared_ptr<const value_coder> values) : values_(std::move(values)) {}

  void encode(std::span<float> values, const tensor_context& tensor,
              workspace& work) const override {
    values_->encode(values, tensor, work.out);
  }
  std::string decode(byte_reader& in, const tensor_context&, workspace&,
                     std::span<float> values) const override {
    return values_->decode(in, values);
  }
  bool unbiased() const override { return values_->unbiased(); }

private:
  std::shared_ptr<const value_coder> values_;
};

/// Encodes the values that a selector chooses. The wire has their number (32 bits) and their
/// places, unless the receiver makes the choice itself, and then the values.
class sparse_coder final : public tensor_coder {
public:
  sparse_coder(std::shared_ptr<const selector> select, std::shared_ptr<const value_coder> values,
               std::shared_ptr<const index_coder> indices)
      : select_(std::move(select)), values_(std::move(values)), indices_(std::move(indices)) {}

  void encode(std::span<float> values, const tensor_context& tensor,
              workspace& work) const override {
    select_->choose(values, tensor, work);
    const auto& places = work.chosen;
    if (!select_->recalls()) {
      work.out.put(static_cast<std::uint32_t>(places.size()));
      indices_->encode(places, values.size(), work.out);
    }
    work.gathered.resize(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) work.gathered[i] = values[places[i]];
    values_->encode(work.gathered, tensor, work.out);
    for (std::size_t i = 0; i < places.size(); ++i) values[places[i]] = work.gathered[i];
  }

  std::string decode(byte_reader& in, const tensor_context& tensor, workspace& work,
                     std::span<float> values) const override {
    if (auto why = read_places(in, tensor, work, values.size()); !why.empty()) return why;
    work.gathered.resize(work.chosen.size());
    if (auto why = values_->decode(in, work.gathered); !why.empty()) return why;
    std::fill(values.begin(), values.end(), 0.0f);
    for (std::size_t i = 0; i < work.chosen.size(); ++i) values[work.chosen[i]] = work.gathered[i];
    return {};
  }

  /// What was not chosen was not sent, whatever the value coder does.
  bool unbiased() const override { return false; }
  bool chooses() const override { return true; }

private:
  std::string read_places(byte_reader& in, const tensor_context& tensor, workspace& work,
                          std::size_t size) const {
    if (select_->recalls()) {
      select_->recall(size, tensor, work);
      return {};
    }
    std::uint32_t count = 0;
    if (!in.get(count)) return "cut before the number of its values";
    if (count > size) return fmt::format("{} values of a tensor that has {}", count, size);
    // Checked before memory is allocated for the places: each takes at least one bit.
    if (count > 8 * in.left())
      return fmt::format("{} values announced in {} bytes", count, in.left());
    work.chosen.resize(count);
    return indices_->decode(in, size, work.chosen);
  }

  std::shared_ptr<const selector> select_;
  std::shared_ptr<const value_coder> values_;
  std::shared_ptr<const index_coder> indices_;
};

}  // namespace

std::shared_ptr<const tensor_coder> make_tensor_coder(const codec_recipe& recipe) {
  if (recipe.whole) return recipe.whole;
  auto values = recipe.values ? recipe.values : make_float32_values();
  if (!recipe.select) return std::make_shared<dense_coder>(std::move(values));
  auto indices = recipe.indices ? recipe.indices : make_golomb_indices();
  return std::make_shared<sparse_coder>(recipe.select, std::move(values), std::move(indices));
}

}  // namespace verge::codecs
