#include "runtime/node/device_setup.hpp"

#include <fmt/format.h>

#include <utility>

#include "actors/device/device.hpp"
#include "model/data/labels_hash.hpp"
#include "runtime/experiment/words.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/partition.hpp"
#include "verge/model/picture_files.hpp"

namespace verge {

namespace {

constexpr std::uint32_t trainer_threads = 1;

std::optional<device_id> number_of(const node_device_options& how, const run_terms& terms) {
  if (!how.shard) return std::nullopt;
  if (how.shard->of != terms.devices)
    throw bad_input(fmt::format("--shard {}/{}: the run has {} devices, expected K/{}",
                                how.shard->number, how.shard->of, terms.devices, terms.devices));
  return device_id{how.shard->number - 1};
}

std::filesystem::path directory_of(const node_device_options& how, const run_terms& terms) {
  if (!how.data_directory.empty()) return how.data_directory;
  const auto packaged = packaged_directory(terms.data_name);
  if (!std::filesystem::is_directory(packaged))
    throw bad_input(
        fmt::format("--shard: the run trains on {}, which is not in a usual place; "
                    "expected --data-dir with its files",
                    terms.data_name));
  return packaged;
}

partition_rule rule_of(const run_terms& terms) {
  try {
    return read_partition_rule(terms.partition);
  } catch (const bad_input& e) {
    throw bad_input(
        fmt::format("the server's partition is none that this program knows: {}", e.what()));
  }
}

/// An error for a data set that is not the server's: its shards would overlap those of other
/// devices.
bad_input differs(const node_device_options& how, const run_terms& terms,
                  const std::string& in_what) {
  return bad_input(fmt::format("--shard {}/{}: {} {}; expected the server's data set",
                               how.shard->number, how.shard->of, directory_of(how, terms).string(),
                               in_what));
}

/// The part of the server's data set that the run uses.
dataset_ptr read_whole(const node_device_options& how, const run_terms& terms,
                       const standardisation& constants) {
  const auto all = read_training_pictures(terms.data_name, directory_of(how, terms), constants);
  if (terms.data_samples != 0 && all->size() != terms.data_samples)
    throw differs(how, terms,
                  fmt::format("holds {} training samples, the server's data set {}", all->size(),
                              terms.data_samples));
  const auto whole = first_samples(all, terms.train_samples);
  if (!terms.labels_hash.empty() && labels_hash(*whole) != terms.labels_hash)
    throw differs(how, terms,
                  fmt::format("has other labels than the server in the {} training samples of "
                              "the run",
                              whole->size()));
  return whole;
}

dataset_ptr read_samples(const node_device_options& how, const run_terms& terms) {
  const standardisation constants{terms.mean, terms.deviation};
  if (!how.shard) return read_own_pictures(terms.data_name, how.data_files, constants);
  const auto whole = read_whole(how, terms, constants);
  return partition::make(rule_of(terms), *whole, terms.devices, terms.seed)
      .shard(whole, how.shard->number - 1);
}

network build(const run_terms& terms) {
  network_options options;
  options.name = terms.network;
  options.norm = norm_kind::none;
  for (const auto& [word, norm] : norm_words)
    if (word == terms.norm) options.norm = norm;
  options.shares_statistics = terms.shares_statistics;
  options.shares_controls = terms.shares_controls;
  options.type = terms.float64 ? scalar::float64 : scalar::float32;
  options.input = {terms.channels, terms.height, terms.width};
  options.classes = terms.classes;
  return network::build(options);
}

std::shared_ptr<residual_file> residual_of(const node_device_options& how, const run_terms& terms,
                                           const std::string& name, const network& model) {
  if (!how.state || terms.codec_up == codec_none) return nullptr;
  if (!update_codec::make(terms.codec_up, model.layout(), terms.cohort)->keeps_residual())
    return nullptr;
  return std::make_shared<residual_file>(
      device_file{residual_file::kind, *how.state, terms.run_id, name, model.layout()},
      terms.codec_up);
}

std::shared_ptr<device_memory_file> memory_of(const node_device_options& how,
                                              const run_terms& terms, const std::string& name,
                                              const network& model) {
  if (!how.state || !terms.shares_controls) return nullptr;
  return std::make_shared<device_memory_file>(
      device_file{device_memory_file::kind, *how.state, terms.run_id, name, model.layout()},
      model.layout().type());
}

dataset_ptr checked(dataset_ptr samples, const run_terms& terms) {
  const auto shape = samples->shape();
  if (shape != sample_shape{terms.channels, terms.height, terms.width} ||
      samples->classes() != terms.classes)
    throw bad_input(fmt::format(
        "the data has pictures of {} x {} x {} in {} classes; the run trains on {} x {} x {} in {}",
        shape.channels, shape.height, shape.width, samples->classes(), terms.channels, terms.height,
        terms.width, terms.classes));
  return samples;
}

}  // namespace

device_setup::device_setup(caf::actor_system& system, const run_terms& terms,
                           const std::string& name, const node_device_options& how)
    : terms_(terms),
      augment_{terms.flip, terms.crop_padding},
      wants_(number_of(how, terms)),
      samples_(checked(read_samples(how, terms), terms)),
      model_(build(terms)),
      residual_(residual_of(how, terms, name, model_)),
      memory_file_(memory_of(how, terms, name, model_)),
      trainers_(spawn_trainer_pool(system, model_, {trainer_threads, 0, how.torch_device})),
      compressor_(spawn_compressor(system, model_.layout(),
                                   {terms.codec_up, terms.codec_down, terms.cohort, terms.seed},
                                   {residual_, {}})) {}

device_setup::~device_setup() {
  caf::anon_send_exit(trainers_, caf::exit_reason::user_shutdown);
}

void device_setup::close(caf::scoped_actor& self) {
  self->send_exit(compressor_, caf::exit_reason::kill);
  self->wait_for(compressor_);
}

device_actor device_setup::spawn(caf::actor_system& system, device_id number,
                                 const membership_actor& membership, const exchange_actor& exchange,
                                 const device_listener& listener) {
  // The user must hear of a file that cannot be read, so it is read here before the compressor
  // reads it.
  if (residual_ && !std::exchange(is_residual_checked_, true)) residual_->load(number);
  // A resumed server may begin at an earlier version than the one that the device holds.
  caf::anon_send(compressor_, forget_replica{});
  auto host = std::make_shared<device_host>();
  host->run = 1;
  host->layout = model_.layout();
  host->manifest_hash = model_.layout().hash();
  host->server = exchange;
  host->compressors = {compressor_};
  host->downloads_steps = terms_.codec_down != codec_model;
  host->trainers = trainers_;
  host->listener = listener;
  host->has_controls = terms_.shares_controls;
  // Made once, because it outlives connections, as the compressor does.
  if (terms_.shares_controls && !memory_)
    memory_ = std::make_shared<device_memory>(number, own_state{}, memory_file_);
  return spawn_device(system, std::move(host), membership,
                      local_data::of_device(terms_.seed, number, samples_, augment_), memory_);
}

}  // namespace verge
