#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

struct evp_md_ctx_st;

namespace verge {

/// A running SHA-256 (OpenSSL's). Throws run_failure if OpenSSL fails. Not thread-safe.
class sha256 {
public:
  sha256();
  ~sha256();
  sha256(const sha256&) = delete;
  sha256& operator=(const sha256&) = delete;

  void add(std::span<const std::byte> bytes);
  /// Adds eight bytes, little-endian.
  void add(std::uint64_t number);
  /// Call this once, last.
  std::array<std::uint8_t, 32> digest();

private:
  evp_md_ctx_st* context_;
};

}  // namespace verge
