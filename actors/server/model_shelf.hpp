#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "messages/round_messages.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// The server's downloads: the present version of the model, and the steps that led to it, as far
/// back as they are together smaller than the model. It is plain state without actors. Not
/// thread-safe.
///
/// Memory: the blocks share the model's memory. The encoded steps together have at most the size of
/// the model.
class model_shelf {
public:
  explicit model_shelf(const manifest& layout);

  /// Bytes of the whole model, without frames.
  std::uint64_t whole_bytes() const { return whole_bytes_; }

  /// Takes the model away: nothing can be downloaded until put().
  void clear() { whole_.clear(); }
  bool empty() const { return whole_.empty(); }

  /// Adds the step to `version`, as the parts in which it travels. Steps have to be added in the
  /// order of their versions.
  void add_step(model_version version, std::vector<shared_bytes> parts, const std::string& codec);
  /// Sets the present version of the whole model.
  void put(model_version version, std::vector<sealed<model_block>> whole,
           std::vector<shared_bytes> statistics, std::int64_t batches_tracked);

  /// Why the requested version is not here; empty if it is.
  std::string why_not_here(const model_request& request) const;
  /// The requested block, or a refusal if there is no such block.
  sealed<model_block> answer(const model_request& request) const;
  static sealed<model_block> refusal(const model_request& request, const std::string& why);

  /// Block `index` of the download of a device that has version `holds` (unset: none). Returns
  /// nullopt if the download has fewer blocks.
  std::optional<sealed<model_block>> block(std::optional<model_version> holds,
                                           std::uint32_t index) const;
  /// Number of blocks of that download.
  std::uint32_t block_count(std::optional<model_version> holds) const;

private:
  struct step {
    model_version version;
    std::vector<shared_bytes> parts;
    std::uint64_t bytes = 0;
    /// Number of parts of all steps so far, including this one.
    std::uint64_t parts_so_far = 0;
  };

  /// Index of the first step that a device needs; nullopt if it gets the whole model.
  std::optional<std::size_t> first_step(std::optional<model_version> holds) const;
  std::uint64_t parts_before(std::size_t place) const;

  std::uint64_t whole_bytes_ = 0;
  std::uint64_t statistic_bytes_ = 0;
  model_version version_;
  std::vector<sealed<model_block>> whole_;
  std::vector<shared_bytes> statistics_;
  std::int64_t batches_tracked_ = 0;
  std::string codec_;
  std::deque<step> steps_;
  std::uint64_t step_bytes_ = 0;
};

}  // namespace verge
