#pragma once

// One include with everything for a program that trains in its own process: data, a network, a
// strategy, a run, and results. The only other library it includes is CAF.

#include "verge/messages/errors.hpp"
#include "verge/model/dataset.hpp"
#include "verge/model/learner.hpp"
#include "verge/model/network.hpp"
#include "verge/model/partition.hpp"
#include "verge/model/picture_files.hpp"
#include "verge/model/process_tuning.hpp"
#include "verge/model/strategy.hpp"
#include "verge/runtime/run.hpp"
