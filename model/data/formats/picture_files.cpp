#include "verge/model/picture_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "model/data/formats/picture_format.hpp"
#include "model/text/either.hpp"
#include "model/text/named_set.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

/// A data set with what is known of it beforehand.
struct picture_set {
  std::string_view name;
  const picture_format* format;
  /// Published, of the training pictures; for each channel of the format.
  float mean[3];
  float deviation[3];
  /// Where its Debian package puts it.
  const char* packaged = "";
};

constexpr picture_set table[] = {
    {"fashion-mnist", &idx_format, {0.2860f}, {0.3530f}, "/usr/share/datasets/fashion-mnist"},
    {"mnist", &idx_format, {0.1307f}, {0.3081f}},
    {"cifar10", &cifar10_format, {0.4914f, 0.4822f, 0.4465f}, {0.2470f, 0.2435f, 0.2616f}},
};

const named_set<picture_set>& all_sets() {
  static const named_set<picture_set> sets{"data set", table};
  return sets;
}

const picture_set& set_called(const std::string& name) {
  if (const auto* found = all_sets().find(name)) return *found;
  throw bad_input(
      fmt::format("no data set \"{}\" is known; expected {}", name, either_of(data_set_names())));
}

const picture_format& format_of(const std::string& name) {
  return *set_called(name).format;
}

}  // namespace

std::vector<std::string> data_set_names() {
  return all_sets().names();
}

data_split read_split(const std::string& name, const fs::path& directory,
                      const standardisation& constants) {
  return format_of(name).read_split(directory, constants);
}

dataset_ptr read_training_pictures(const std::string& name, const fs::path& directory,
                                   const standardisation& constants) {
  return format_of(name).read_training(directory, constants);
}

dataset_ptr read_own_pictures(const std::string& name, const std::vector<fs::path>& files,
                              const standardisation& constants) {
  return format_of(name).read_own(name, files, constants);
}

std::vector<fs::path> missing_files(const std::string& name, const fs::path& directory) {
  std::vector<fs::path> missing;
  for (const auto& names : format_of(name).wanted(directory))
    if (std::ranges::none_of(names, is_there)) missing.push_back(names.front());
  return missing;
}

standardisation published_standardisation(const std::string& name) {
  const auto& set = set_called(name);
  const auto channels = set.format->channels;
  return {{set.mean, set.mean + channels}, {set.deviation, set.deviation + channels}};
}

fs::path packaged_directory(const std::string& name) {
  const auto* set = all_sets().find(name);
  return set ? set->packaged : "";
}

}  // namespace verge
