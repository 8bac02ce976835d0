#include "model/codecs/stage_list.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "verge/messages/errors.hpp"

namespace verge::codecs {

namespace {

using role = stage_entry::role;

#define VERGE_STAGE_ENTRY(name, kind) stage_entry{#name, role::kind, make_##name},
constexpr std::array stages{VERGE_CODEC_STAGES(VERGE_STAGE_ENTRY)};
#undef VERGE_STAGE_ENTRY

const stage_entry& entry_of(const stage_text& text) {
  std::vector<std::string> known;
  for (const auto& entry : stages) {
    if (text.name() == entry.name) return entry;
    known.emplace_back(entry.name);
  }
  text.fail_unknown("stage", known);
}

/// The slots that a stage takes. Two stages of one codec cannot share a slot.
unsigned slots_of(role kind) {
  switch (kind) {
    case role::selector:
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

std::span<const stage_entry> stage_list() {
  return stages;
}

codec_recipe read_recipe(std::string_view codec) {
  codec_recipe recipe;
  std::array<std::string, 4> taken_by;
  unsigned taken = 0;
  for (const auto& text : parse_stages(codec)) {
    const auto& entry = entry_of(text);
    const auto slots = slots_of(entry.kind);
    for (unsigned i = 0; i < taken_by.size(); ++i) {
      if ((slots >> i & 1) == 0) continue;
      if (taken >> i & 1)
        text.fail(fmt::format("{} cannot follow {}, which does the same", entry.name, taken_by[i]));
      taken_by[i] = entry.name;
    }
    if (taken & 8) text.fail(fmt::format("{} cannot follow zstd, which comes last", entry.name));
    taken |= slots;
    entry.make(text, recipe);
    text.expect_no_more();
    if (recipe.select && recipe.values && !recipe.values->contracts())
      text.fail(
          fmt::format("{} does not go with a choice of values: what it rounds off would pile up in "
                      "the residual",
                      taken_by[1]));
    if (entry.kind == role::indices && (!recipe.select || recipe.select->recalls()))
      text.fail(fmt::format("{} writes the choice of topk, dgc or stc, which must come before it",
                            entry.name));
  }
  return recipe;
}

}  // namespace verge::codecs
