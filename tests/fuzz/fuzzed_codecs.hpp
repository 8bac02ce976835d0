#pragma once

#include <memory>
#include <vector>

#include "verge/model/codec.hpp"

namespace verge::fuzz {

/// Two matrices with a vector between them, and statistics. The second matrix is larger than every
/// bucket, block and strip of the coders.
inline manifest small_layout() {
  manifest layout{scalar::float32};
  layout.add("conv.weight", {4, 3, 3, 3}, tensor_role::parameter);
  layout.add("conv.bias", {4}, tensor_role::parameter);
  layout.add("norm.running_mean", {2}, tensor_role::running_mean);
  layout.add("norm.running_var", {2}, tensor_role::running_variance);
  layout.add("linear.weight", {2, 700}, tensor_role::parameter);
  return layout;
}

/// Codecs that use every stage at least once. The corpus depends on their order, so new ones go to
/// the end.
inline std::vector<std::shared_ptr<const update_codec>> make_codecs(const manifest& layout) {
  std::vector<std::shared_ptr<const update_codec>> made;
  for (const char* text :
       {"fp16", "bf16", "int8", "int4", "sign", "ternary", "topk(0.2)", "randk(0.2)", "dgc(0.2)",
        "stc(0.2)", "powersgd(1)", "topk(0.2)+index32", "topk(0.2)+int8+zstd", "zstd",
        "randk(0.3)+int4", "powersgd(2)", "ternary(1.5)"})
    made.push_back(update_codec::make(text, layout));
  return made;
}

}  // namespace verge::fuzz
