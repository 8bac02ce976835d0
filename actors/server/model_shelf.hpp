#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "messages/round_messages.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// What the server has ready for download: the present version of the model, and the steps that led to it
/// as far back as they are smaller than the model. Plain state without actors.
///
/// Memory: shares of the model, and encoded steps of together at most the model's size.
class model_shelf {
public:
  explicit model_shelf(const manifest& layout);

  /// Of the whole model, without frames.
  std::uint64_t whole_bytes() const { return whole_bytes_; }

  /// Nothing can be downloaded until put().
  void clear() { whole_.clear(); }
  bool empty() const { return whole_.empty(); }

  /// The step to `version`, in the parts that it travels in. Steps come in the order of the versions.
  void add_step(model_version version, std::vector<shared_bytes> parts, const std::string& codec);
  /// The present version, whole.
  void put(model_version version, std::vector<sealed<model_block>> whole,
           std::vector<shared_bytes> statistics, std::int64_t batches_tracked);

  /// Why it has nothing of the version that is asked for; empty: it has.
  std::string why_not_here(const model_request& request) const;
  /// The block that is asked for, or that there is no such one.
  sealed<model_block> answer(const model_request& request) const;
  static sealed<model_block> refusal(const model_request& request, const std::string& why);

  /// Block `index` of what a device downloads that holds `holds`; nothing when it has fewer blocks.
  std::optional<sealed<model_block>> block(std::optional<model_version> holds,
                                           std::uint32_t index) const;
  /// Blocks of that download.
  std::uint32_t block_count(std::optional<model_version> holds) const;

private:
  struct step {
    model_version version;
    std::vector<shared_bytes> parts;
    std::uint64_t bytes = 0;
    /// Parts of all steps so far, this one's included.
    std::uint64_t parts_so_far = 0;
  };

  /// Place of the first step that a device needs; nothing when it gets the whole model.
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
