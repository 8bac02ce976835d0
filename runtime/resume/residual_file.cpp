#include "runtime/resume/residual_file.hpp"

#include "runtime/resume/residual_fields.hpp"

namespace verge {

std::optional<residual_state> residual_file::load(device_id device) {
  auto file = file_.read(device);
  if (!file) return std::nullopt;
  file_.require(*file, "codec", codec_);
  const auto fields = file->fields;
  return take_residual(*file, json_fields{fields, file_.where()}.at("residual"), file_.where());
}

void residual_file::save(device_id device, const residual_state& state) {
  state_file file;
  file.fields = {{"codec", codec_}};
  file.fields["residual"] = add_residual(file, state);
  file_.write(device, std::move(file));
}

}  // namespace verge
