#pragma once

// What a program needs that trains in its own process, in one include: data in, a network, a way of
// training, a run, results out. Of other libraries only CAF comes along.

#include "verge/messages/errors.hpp"
#include "verge/model/dataset.hpp"
#include "verge/model/learner.hpp"
#include "verge/model/network.hpp"
#include "verge/model/partition.hpp"
#include "verge/model/picture_files.hpp"
#include "verge/model/process_tuning.hpp"
#include "verge/model/strategy.hpp"
#include "verge/runtime/run.hpp"
