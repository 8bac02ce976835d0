#include "messages/frame.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "messages/bulk_memory.hpp"

namespace verge {

namespace {

// The segment table has a 32-bit count minus one and a 32-bit size per segment, padded to a word.
std::size_t table_words(std::size_t segments) {
  return segments / 2 + 1;
}

void append(std::vector<char>& out, const void* data, std::size_t bytes) {
  const auto* begin = static_cast<const char*>(data);
  out.insert(out.end(), begin, begin + bytes);
}

std::uint32_t read_u32(std::span<const char> bytes, std::size_t index) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
  return value;
}

}  // namespace

frame::frame(std::vector<segment> segments)
    : segments_(std::make_shared<const std::vector<segment>>(std::move(segments))) {}

const std::vector<frame::segment>& frame::segments() const {
  static const std::vector<segment> none;
  return segments_ ? *segments_ : none;
}

std::size_t frame::encoded_size() const {
  std::size_t words = table_words(segments().size());
  for (const auto& part : segments()) words += part.words.size();
  return words * sizeof(std::uint64_t);
}

std::vector<std::uint32_t> frame::segment_table() const {
  static_assert(std::endian::native == std::endian::little, "Cap'n Proto is little-endian");
  const auto& parts = segments();
  std::vector<std::uint32_t> table(table_words(parts.size()) * 2, 0);
  table[0] = static_cast<std::uint32_t>(parts.size() - 1);
  for (std::size_t i = 0; i < parts.size(); ++i)
    table[i + 1] = static_cast<std::uint32_t>(parts[i].words.size());
  return table;
}

std::vector<char> frame::flatten() const {
  std::vector<char> out;
  out.reserve(encoded_size());
  const auto table = segment_table();
  append(out, table.data(), table.size() * sizeof(std::uint32_t));
  for (const auto& part : segments()) append(out, part.words.data(), part.words.size_bytes());
  return out;
}

result<frame> frame::parse(std::span<const char> bytes) {
  auto memory = allocate_bulk(bytes.size());
  if (!bytes.empty()) std::memcpy(memory.get(), bytes.data(), bytes.size());
  return adopt(std::move(memory), bytes.size());
}

result<frame> frame::adopt(std::shared_ptr<const std::byte> memory, std::size_t size) {
  const std::span bytes{reinterpret_cast<const char*>(memory.get()), size};
  if (bytes.size() < sizeof(std::uint64_t))
    return refusal{fmt::format("a message of {} bytes has no segment table", bytes.size())};
  const auto last_segment = read_u32(bytes, 0);
  if (last_segment >= max_segments)
    return refusal{fmt::format("a message with {} segments; at most {} are taken",
                               std::uint64_t{last_segment} + 1, max_segments)};
  const std::size_t count = last_segment + 1;
  std::size_t words = table_words(count);
  if (bytes.size() < words * sizeof(std::uint64_t))
    return refusal{fmt::format("a message of {} bytes is cut in its segment table", bytes.size())};
  for (std::size_t i = 0; i < count; ++i) words += read_u32(bytes, i + 1);
  if (bytes.size() != words * sizeof(std::uint64_t))
    return refusal{fmt::format("a message of {} bytes whose segment table says {}", bytes.size(),
                               words * sizeof(std::uint64_t))};

  std::vector<segment> parts;
  const auto* words_of_all = reinterpret_cast<const std::uint64_t*>(memory.get());
  std::size_t at = table_words(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t length = read_u32(bytes, i + 1);
    parts.push_back({memory, {words_of_all + at, length}});
    at += length;
  }
  return frame{std::move(parts)};
}

}  // namespace verge
