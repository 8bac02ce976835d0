#include "runtime/resume/state_file.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>

#include "model/layout/sha256.hpp"
#include "runtime/files/atomic_file.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they are");

constexpr std::size_t digest_bytes = 32;
/// Upper limit of the first line. The line for a million devices fits.
constexpr std::size_t most_line_bytes = 64u << 20;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> bytes_in(std::string_view text) {
  return std::as_bytes(std::span{text});
}

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw bad_input(fmt::format("{}: {}", path.string(), why));
}

}  // namespace

void state_file::add(const flat_buffer& values) {
  add(shared_bytes{values.memory(), {values.data(), values.size_bytes()}});
}

flat_buffer state_file::take_buffer(scalar type) {
  const auto run = take_bytes();
  if (run.size() % bytes_of(type) != 0) fail_shape();
  if (run.size() == 0) return {};
  flat_buffer out{type, run.size() / bytes_of(type)};
  std::memcpy(out.data(), run.data(), run.size());
  return out;
}

shared_bytes state_file::take_bytes() {
  if (next_ == runs_.size()) fail_shape();
  // Moved out, so that only the taker holds the bytes.
  return std::move(runs_[next_++]);
}

void state_file::fail_shape() const {
  fail(where_, "is not what its first line says");
}

void state_file::write(const std::filesystem::path& path, const std::string& format) const {
  ordered_json line{{"format", format}};
  if (fields.is_object()) line.update(fields);
  line["bytes"] = ordered_json::array();
  for (const auto& run : runs_) line["bytes"].push_back(run.size());
  const auto head = line.dump() + '\n';
  std::vector<std::string_view> parts{head};
  for (const auto& run : runs_) parts.push_back(text_of(run.bytes()));
  sha256 sum;
  for (const auto& part : parts) sum.add(bytes_in(part));
  const auto digest = sum.digest();
  parts.push_back(text_of(std::as_bytes(std::span{digest})));
  write_file_atomically(path, parts, file_access::owner_only);
}

state_file state_file::read(const std::filesystem::path& path, const std::string& format) {
  std::ifstream in{path, std::ios::binary};
  if (!in) fail(path, "cannot be read: " + std::generic_category().message(errno));
  constexpr const char* damaged = "is damaged; expected a file that verge has written";
  sha256 sum;
  std::string head;
  char c = '\0';
  while (head.size() < most_line_bytes && in.get(c) && c != '\n') head += c;
  if (c != '\n') fail(path, damaged);
  sum.add(bytes_in(head + '\n'));
  state_file file;
  file.where_ = path.string();
  file.fields = ordered_json::parse(head, nullptr, false);
  if (!file.fields.is_object()) fail(path, damaged);
  const json_fields fields{file.fields, path.string()};
  std::string found;
  fields.get("format", found);
  if (found != format) fail(path, fmt::format("is a {}; expected a {}", found, format));

  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed) fail(path, "cannot be read: " + failed.message());
  std::uint64_t left = size - head.size() - 1;
  for (const auto& length : fields.at("bytes")) {
    if (!length.is_number_unsigned() || length.get<std::uint64_t>() > left) fail(path, damaged);
    const auto bytes = length.get<std::uint64_t>();
    left -= bytes;
    const auto memory = flat_buffer::allocate(scalar::float32, (bytes + 3) / 4);
    if (bytes > 0 &&
        !in.read(reinterpret_cast<char*>(memory.get()), static_cast<std::streamsize>(bytes)))
      fail(path, damaged);
    sum.add({memory.get(), bytes});
    file.add(shared_bytes{memory, {memory.get(), bytes}});
  }
  std::array<std::uint8_t, digest_bytes> written{};
  in.read(reinterpret_cast<char*>(written.data()), digest_bytes);
  if (left != digest_bytes || in.gcount() != digest_bytes || written != sum.digest())
    fail(path, damaged);
  return file;
}

}  // namespace verge
