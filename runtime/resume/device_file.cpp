#include "runtime/resume/device_file.hpp"

#include <fmt/format.h>

#include <system_error>

#include "runtime/files/atomic_file.hpp"
#include "runtime/files/hex_text.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

std::filesystem::path file_in(const std::filesystem::path& folder, const std::string& run_id,
                              const std::string& name, const char* extension) {
  return folder / fmt::format("{}-{}.{}", hex_text(run_id), name, extension);
}

}  // namespace

device_file::device_file(const kind& what, const std::filesystem::path& folder,
                         const std::string& run_id, const std::string& name, const manifest& layout)
    : kind_(what),
      file_(file_in(folder, run_id, name, what.extension)),
      run_id_(hex_text(run_id)),
      model_(hex_text(layout.hash())) {
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

std::optional<state_file> device_file::read(device_id device) const {
  remove_unfinished(file_);
  if (!std::filesystem::exists(file_)) return std::nullopt;
  auto file = state_file::read(file_, kind_.format);
  require(file, "run_id", run_id_);
  require(file, "model", model_);
  require(file, "device", std::to_string(device.value));
  return file;
}

void device_file::write(device_id device, state_file file) const {
  ordered_json whose{
      {"run_id", run_id_}, {"model", model_}, {"device", std::to_string(device.value)}};
  if (file.fields.is_object()) whose.update(file.fields);
  file.fields = std::move(whose);
  file.write(file_, kind_.format);
}

void device_file::require(const state_file& file, const char* field,
                          const std::string& expected) const {
  std::string found;
  json_fields{file.fields, where()}.get(field, found);
  if (found != expected)
    throw bad_input(
        fmt::format("{}: \"{}\" is {}; the run has {}", where(), field, found, expected));
}

void device_file::remove(const kind& what, const std::filesystem::path& folder,
                         const std::string& run_id, const std::string& name) {
  std::error_code ignored;
  std::filesystem::remove(file_in(folder, run_id, name, what.extension), ignored);
}

}  // namespace verge
