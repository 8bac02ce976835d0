#include "model/codecs/stage_list.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "model/text/either.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/codec.hpp"

namespace verge::codecs {

namespace {

using role = codec_stage_role;

constexpr codec_stage_entry table[] = {
    {"fp16", role::values, make_fp16},               // 16 bits, as IEEE 754 has them
    {"bf16", role::values, make_bf16},               // the upper half of a float
    {"int8", role::values, make_int8},               // one of 255 levels, at random
    {"int4", role::values, make_int4},               // one of 15
    {"sign", role::values, make_sign},               // the sign and a mean magnitude
    {"ternary", role::values, make_ternary},         // -s, 0 or s
    {"topk", role::selector, make_topk},             // the largest in magnitude
    {"randk", role::recalled_selector, make_randk},  // drawn by the seed
    {"dgc", role::selector, make_dgc},               // topk of velocities
    {"stc", role::selector_and_values, make_stc},    // topk and sign
    {"powersgd", role::whole, make_powersgd},        // a product of low rank
    {"golomb", role::indices, make_golomb},          // coded gaps
    {"index32", role::indices, make_index32},        // 32 bits a place
    {"zstd", role::lossless, make_zstd},             // comes last
};

const codec_stage_entry& entry_of(const stage_text& text) {
  if (const auto* found = all_stages().find(text.name())) return *found;
  text.fail_unknown("stage", all_stages().names());
}

/// The stages whose choice an index coder writes.
std::vector<std::string> with_a_choice_to_write() {
  std::vector<std::string> names;
  for (const auto* entry : all_stages().entries())
    if (entry->role == role::selector || entry->role == role::selector_and_values)
      names.emplace_back(entry->name);
  return names;
}

/// The slots that a stage takes. Two stages of one codec cannot share a slot.
unsigned slots_of(role kind) {
  switch (kind) {
    case role::selector:
    case role::recalled_selector:
      return 1;
    case role::values:
      return 2;
    case role::selector_and_values:
      return 1 | 2;
    case role::indices:
      return 4;
    case role::whole:
      return 1 | 2 | 4;
    case role::lossless:
      return 8;
  }
  return 0;
}

}  // namespace

named_set<codec_stage_entry>& all_stages() {
  static named_set<codec_stage_entry> stages{"codec stage", table};
  return stages;
}

codec_recipe read_recipe(std::string_view codec) {
  codec_recipe recipe;
  std::array<std::string, 4> taken_by;
  unsigned taken = 0;
  for (const auto& text : parse_stages(codec)) {
    const auto& entry = entry_of(text);
    const auto slots = slots_of(entry.role);
    for (unsigned i = 0; i < taken_by.size(); ++i) {
      if ((slots >> i & 1) == 0) continue;
      if (taken >> i & 1)
        text.fail(fmt::format("{} cannot follow {}, which does the same", entry.name, taken_by[i]));
      taken_by[i] = entry.name;
    }
    if (taken & 8)
      text.fail(fmt::format("{} cannot follow {}, which comes last", entry.name, taken_by[3]));
    taken |= slots;
    entry.make(text, recipe);
    text.expect_no_more();
    if (recipe.select && recipe.values && !recipe.values->contracts())
      text.fail(
          fmt::format("{} does not go with a choice of values: what it rounds off would pile up in "
                      "the residual",
                      taken_by[1]));
    if (entry.role == role::indices && (!recipe.select || recipe.select->recalls()))
      text.fail(fmt::format("{} writes the choice of {}, which must come before it", entry.name,
                            either_of(with_a_choice_to_write())));
  }
  return recipe;
}

}  // namespace verge::codecs

namespace verge {

void add_codec_stage(const codec_stage_entry& entry) {
  if (entry.name == codec_none || entry.name == codec_model)
    throw bad_input(fmt::format(
        "a codec stage called \"{}\", which is no stage; expected a new name", entry.name));
  codecs::all_stages().add(entry);
}

}  // namespace verge
