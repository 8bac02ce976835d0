#include "residual_file.hpp"

#include <fmt/format.h>

#include <system_error>

#include "atomic_file.hpp"
#include "hex_text.hpp"
#include "residual_fields.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

constexpr const char* format = "verge residual 1";

std::filesystem::path file_in(const std::filesystem::path& folder, const std::string& run_id,
                              const std::string& name) {
  return folder / fmt::format("{}-{}.residual", hex_text(run_id), name);
}

}  // namespace

residual_file::residual_file(const std::filesystem::path& folder, const std::string& run_id,
                             const std::string& name, const manifest& layout, std::string codec)
    : file_(file_in(folder, run_id, name)),
      run_id_(hex_text(run_id)),
      model_(hex_text(layout.hash())),
      codec_(std::move(codec)) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed)
    throw bad_input(
        fmt::format("--state {}: cannot be made: {}", folder.string(), failed.message()));
  const auto probe = folder / (".probe-" + name);
  try {
    write_file_atomically(probe, "");
  } catch (const run_failure& e) {
    throw bad_input(fmt::format("--state {}: cannot be written: {}", folder.string(), e.what()));
  }
  std::filesystem::remove(probe, failed);
}

std::optional<residual_state> residual_file::load(device_id device) {
  remove_unfinished(file_);
  if (!std::filesystem::exists(file_)) return std::nullopt;
  auto file = state_file::read(file_, format);
  const auto where = file_.string();
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
  check("device", std::to_string(device.value));
  return take_residual(file, fields.at("residual"), where);
}

void residual_file::save(device_id device, const residual_state& state) {
  state_file file;
  file.fields = {{"run_id", run_id_},
                 {"model", model_},
                 {"codec", codec_},
                 {"device", std::to_string(device.value)}};
  file.fields["residual"] = add_residual(file, state);
  file.write(file_, format);
}

void residual_file::remove(const std::filesystem::path& folder, const std::string& run_id,
                           const std::string& name) {
  std::error_code ignored;
  std::filesystem::remove(file_in(folder, run_id, name), ignored);
}

}  // namespace verge
