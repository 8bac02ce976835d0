#include <algorithm>

#include "model/codecs/stages.hpp"

namespace verge::codecs {

namespace {

/// Values unchanged, as little-endian IEEE 754.
class float32_values final : public value_coder {
public:
  void encode(std::span<float> values, const tensor_context&, byte_writer& out) const override {
    out.put_bytes(std::as_bytes(values));
    std::fill(values.begin(), values.end(), 0.0f);
  }
  std::string decode(byte_reader& in, std::span<float> values) const override {
    std::span<const std::byte> bytes;
    if (!in.take(values.size_bytes(), bytes)) return "cut within its values";
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return {};
  }
  bool unbiased() const override { return true; }
};

}  // namespace

std::shared_ptr<const value_coder> make_float32_values() {
  return std::make_shared<float32_values>();
}

}  // namespace verge::codecs
