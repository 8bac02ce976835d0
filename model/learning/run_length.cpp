#include "verge/model/run_length.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verge/messages/errors.hpp"

namespace verge {

namespace {

constexpr double most_rounds = 1e9;

std::uint32_t at_least_one(double rounds) {
  return static_cast<std::uint32_t>(std::clamp(std::round(rounds), 1.0, most_rounds));
}

}  // namespace

std::uint32_t run_length::rounds_an_epoch() const {
  return at_least_one(1.0 / epochs_a_round);
}

run_length fix_length(const wanted_length& wanted, const local_work& work, std::uint32_t cohort,
                      const data_holders& members) {
  run_length length;
  length.updates = cohort == 0 ? members.devices : std::min(cohort, members.devices);
  const auto samples = static_cast<double>(members.samples);
  const double of_a_device = work.local_epochs > 0 ? work.local_epochs * samples / members.devices
                                                   : static_cast<double>(samples_in(work, 0));
  length.epochs_a_round = length.updates * of_a_device / samples;
  length.rounds = wanted.rounds;
  if (wanted.rounds > 0) return length;
  const double rounds = wanted.epochs / length.epochs_a_round;
  if (rounds > most_rounds)
    throw bad_input(
        fmt::format("{} epochs of {} samples are {:.0f} rounds; expected at most {:.0f}",
                    wanted.epochs, members.samples, rounds, most_rounds));
  length.rounds = at_least_one(rounds);
  return length;
}

}  // namespace verge
