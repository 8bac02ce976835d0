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

/// A file with the state that a process leaves for the next one of its kind: a line of JSON, then
/// runs of bytes, then the SHA-256 of everything before it. In the line "format" names the kind of
/// file, and "bytes" has the lengths of the runs. Values are little-endian.
class state_file {
public:
  ordered_json fields;

  /// Adds a run that shares the buffer's memory. An empty buffer is a run of 0 bytes.
  void add(const flat_buffer& values);
  void add(shared_bytes bytes) { runs_.push_back(std::move(bytes)); }
  template <class T>
  void add(const std::vector<T>& values) {
    const auto copy = std::make_shared<const std::vector<T>>(values);
    add(shared_bytes{copy, std::as_bytes(std::span{*copy})});
  }

  /// Takes the next run. Throws bad_input when no run is left, or its length does not fit the type.
  flat_buffer take_buffer(scalar type);
  shared_bytes take_bytes();
  template <class T>
  std::vector<T> take_vector() {
    const auto run = take_bytes();
    if (run.size() % sizeof(T) != 0) fail_shape();
    const auto* first = reinterpret_cast<const T*>(run.data());
    return {first, first + run.size() / sizeof(T)};
  }

  /// Writes the file atomically. Throws run_failure; an earlier file is then untouched.
  void write(const std::filesystem::path& path, const std::string& format) const;
  /// Throws bad_input when the file cannot be read, has another format, or is damaged.
  static state_file read(const std::filesystem::path& path, const std::string& format);

private:
  [[noreturn]] void fail_shape() const;

  std::string where_;
  std::vector<shared_bytes> runs_;
  std::size_t next_ = 0;
};

}  // namespace verge
