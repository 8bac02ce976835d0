#include "actors/round/round_account.hpp"

#include <algorithm>

namespace verge {

void round_account::take(const committed_round& done) {
  up(done.bytes_up);
  down(done.bytes_down);
  loads_ = done.loads;
}

void round_account::close(round_result& line) {
  if (counts_bytes_) {
    line.bytes_up = up_;
    line.bytes_down = down_;
  }
  up_ = down_ = 0;
  if (links_) {
    const auto round = links_->round_of(loads_, order_bytes_);
    line.compute = round.compute;
    line.virtual_time = modelled_ += round.time;
    return;
  }
  line.compute.emplace(0.0);
  for (const auto& load : loads_) line.compute = std::max(*line.compute, load.compute);
}

}  // namespace verge
