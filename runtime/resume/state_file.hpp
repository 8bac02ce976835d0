#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/files/json_fields.hpp"
#include "verge/messages/shared_bytes.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

/// What a process leaves for the next one of its kind, in one file: a line of JSON, then runs of bytes, then the
/// SHA-256 of all before it. The line's "format" says what it is, its "bytes" how long the runs are. Values are
/// little-endian.
class state_file {
public:
  ordered_json fields;

  /// Shares; an empty buffer is a run of no bytes.
  void add(const flat_buffer& values);
  void add(shared_bytes bytes) { runs_.push_back(std::move(bytes)); }
  template <class T>
  void add(const std::vector<T>& values) {
    const auto copy = std::make_shared<const std::vector<T>>(values);
    add(shared_bytes{copy, std::as_bytes(std::span{*copy})});
  }

  /// The next run. Throws bad_input when there is none, or it is of another length than the type has.
  flat_buffer take_buffer(scalar type);
  shared_bytes take_bytes();
  template <class T>
  std::vector<T> take_vector() {
    const auto run = take_bytes();
    if (run.size() % sizeof(T) != 0) fail_shape();
    const auto* first = reinterpret_cast<const T*>(run.data());
    return {first, first + run.size() / sizeof(T)};
  }

  /// Whole or not at all; throws run_failure, and what was there before is there still.
  void write(const std::filesystem::path& path, const std::string& format) const;
  /// Throws bad_input: the file cannot be read, is of another format, or is damaged.
  static state_file read(const std::filesystem::path& path, const std::string& format);

private:
  [[noreturn]] void fail_shape() const;

  std::string where_;
  std::vector<shared_bytes> runs_;
  std::size_t next_ = 0;
};

}  // namespace verge
