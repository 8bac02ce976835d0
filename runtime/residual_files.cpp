#include "residual_files.hpp"

#include <fmt/format.h>

#include <system_error>

#include "atomic_file.hpp"
#include "hex_text.hpp"
#include "residual_fields.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

constexpr const char* format = "verge residual 1";

std::string hash_of(const manifest& layout) {
  const auto hash = layout.hash();
  return hex_text(std::string{hash.begin(), hash.end()});
}

}  // namespace

residual_files::residual_files(std::filesystem::path folder, std::string run_id,
                               const manifest& layout, std::string codec)
    : folder_(std::move(folder)),
      run_id_(hex_text(run_id)),
      model_(hash_of(layout)),
      codec_(std::move(codec)) {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed)
    throw bad_input(
        fmt::format("--state {}: cannot be made: {}", folder_.string(), failed.message()));
  const auto probe = folder_ / (".probe-" + run_id_);
  try {
    write_file_atomically(probe, "");
  } catch (const run_failure& e) {
    throw bad_input(fmt::format("--state {}: cannot be written: {}", folder_.string(), e.what()));
  }
  std::filesystem::remove(probe, failed);
}

std::filesystem::path residual_files::file_of(device_id device) const {
  return folder_ / fmt::format("{}-device-{}.residual", run_id_, device.value);
}

std::optional<residual_state> residual_files::load(device_id device) {
  const auto path = file_of(device);
  remove_unfinished(path);
  if (!std::filesystem::exists(path)) return std::nullopt;
  auto file = state_file::read(path, format);
  const auto where = path.string();
  const json_fields fields{file.fields, where};
  const auto check = [&](const char* name, const std::string& expected) {
    std::string found;
    fields.get(name, found);
    if (found != expected)
      throw bad_input(
          fmt::format("{}: \"{}\" is {}; the run has {}", where, name, found, expected));
  };
  check("run_id", run_id_);
  check("model", model_);
  check("codec", codec_);
  return take_residual(file, fields.at("residual"), where);
}

void residual_files::save(device_id device, const residual_state& state) {
  state_file file;
  file.fields = {{"run_id", run_id_}, {"model", model_}, {"codec", codec_}};
  file.fields["residual"] = add_residual(file, state);
  file.write(file_of(device), format);
}

void residual_files::remove(device_id device) {
  std::error_code ignored;
  std::filesystem::remove(file_of(device), ignored);
}

}  // namespace verge
