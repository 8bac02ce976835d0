#include "verge/model/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "messages/bulk_memory.hpp"
#include "model/aggregation/divergence.hpp"
#include "model/codecs/stage_list.hpp"
#include "model/codecs/zstd_stage.hpp"
#include "model/random/random.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::uint8_t flag_zstd = 1;

struct header {
  std::uint8_t format = format_version;
  std::uint8_t flags = 0;
  std::uint64_t key = 0;

  static constexpr std::size_t bytes = 12;
};

void put_header(const header& h, codecs::byte_writer& out) {
  out.put(h.format);
  out.put(h.flags);
  out.put(std::uint16_t{0});
  out.put(h.key);
}

/// A tensor that the codec encodes.
struct coded_tensor {
  std::string name;
  std::size_t offset = 0;
  std::size_t elements = 0;
  codecs::tensor_context context;
  std::size_t memory_offset = 0;
  std::size_t memory_size = 0;
};

/// Neighbouring tensors that travel unchanged.
struct dense_run {
  std::size_t offset = 0;
  std::size_t elements = 0;
};

bool is_small(const tensor_entry& entry) {
  return entry.shape.size() < 2 && entry.elements <= update_codec::small_tensor;
}

codecs::tensor_context context_of(const tensor_entry& entry, std::uint32_t number) {
  codecs::tensor_context context;
  context.number = number;
  const auto rows = entry.shape.empty() ? 1 : static_cast<std::size_t>(entry.shape[0]);
  context.rows = static_cast<std::uint32_t>(rows);
  context.columns = static_cast<std::uint32_t>(rows > 0 ? entry.elements / rows : 0);
  return context;
}

shared_bytes shared_copy(std::span<const std::byte> bytes) {
  // The memory has whole words, the last one padded with zeros, as a message's payload must have.
  const std::size_t padded = std::max<std::size_t>((bytes.size() + 7) / 8, 1) * 8;
  auto memory = allocate_bulk(padded);
  auto* begin = memory.get();
  std::memset(begin + padded - 8, 0, 8);
  if (!bytes.empty()) std::memcpy(begin, bytes.data(), bytes.size());
  return {std::move(memory), {begin, bytes.size()}};
}

}  // namespace

// -- texts ----------------------------------------------------------------------------------------

void check_codec(const std::string& text) {
  if (text != codec_none) codecs::read_recipe(text);
}

std::vector<std::string> codec_stages(const std::string& text) {
  if (text == codec_none) return {codec_none};
  std::vector<std::string> names;
  for (const auto& stage : codecs::parse_stages(text)) names.push_back(stage.name());
  return names;
}

std::vector<std::string> known_codec_stages() {
  auto names = codecs::all_stages().names();
  names.insert(names.begin(), codec_none);
  return names;
}

bool codec_has_momentum(const std::string& text) {
  return text != codec_none && codecs::read_recipe(text).correction.has_value();
}

// -- the codec ------------------------------------------------------------------------------------

struct update_codec::workspace::memory {
  codecs::workspace work;
  codecs::byte_writer packed;
  std::vector<std::byte> unpacked;
  codecs::zstd_contexts zstd;
};

update_codec::workspace::workspace() : memory_(std::make_unique<memory>()) {}
update_codec::workspace::~workspace() = default;

struct update_codec::parts {
  manifest layout;
  std::string text;
  codecs::codec_recipe recipe;
  std::shared_ptr<const codecs::tensor_coder> coder;
  std::uint32_t devices = 1;
  std::vector<coded_tensor> coded;
  std::vector<dense_run> dense;
  std::size_t parameters = 0;
  std::size_t statistic_bytes = 0;
  std::size_t memory_size = 0;

  void place(const tensor_entry& entry, std::uint32_t number) {
    if (is_small(entry)) {
      if (!dense.empty() && dense.back().offset + dense.back().elements == entry.offset)
        dense.back().elements += entry.elements;
      else
        dense.push_back({entry.offset, entry.elements});
      return;
    }
    coded_tensor tensor{
        entry.name, entry.offset, entry.elements, context_of(entry, number), memory_size, 0};
    tensor.memory_size = coder->memory_size(tensor.context);
    memory_size += tensor.memory_size;
    coded.push_back(std::move(tensor));
  }

  std::string decode_body(std::span<const std::byte> body, std::uint64_t key,
                          std::span<float> values, std::span<std::byte> statistics,
                          codecs::workspace& work) const {
    codecs::byte_reader in{body};
    for (const auto& tensor : coded) {
      auto context = tensor.context;
      context.key = key;
      if (auto why =
              coder->decode(in, context, work, values.subspan(tensor.offset, tensor.elements));
          !why.empty())
        return fmt::format("{}: {}", tensor.name, why);
    }
    for (const auto& run : dense) {
      std::span<const std::byte> bytes;
      if (!in.take(run.elements * sizeof(float), bytes)) return "cut within the dense tensors";
      std::memcpy(values.data() + run.offset, bytes.data(), bytes.size());
    }
    std::span<const std::byte> rest;
    if (in.left() != statistics.size() || !in.take(statistics.size(), rest))
      return fmt::format("{} bytes are left for statistics of {}", in.left(), statistics.size());
    if (!rest.empty()) std::memcpy(statistics.data(), rest.data(), rest.size());
    return {};
  }
};

update_codec::update_codec(std::unique_ptr<parts> p) : parts_(std::move(p)) {}
update_codec::~update_codec() = default;

std::shared_ptr<const update_codec> update_codec::make(const std::string& text,
                                                       const manifest& layout,
                                                       std::uint32_t devices) {
  if (layout.type() != scalar::float32)
    throw bad_input(
        fmt::format("\"{}\": codecs compress float32 models, this one is of float64", text));
  if (layout.parameter_count() > 0xFFFFFFFF)
    throw bad_input(fmt::format("\"{}\": a model of {} parameters, codecs count to 2^32", text,
                                layout.parameter_count()));
  auto p = std::make_unique<parts>();
  p->layout = layout;
  p->text = text;
  p->recipe = codecs::read_recipe(text);
  p->coder = codecs::make_tensor_coder(p->recipe);
  p->devices = std::max(devices, 1u);
  p->parameters = layout.parameter_count();
  p->statistic_bytes = layout.statistic_count() * bytes_of(layout.type());
  std::uint32_t number = 0;
  for (const auto& entry : layout.entries()) {
    if (entry.role == tensor_role::parameter) p->place(entry, number);
    ++number;
  }
  return std::shared_ptr<const update_codec>(new update_codec(std::move(p)));
}

const std::string& update_codec::text() const {
  return parts_->text;
}

bool update_codec::keeps_residual() const {
  return !parts_->coder->unbiased() || parts_->recipe.correction.has_value();
}

bool update_codec::drops_rounding() const {
  return parts_->recipe.values && parts_->recipe.values->drops_rounding();
}

double update_codec::momentum() const {
  return parts_->recipe.correction ? parts_->recipe.correction->momentum : 0.0;
}

double update_codec::device_clip() const {
  if (!parts_->recipe.correction) return 0.0;
  return parts_->recipe.correction->clip / std::sqrt(static_cast<double>(parts_->devices));
}

std::size_t update_codec::memory_size() const {
  return parts_->memory_size;
}

std::uint64_t update_codec::most_bytes() const {
  // A place and a value take at most 8 bytes together. 64 bytes cover what a coder writes in front
  // of a tensor.
  return header::bytes + 2 * parts_->parameters * sizeof(float) + 64 * parts_->coded.size() +
         parts_->statistic_bytes;
}

shared_bytes update_codec::encode(std::span<float> values, std::span<const std::byte> statistics,
                                  const codec_place& place, std::span<float> memory,
                                  workspace& space, std::vector<std::uint32_t>* sent) const {
  auto& work = space.memory_->work;
  auto& out = work.out;
  header head;
  head.key = random_stream{place.seed, random_purpose::codec, place.sender, place.round}.word64(0);
  out.clear();
  put_header(head, out);
  if (sent) sent->clear();
  for (const auto& tensor : parts_->coded) {
    auto context = tensor.context;
    context.key = head.key;
    context.round = place.round;
    context.memory = memory.subspan(tensor.memory_offset, tensor.memory_size);
    parts_->coder->encode(values.subspan(tensor.offset, tensor.elements), context, work);
    if (sent && parts_->coder->chooses())
      for (const auto at : work.chosen)
        sent->push_back(static_cast<std::uint32_t>(tensor.offset + at));
  }
  for (const auto& run : parts_->dense) {
    const auto as_they_are = values.subspan(run.offset, run.elements);
    out.put_bytes(std::as_bytes(as_they_are));
    std::fill(as_they_are.begin(), as_they_are.end(), 0.0f);
  }
  out.put_bytes(statistics);

  if (parts_->recipe.zstd_level > 0) {
    auto& packed = space.memory_->packed;
    packed.clear();
    head.flags = flag_zstd;
    put_header(head, packed);
    const auto body = out.bytes().subspan(header::bytes);
    packed.put(static_cast<std::uint64_t>(body.size()));
    if (codecs::zstd_compress(space.memory_->zstd, body, parts_->recipe.zstd_level, packed) &&
        packed.size() < out.size())
      return shared_copy(packed.bytes());
  }
  return shared_copy(out.bytes());
}

std::string update_codec::decode(std::span<const std::byte> encoded, std::span<float> values,
                                 std::span<std::byte> statistics, workspace& space) const {
  if (encoded.size() > most_bytes())
    return fmt::format("{} bytes; an update encoded by {} has at most {}", encoded.size(),
                       parts_->text, most_bytes());
  codecs::byte_reader in{encoded};
  header head;
  std::uint16_t zeros = 0;
  if (!in.get(head.format) || !in.get(head.flags) || !in.get(zeros) || !in.get(head.key))
    return fmt::format("{} bytes, cut in the header of {}", encoded.size(), header::bytes);
  if (head.format != format_version)
    return fmt::format("format {}; this end knows format {}", head.format, format_version);
  if (zeros != 0 || (head.flags & ~flag_zstd) != 0) return "a header with unknown flags";
  auto body = in.peek();
  if (head.flags & flag_zstd) {
    if (parts_->recipe.zstd_level == 0)
      return fmt::format("zstd, which is no part of {}", parts_->text);
    std::uint64_t raw = 0;
    if (!in.get(raw)) return "cut before the size of what zstd packed";
    if (raw > most_bytes())
      return fmt::format("{} bytes packed by zstd; an update has at most {}", raw, most_bytes());
    auto& unpacked = space.memory_->unpacked;
    if (auto why = codecs::zstd_decompress(space.memory_->zstd, in.peek(), raw, unpacked);
        !why.empty())
      return why;
    body = unpacked;
  }
  if (auto why = parts_->decode_body(body, head.key, values, statistics, space.memory_->work);
      !why.empty())
    return why;
  return name_unusable(parts_->layout, {false, 0, values.size()}, std::as_bytes(values));
}

// -- parts ----------------------------------------------------------------------------------------

std::uint32_t part_count(std::uint64_t bytes) {
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(
      1, (bytes + update_codec::part_bytes - 1) / update_codec::part_bytes));
}

std::vector<shared_bytes> split_encoded(const shared_bytes& encoded) {
  std::vector<shared_bytes> cut;
  const auto count = part_count(encoded.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto offset = i * update_codec::part_bytes;
    const auto size = std::min(update_codec::part_bytes, encoded.size() - offset);
    cut.emplace_back(encoded.owner(), encoded.bytes().subspan(offset, size));
  }
  return cut;
}

shared_bytes join_parts(std::span<const shared_bytes> cut) {
  if (cut.size() == 1) return cut.front();
  std::size_t size = 0;
  for (const auto& part : cut) size += part.size();
  const auto memory = allocate_bulk(size);
  std::size_t at = 0;
  for (const auto& part : cut) {
    if (part.size() > 0) std::memcpy(memory.get() + at, part.data(), part.size());
    at += part.size();
  }
  return {memory, {memory.get(), size}};
}

}  // namespace verge
