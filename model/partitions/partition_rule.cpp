#include "verge/model/partition_rule.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "model/text/call_text.hpp"

namespace verge {

namespace {

/// Within this range no sampler overflows. Dir(alpha) reaches its limits long before its ends.
constexpr number_rule concentration{1e-6, false, 1e6, false, "a number from 0.000001 to 1000000"};
constexpr number_rule a_count{1.0, false, 1e6, true, "a whole number from 1 to 1000000"};

std::uint32_t per_device(const call_text& text) {
  return static_cast<std::uint32_t>(text.number("per_device", 0, a_count));
}

partition_rule rule_of(const call_text& text) {
  const auto& name = text.name();
  if (name == "iid") return iid_partition{};
  if (name == "dirichlet")
    return dirichlet_partition{text.number("alpha", 0, concentration), text.says("sizes", "equal")};
  if (name == "shards") return shards_partition{per_device(text)};
  if (name == "labels") return labels_partition{per_device(text)};
  if (name == "quantity") return quantity_partition{text.number("beta", 0, concentration)};
  static const std::vector<std::string> known{"iid", "dirichlet", "shards", "labels", "quantity"};
  text.fail_unknown("partition", known);
}

struct writer {
  std::string operator()(const iid_partition&) const { return "iid"; }
  std::string operator()(const dirichlet_partition& rule) const {
    return fmt::format("dirichlet({}{})", rule.alpha, rule.equal_sizes ? ", sizes=equal" : "");
  }
  std::string operator()(const shards_partition& rule) const {
    return fmt::format("shards({})", rule.per_device);
  }
  std::string operator()(const labels_partition& rule) const {
    return fmt::format("labels({})", rule.per_device);
  }
  std::string operator()(const quantity_partition& rule) const {
    return fmt::format("quantity({})", rule.beta);
  }
};

}  // namespace

partition_rule read_partition_rule(std::string_view text) {
  const auto call = parse_call(text, "partition");
  const auto rule = rule_of(call);
  call.expect_no_more();
  return rule;
}

std::string to_text(const partition_rule& rule) {
  return std::visit(writer{}, rule);
}

}  // namespace verge
