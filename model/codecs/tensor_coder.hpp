#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/codecs/byte_io.hpp"
#include "model/random/random.hpp"

namespace verge::codecs {

/// Which tensor is encoded, and what the draws of its encoding are named by.
struct tensor_context {
  /// Of the model's entries; names the draws of this tensor.
  std::uint32_t number = 0;
  /// As a matrix: the first dimension by all the others.
  std::uint32_t rows = 1;
  std::uint32_t columns = 1;
  /// Of this encoding of the whole update; travels with it, so both ends draw the same.
  std::uint64_t key = 0;
  /// Counted from 1. Known to the encoder only: schedules may look at it, decoders may not.
  std::uint32_t round = 1;
  /// Encoder only: memory_size() floats that the tensor's last encoding left, zeros at first.
  std::span<float> memory;

  /// One stream for each stage that draws.
  random_stream stream(std::uint32_t stage) const {
    return {key, random_purpose::codec, number, stage};
  }
};

/// Memory that encodings and decodings reuse. One actor's; not shared between threads.
struct workspace {
  byte_writer out;
  /// Places of the tensor at hand that are sent, ascending where the selector sends its choice.
  std::vector<std::uint32_t> chosen;
  /// The values at those places.
  std::vector<float> gathered;
  std::vector<float> floats;
  std::vector<std::uint32_t> words;
};

/// How the values of one tensor become bytes. Immutable, and used from several threads at once.
class tensor_coder {
public:
  virtual ~tensor_coder() = default;

  /// Appends `values` to `work.out` and leaves in `values` what the receiver will be short of:
  /// value - decoded value. `values` are finite. Where the coder chooses places, they are left in
  /// `work.chosen`.
  virtual void encode(std::span<float> values, const tensor_context& tensor,
                      workspace& work) const = 0;

  /// Writes all of `values` from `in`. Trusts nothing. Returns why it cannot, or an empty text.
  virtual std::string decode(byte_reader& in, const tensor_context& tensor, workspace& work,
                             std::span<float> values) const = 0;

  /// The expectation of what encode() leaves is zero, so there is nothing to remember.
  virtual bool unbiased() const = 0;

  /// encode() leaves in work.chosen the places that it sent; the others were not sent at all.
  virtual bool chooses() const { return false; }

  /// Floats that the coder keeps of a tensor from one encoding to the next.
  virtual std::size_t memory_size(const tensor_context&) const { return 0; }
};

}  // namespace verge::codecs
