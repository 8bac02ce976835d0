#pragma once

#include <CLI/CLI.hpp>

#include "verge/model/network.hpp"

namespace verge::bench {

/// The two networks with which a round without training is measured: a large one and a small one.
struct network_choice {
  explicit network_choice(CLI::App& app) {
    app.add_option("--network", name, "resnet18, or logistic (10,010 parameters on 1x25x40)");
  }

  network build() const {
    network_options options;
    options.name = name;
    options.input = name == "logistic" ? sample_shape{1, 25, 40} : sample_shape{3, 32, 32};
    return network::build(options);
  }

  std::string name = "resnet18";
};

}  // namespace verge::bench
