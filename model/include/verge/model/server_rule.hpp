#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verge/messages/local_work.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

/// What a rule may need to know about the round whose mean update it gets.
struct round_facts {
  local_work work;
  /// Fraction, in (0, 1], of the weight of all devices' updates that is in this round's mean.
  double share = 1.0;
};

/// The server's half of a strategy: how the mean of a round's updates moves the model. It keeps the
/// state of a server optimizer where there is one. Not thread-safe: one actor uses it. Every rule
/// works element by element, in the model's scalar type and with one rounding per operation.
class server_rule {
public:
  virtual ~server_rule() = default;

  /// `step` holds the mean update, and receives what is to be added to the parameters. `current`
  /// holds the parameters that the devices started from. Both have the same type and size.
  virtual void apply(const round_facts& round, const flat_buffer& current, flat_buffer& step) = 0;

  /// Whether the rule's updates have a second half (network_options::shares_controls).
  virtual bool uses_controls() const { return false; }

  /// What the rule remembers from round to round, for a checkpoint. The buffers share its memory
  /// and are valid until the next apply(). A rule of the same kind that is given them continues as
  /// this one would.
  virtual std::vector<flat_buffer> memory() const { return {}; }
  virtual void remember(std::vector<flat_buffer>) {}
};

/// One SGD step with the mean gradient g (Large Batch, centralized), momentum m and weight decay
/// lambda from the round's work:
///     g <- g + lambda w;   v <- m v + g (g without momentum);   step = -(rate v)
std::unique_ptr<server_rule> make_sgd_rule();

struct federated_rule_options;

/// What the server of a federated run makes of the mean displacement Delta: a rule by its name, and
/// the numbers that it takes. docs/strategies.md has those of the library.
struct server_rule_entry {
  /// As the key `server_rule` has it.
  std::string_view name;
  /// Makes the rule; the numbers that it takes are within their ranges.
  std::unique_ptr<server_rule> (*make)(const federated_rule_options& options) = nullptr;
  /// The default of each number. The rule does not take a number that is unset.
  double learning_rate = 1.0;
  std::optional<double> momentum = {};
  std::optional<double> beta2 = {};
  std::optional<double> tau = {};
  /// What uses_controls() of the rule says. If so, devices correct their gradients as in SCAFFOLD.
  bool uses_controls = false;
};

/// All rules: those of the library in the order of the documentation, then those that were added.
std::vector<const server_rule_entry*> server_rules();
/// Their names.
std::vector<std::string> server_rule_names();

/// Adds a rule of the program's own. From then on its name is a value of the key `server_rule`, and
/// errors that list rules have it. Call this before the first run, in every process that reads an
/// experiment with the rule: that of the server, and one that resumes the run. Throws bad_input
/// when the name is taken, or is not a lower-case letter with lower-case letters, digits and '_'
/// behind it.
void add_server_rule(const server_rule_entry& entry);

/// A rule and its numbers. Those that the rule does not take are not looked at.
struct federated_rule_options {
  /// The rule of that name with its defaults; docs/strategies.md says where they come from.
  /// Converts, so that a name by itself is enough. Another rule is another federated_rule_options:
  /// assigning to `rule` alone keeps the numbers of the first one. Throws bad_input when no rule
  /// has the name.
  // NOLINTNEXTLINE(google-explicit-constructor)
  federated_rule_options(std::string_view name = "average");
  // NOLINTNEXTLINE(google-explicit-constructor)
  federated_rule_options(const char* name) : federated_rule_options(std::string_view{name}) {}

  /// Never null.
  const server_rule_entry* rule;
  /// eta, above 0.
  double learning_rate;
  /// beta (momentum) or beta1 (adaptive rules), from 0 to below 1.
  double momentum;
  /// From 0 to below 1.
  double beta2;
  /// How adaptive a rule is: the smaller, the more. Above 0; its square has to be one in the
  /// model's type.
  double tau;

  friend bool operator==(const federated_rule_options&, const federated_rule_options&) = default;
};

/// Throws bad_input for a number out of its range.
std::unique_ptr<server_rule> make_federated_rule(const federated_rule_options& options = {});

}  // namespace verge
