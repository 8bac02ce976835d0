#include "runtime/plan/link_model.hpp"

#include <fmt/format.h>

#include "runtime/experiment/link_trace.hpp"
#include "runtime/experiment/link_units.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

/// The only device of a centralized arm is the server's own machine: it computes, and nothing is
/// sent.
modelled_links links_of_server(std::uint64_t seed, const link_options& options) {
  link_profile own;
  own.compute = options.server_compute;
  return {device_links{seed, own}, {}, {}};
}

modelled_links links_of_devices(std::uint64_t seed, const link_options& options) {
  const server_link server{bits_a_second(options.server_out), bits_a_second(options.server_in)};
  if (!options.trace.empty())
    return {device_links{seed, read_link_trace(options.trace)}, server, {}};
  const link_profile median{bits_a_second(options.down), bits_a_second(options.up),
                            virtual_seconds{options.latency}, options.compute, options.dropout};
  return {device_links{seed, median, {options.rate_spread, options.compute_spread}}, server, {}};
}

}  // namespace

std::shared_ptr<const modelled_links> links_of(const experiment& what, const arm_options& arm) {
  if (!what.links) return nullptr;
  auto links = arm.strategy == strategy_kind::centralized
                   ? links_of_server(what.seed, *what.links)
                   : links_of_devices(what.seed, *what.links);
  if (links.devices.any_drops_out() && arm.quorum == 1.0)
    throw bad_input(fmt::format(
        "arm.{}.quorum = 1: expected less in an experiment whose links let devices drop out",
        arm.name));
  if (arm.over_selection > 1.0)
    throw bad_input(
        fmt::format("arm.{}.over_selection = {}: expected 1 in an experiment with [links]: who is "
                    "among the first "
                    "depends on this machine, not on the links",
                    arm.name, arm.over_selection));
  if (what.links->sample_seconds > 0.0)
    links.per_sample = virtual_seconds{what.links->sample_seconds};
  return std::make_shared<const modelled_links>(std::move(links));
}

}  // namespace verge
