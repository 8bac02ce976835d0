#include "model/random/dirichlet_draws.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace verge {

namespace {

constexpr double log_of_none = -std::numeric_limits<double>::infinity();

}  // namespace

double gamma_source::normal() {
  for (;;) {
    const double x = 2.0 * unit() - 1.0;
    const double y = 2.0 * unit() - 1.0;
    const double square = x * x + y * y;
    if (square < 1.0 && square > 0.0) return x * std::sqrt(-2.0 * std::log(square) / square);
  }
}

double gamma_source::log_gamma(double shape) {
  if (shape < 1.0) {
    const double boost = std::log(unit()) / shape;
    return log_gamma(shape + 1.0) + boost;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = normal();
    const double root = 1.0 + c * x;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    const double log_v = std::log(v);
    if (std::log(unit()) < 0.5 * x * x + d * (1.0 - v + log_v)) return std::log(d) + log_v;
  }
}

std::vector<double> log_dirichlet(gamma_source& source, std::span<const double> concentrations) {
  std::vector<double> logs;
  logs.reserve(concentrations.size());
  for (const double shape : concentrations)
    logs.push_back(shape > 0.0 ? source.log_gamma(shape) : log_of_none);
  // The largest share is factored out first, so that the sum neither overflows nor is 0.
  const double largest = *std::max_element(logs.begin(), logs.end());
  double sum = 0.0;
  for (const double log : logs) sum += std::exp(log - largest);
  const double log_sum = largest + std::log(sum);
  for (double& log : logs) log -= log_sum;
  return logs;
}

std::vector<double> dirichlet(gamma_source& source, double concentration, std::size_t count) {
  auto shares = log_dirichlet(source, std::vector<double>(count, concentration));
  for (double& share : shares) share = std::exp(share);
  return shares;
}

}  // namespace verge
