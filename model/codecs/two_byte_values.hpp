#pragma once

#include "model/codecs/stages.hpp"

namespace verge::codecs {

/// A value coder with two bytes per value. Format::write(values, count, to) leaves in `values` what
/// the bytes lack. Format::read(from, count, values) returns the bits of the largest magnitude that
/// it read, which no honest encoding lets reach Format::infinity.
template <class Format>
class two_byte_values final : public value_coder {
public:
  void encode(std::span<float> values, const tensor_context&, byte_writer& out) const override {
    Format::write(values.data(), values.size(), out.grow(2 * values.size()).data());
  }

  std::string decode(byte_reader& in, std::span<float> values) const override {
    std::span<const std::byte> bytes;
    if (!in.take(2 * values.size(), bytes)) return "cut within its values";
    if (Format::read(bytes.data(), values.size(), values.data()) >= Format::infinity)
      return Format::not_finite;
    return {};
  }

  bool unbiased() const override { return false; }
};

}  // namespace verge::codecs
