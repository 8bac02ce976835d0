#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "verge/model/byte_io.hpp"

namespace verge::codecs {

/// Which tensor is encoded, and what the draws of its encoding are named by: what a coder draws is
/// a function of `key` and `number`, so that a receiver can draw it too, and a run has the same
/// bits on any number of threads.
struct tensor_context {
  /// Number of the tensor among the model's entries. It names the draws of this tensor.
  std::uint32_t number = 0;
  /// The tensor as a matrix: the first dimension by all the others.
  std::uint32_t rows = 1;
  std::uint32_t columns = 1;
  /// Key of this encoding of the whole update. It travels with the update, so both ends draw the
  /// same.
  std::uint64_t key = 0;
  /// Counted from 1. Only the encoder knows it, so schedules may use it and decoders may not.
  std::uint32_t round = 1;
  /// For the encoder only: memory_size() floats that the tensor's last encoding left, zeros at
  /// first.
  std::span<float> memory;
};

/// Memory that encodings and decodings of one actor reuse. Not thread-safe.
struct workspace {
  byte_writer out;
  /// Places of the current tensor that are sent, in ascending order where the selector sends its
  /// choice.
  std::vector<std::uint32_t> chosen;
  /// The values at those places.
  std::vector<float> gathered;
  std::vector<float> floats;
  std::vector<std::uint32_t> words;
};

/// How the values of one tensor become bytes. Immutable and thread-safe.
class tensor_coder {
public:
  virtual ~tensor_coder() = default;

  /// Appends `values` to `work.out` and leaves in `values` what the receiver will lack: value -
  /// decoded value. `values` are finite. Where the coder chooses places, it leaves them in
  /// `work.chosen`.
  virtual void encode(std::span<float> values, const tensor_context& tensor,
                      workspace& work) const = 0;

  /// Writes all of `values` from `in`. Trusts nothing. Returns the reason why it cannot, or an
  /// empty text.
  virtual std::string decode(byte_reader& in, const tensor_context& tensor, workspace& work,
                             std::span<float> values) const = 0;

  /// Whether the expectation of what encode() leaves is zero, so that there is nothing to remember.
  virtual bool unbiased() const = 0;

  /// Whether encode() leaves in work.chosen the places that it sent. The other places were not sent
  /// at all.
  virtual bool chooses() const { return false; }

  /// Number of floats that the coder keeps per tensor from one encoding to the next.
  virtual std::size_t memory_size(const tensor_context&) const { return 0; }
};

}  // namespace verge::codecs
