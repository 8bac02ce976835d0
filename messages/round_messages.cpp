#include "messages/round_messages.hpp"

#include <cmath>

#include "messages/wire_codec.hpp"
#include "round.capnp.h"

namespace verge {

namespace {

constexpr std::size_t manifest_hash_bytes = 32;
constexpr std::size_t max_codecs = 64;

refusal refused(std::string text) {
  return refusal{std::move(text)};
}

bool is_rate(double value) {
  return std::isfinite(value) && value >= 0.0;
}

result<local_work> read_work(wire::LocalWork::Reader in) {
  local_work work;
  switch (in.getKind()) {
    case wire::LocalWork::Kind::GRADIENT:
      work.kind = update_kind::gradient;
      break;
    case wire::LocalWork::Kind::DISPLACEMENT:
      work.kind = update_kind::displacement;
      break;
    default:
      return refused("open_round: an unknown kind of update");
  }
  work.batch_size = in.getBatchSize();
  work.local_steps = in.getLocalSteps();
  work.local_epochs = in.getLocalEpochs();
  work.learning_rate = in.getLearningRate();
  work.momentum = in.getMomentum();
  work.weight_decay = in.getWeightDecay();
  work.proximal = in.getProximal();
  if (work.batch_size == 0) return refused("open_round: a batch of 0 samples");
  if ((work.local_steps == 0) == (work.local_epochs == 0))
    return refused(
        fmt::format("open_round: {} local steps and {} local epochs; exactly one is positive",
                    work.local_steps, work.local_epochs));
  if (!is_rate(work.learning_rate) || !is_rate(work.momentum) || !is_rate(work.weight_decay) ||
      !is_rate(work.proximal))
    return refused(
        "open_round: a learning rate, momentum, weight decay or proximal term that is not a number "
        ">= 0");
  return work;
}

}  // namespace

const char* to_string(update_fate fate) {
  switch (fate) {
    case update_fate::used:
      return "used";
    case update_fate::late:
      return "late";
    case update_fate::lost:
      return "lost";
    case update_fate::refused:
      return "refused";
  }
  return "unknown";
}

// -- membership -----------------------------------------------------------------------------------

frame wire_format<join>::encode(const join& value) {
  return wire::build<wire::Join>([&](wire::Join::Builder root) {
    root.setProtocol(value.protocol);
    root.setManifestHash(
        capnp::Data::Reader{reinterpret_cast<const capnp::byte*>(value.manifest_hash.data()),
                            value.manifest_hash.size()});
    root.setDevice(value.device.value);
    root.setSamples(value.samples);
    auto codecs = root.initCodecs(static_cast<unsigned>(value.codecs.size()));
    for (unsigned i = 0; i < codecs.size(); ++i) codecs.set(i, value.codecs[i].c_str());
    return nullptr;
  });
}

result<join> wire_format<join>::decode(const verge::frame& encoded) {
  return wire::parse<wire::Join>(encoded, "join", [](wire::Join::Reader root) -> result<join> {
    join value;
    value.protocol = root.getProtocol();
    const auto hash = root.getManifestHash();
    if (hash.size() != manifest_hash_bytes)
      return refused(fmt::format("join: a manifest hash of {} bytes; expected {}", hash.size(),
                                 manifest_hash_bytes));
    value.manifest_hash.assign(reinterpret_cast<const char*>(hash.begin()), hash.size());
    value.device = device_id{root.getDevice()};
    value.samples = root.getSamples();
    if (value.samples == 0) return refused("join: a device without samples");
    const auto codecs = root.getCodecs();
    if (codecs.size() > max_codecs)
      return refused(
          fmt::format("join: {} codecs; at most {} are read", codecs.size(), max_codecs));
    for (const auto codec : codecs) value.codecs.push_back(wire::text(codec));
    return value;
  });
}

frame wire_format<welcome>::encode(const welcome& value) {
  return wire::build<wire::Welcome>([&](wire::Welcome::Builder root) {
    root.setRefusedBecause(value.refused_because.c_str());
    root.setLastUsed(value.last_used.value);
    return nullptr;
  });
}

result<welcome> wire_format<welcome>::decode(const verge::frame& encoded) {
  return wire::parse<wire::Welcome>(
      encoded, "welcome", [](wire::Welcome::Reader root) -> result<welcome> {
        return welcome{wire::text(root.getRefusedBecause()), round_id{root.getLastUsed()}};
      });
}

// -- opening a round ------------------------------------------------------------------------------

frame wire_format<open_round>::encode(const open_round& value) {
  return wire::build<wire::OpenRound>([&](wire::OpenRound::Builder root) {
    root.setRound(value.round.value);
    root.setVersion(value.version.value);
    root.setDeadlineMs(static_cast<std::uint64_t>(value.deadline.count()));
    auto work = root.initWork();
    work.setKind(value.work.kind == update_kind::gradient ? wire::LocalWork::Kind::GRADIENT
                                                          : wire::LocalWork::Kind::DISPLACEMENT);
    work.setBatchSize(value.work.batch_size);
    work.setLocalSteps(value.work.local_steps);
    work.setLocalEpochs(value.work.local_epochs);
    work.setLearningRate(value.work.learning_rate);
    work.setMomentum(value.work.momentum);
    work.setWeightDecay(value.work.weight_decay);
    work.setProximal(value.work.proximal);
    return nullptr;
  });
}

result<open_round> wire_format<open_round>::decode(const verge::frame& encoded) {
  return wire::parse<wire::OpenRound>(
      encoded, "open_round", [](wire::OpenRound::Reader root) -> result<open_round> {
        constexpr std::uint64_t longest = longest_deadline.count();
        if (root.getDeadlineMs() == 0 || root.getDeadlineMs() > longest)
          return refused(fmt::format("open_round: a deadline of {} ms; expected 1 ms to one year",
                                     root.getDeadlineMs()));
        auto work = read_work(root.getWork());
        if (!work) return refused(work.reason());
        return open_round{round_id{root.getRound()}, model_version{root.getVersion()}, *work,
                          std::chrono::milliseconds{root.getDeadlineMs()}};
      });
}

// -- downlink -------------------------------------------------------------------------------------

frame wire_format<model_request>::encode(const model_request& value) {
  return wire::build<wire::ModelRequest>([&](wire::ModelRequest::Builder root) {
    root.setRound(value.round.value);
    root.setDevice(value.device.value);
    root.setVersion(value.version.value);
    root.setBlock(value.block.value);
    root.setHolds(value.holds ? value.holds->value + 1 : 0);
    return nullptr;
  });
}

result<model_request> wire_format<model_request>::decode(const verge::frame& encoded) {
  return wire::parse<wire::ModelRequest>(
      encoded, "model_request", [](wire::ModelRequest::Reader root) -> result<model_request> {
        std::optional<model_version> holds;
        if (root.getHolds() > 0) holds = model_version{root.getHolds() - 1};
        return model_request{round_id{root.getRound()}, device_id{root.getDevice()},
                             model_version{root.getVersion()}, block_index{root.getBlock()}, holds};
      });
}

frame wire_format<model_block>::encode(const model_block& value) {
  return wire::build<wire::ModelBlock>([&](wire::ModelBlock::Builder root) {
    root.setVersion(value.version.value);
    root.setBlock(value.block.value);
    root.setBatchesTracked(value.batches_tracked);
    root.setRefusedBecause(value.refused_because.c_str());
    root.setCodec(value.codec.c_str());
    root.setBlocks(value.blocks);
    return wire::attach(root, value.payload);
  });
}

result<model_block> wire_format<model_block>::decode(const verge::frame& encoded) {
  return wire::parse<wire::ModelBlock>(
      encoded, "model_block", [&](wire::ModelBlock::Reader root) -> result<model_block> {
        if (auto why = wire::why_not_shared(encoded, "model_block", root.getPayload());
            !why.empty())
          return refused(std::move(why));
        return model_block{model_version{root.getVersion()},
                           block_index{root.getBlock()},
                           root.getBatchesTracked(),
                           wire::text(root.getRefusedBecause()),
                           wire::text(root.getCodec()),
                           wire::share(encoded, root.getPayload()),
                           root.getBlocks()};
      });
}

frame wire_format<download_ended>::encode(const download_ended& value) {
  return wire::build<wire::DownloadEnded>([&](wire::DownloadEnded::Builder root) {
    root.setRound(value.round.value);
    root.setDevice(value.device.value);
    return nullptr;
  });
}

result<download_ended> wire_format<download_ended>::decode(const verge::frame& encoded) {
  return wire::parse<wire::DownloadEnded>(
      encoded, "download_ended", [](wire::DownloadEnded::Reader root) -> result<download_ended> {
        return download_ended{round_id{root.getRound()}, device_id{root.getDevice()}};
      });
}

// -- uplink ---------------------------------------------------------------------------------------

frame wire_format<upload_request>::encode(const upload_request& value) {
  return wire::build<wire::UploadRequest>([&](wire::UploadRequest::Builder root) {
    root.setRound(value.round.value);
    root.setDevice(value.device.value);
    root.setSamples(value.samples);
    root.setSteps(value.steps);
    root.setLoss(value.loss);
    root.setBlocks(value.blocks);
    root.setBytes(value.bytes);
    root.setComputeSeconds(value.compute.count());
    return nullptr;
  });
}

result<upload_request> wire_format<upload_request>::decode(const verge::frame& encoded) {
  return wire::parse<wire::UploadRequest>(
      encoded, "upload_request", [](wire::UploadRequest::Reader root) -> result<upload_request> {
        if (root.getSamples() == 0 || root.getSteps() == 0)
          return refused(fmt::format("device {} offers an update of {} samples in {} steps",
                                     root.getDevice(), root.getSamples(), root.getSteps()));
        const std::chrono::duration<double> compute{root.getComputeSeconds()};
        if (!(compute.count() >= 0.0 && compute <= longest_deadline))
          return refused(fmt::format("device {} says that it has computed for {} s",
                                     root.getDevice(), root.getComputeSeconds()));
        return upload_request{round_id{root.getRound()},
                              device_id{root.getDevice()},
                              root.getSamples(),
                              root.getSteps(),
                              root.getLoss(),
                              root.getBlocks(),
                              root.getBytes(),
                              compute};
      });
}

frame wire_format<upload_grant>::encode(const upload_grant& value) {
  return wire::build<wire::UploadGrant>([&](wire::UploadGrant::Builder root) {
    root.setRound(value.round.value);
    root.setRefusedBecause(value.refused_because.c_str());
    return nullptr;
  });
}

result<upload_grant> wire_format<upload_grant>::decode(const verge::frame& encoded) {
  return wire::parse<wire::UploadGrant>(
      encoded, "upload_grant", [](wire::UploadGrant::Reader root) -> result<upload_grant> {
        return upload_grant{round_id{root.getRound()}, wire::text(root.getRefusedBecause())};
      });
}

frame wire_format<update_block>::encode(const update_block& value) {
  return wire::build<wire::UpdateBlock>([&](wire::UpdateBlock::Builder root) {
    root.setRound(value.round.value);
    root.setDevice(value.device.value);
    root.setBlock(value.block.value);
    root.setCodec(value.codec.c_str());
    return wire::attach(root, value.payload);
  });
}

result<update_block> wire_format<update_block>::decode(const verge::frame& encoded) {
  return wire::parse<wire::UpdateBlock>(
      encoded, "update_block", [&](wire::UpdateBlock::Reader root) -> result<update_block> {
        if (auto why = wire::why_not_shared(encoded, "update_block", root.getPayload());
            !why.empty())
          return refused(std::move(why));
        return update_block{round_id{root.getRound()}, device_id{root.getDevice()},
                            block_index{root.getBlock()}, wire::text(root.getCodec()),
                            wire::share(encoded, root.getPayload())};
      });
}

frame wire_format<block_ack>::encode(const block_ack& value) {
  return wire::build<wire::BlockAck>([&](wire::BlockAck::Builder root) {
    root.setRound(value.round.value);
    root.setBlock(value.block.value);
    root.setCounted(value.counted);
    root.setRefusedBecause(value.refused_because.c_str());
    return nullptr;
  });
}

result<block_ack> wire_format<block_ack>::decode(const verge::frame& encoded) {
  return wire::parse<wire::BlockAck>(
      encoded, "block_ack", [](wire::BlockAck::Reader root) -> result<block_ack> {
        return block_ack{round_id{root.getRound()}, block_index{root.getBlock()}, root.getCounted(),
                         wire::text(root.getRefusedBecause())};
      });
}

frame wire_format<work_failed>::encode(const work_failed& value) {
  return wire::build<wire::WorkFailed>([&](wire::WorkFailed::Builder root) {
    root.setRound(value.round.value);
    root.setDevice(value.device.value);
    root.setReason(value.reason.c_str());
    root.setUnusable(value.unusable);
    return nullptr;
  });
}

result<work_failed> wire_format<work_failed>::decode(const verge::frame& encoded) {
  return wire::parse<wire::WorkFailed>(
      encoded, "work_failed", [](wire::WorkFailed::Reader root) -> result<work_failed> {
        return work_failed{round_id{root.getRound()}, device_id{root.getDevice()},
                           wire::text(root.getReason()), root.getUnusable()};
      });
}

// -- closing a round ------------------------------------------------------------------------------

frame wire_format<round_outcome>::encode(const round_outcome& value) {
  return wire::build<wire::RoundOutcome>([&](wire::RoundOutcome::Builder root) {
    root.setRound(value.round.value);
    root.setFate(static_cast<wire::RoundOutcome::Fate>(value.fate));
    root.setReason(value.reason.c_str());
    root.setVersion(value.version.value);
    return nullptr;
  });
}

result<round_outcome> wire_format<round_outcome>::decode(const verge::frame& encoded) {
  return wire::parse<wire::RoundOutcome>(
      encoded, "round_outcome", [](wire::RoundOutcome::Reader root) -> result<round_outcome> {
        const auto fate = static_cast<std::uint16_t>(root.getFate());
        if (fate > static_cast<std::uint16_t>(update_fate::refused))
          return refused(fmt::format("round_outcome: an unknown fate {}", fate));
        return round_outcome{round_id{root.getRound()}, static_cast<update_fate>(fate),
                             wire::text(root.getReason()), model_version{root.getVersion()}};
      });
}

}  // namespace verge
