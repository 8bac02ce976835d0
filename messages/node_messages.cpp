#include "messages/node_messages.hpp"

#include <algorithm>

#include "messages/wire_codec.hpp"
#include "node.capnp.h"

namespace verge {

namespace {

constexpr std::size_t most_channels = 64;
/// Limit in bytes on the reason that a device gives when it leaves, which becomes one line of a
/// log.
constexpr std::size_t longest_reason = 512;

capnp::Data::Reader bytes(const std::string& value) {
  return {reinterpret_cast<const capnp::byte*>(value.data()), value.size()};
}

/// Bytes from an untrusted peer, cut so that no field is longer than `most`.
std::string bytes(capnp::Data::Reader value, std::size_t most) {
  return {reinterpret_cast<const char*>(value.begin()), std::min(value.size(), most)};
}

void write_terms(const run_terms& in, wire::RunTerms::Builder out) {
  out.setRunId(bytes(in.run_id));
  out.setExperiment(in.experiment.c_str());
  out.setArm(in.arm.c_str());
  out.setSeed(in.seed);
  out.setDevices(in.devices);
  out.setCohort(in.cohort);
  out.setCodecUp(in.codec_up.c_str());
  out.setCodecDown(in.codec_down.c_str());
  out.setNetwork(in.network.c_str());
  out.setNorm(in.norm.c_str());
  out.setSharesStatistics(in.shares_statistics);
  out.setSharesControls(in.shares_controls);
  out.setFloat64(in.float64);
  out.setChannels(in.channels);
  out.setHeight(in.height);
  out.setWidth(in.width);
  out.setClasses(in.classes);
  out.setDataName(in.data_name.c_str());
  out.setTrainSamples(in.train_samples);
  out.setPartition(in.partition.c_str());
  out.setMean(kj::arrayPtr(in.mean.data(), in.mean.size()));
  out.setDeviation(kj::arrayPtr(in.deviation.data(), in.deviation.size()));
  out.setFlip(in.flip);
  out.setCropPadding(in.crop_padding);
  out.setDataSamples(in.data_samples);
  out.setLabelsHash(bytes(in.labels_hash));
}

result<run_terms> read_terms(wire::RunTerms::Reader in) {
  if (in.getRunId().size() != run_id_bytes)
    return refusal{fmt::format("invitation: a run id of {} bytes; expected {}",
                               in.getRunId().size(), run_id_bytes)};
  if (in.getDevices() == 0) return refusal{"invitation: a run of 0 devices"};
  const auto mean = in.getMean();
  const auto deviation = in.getDeviation();
  if (mean.size() != deviation.size() || mean.size() > most_channels)
    return refusal{
        fmt::format("invitation: {} means and {} deviations; expected one a channel, at most {}",
                    mean.size(), deviation.size(), most_channels)};
  const auto labels = in.getLabelsHash();
  if (labels.size() != 0 && labels.size() != labels_hash_bytes)
    return refusal{fmt::format("invitation: a hash of labels of {} bytes; expected {}",
                               labels.size(), labels_hash_bytes)};
  run_terms out;
  out.run_id = bytes(in.getRunId(), run_id_bytes);
  out.experiment = wire::text(in.getExperiment());
  out.arm = wire::text(in.getArm());
  out.seed = in.getSeed();
  out.devices = in.getDevices();
  out.cohort = in.getCohort();
  out.codec_up = wire::text(in.getCodecUp());
  out.codec_down = wire::text(in.getCodecDown());
  out.network = wire::text(in.getNetwork());
  out.norm = wire::text(in.getNorm());
  out.shares_statistics = in.getSharesStatistics();
  out.shares_controls = in.getSharesControls();
  out.float64 = in.getFloat64();
  out.channels = in.getChannels();
  out.height = in.getHeight();
  out.width = in.getWidth();
  out.classes = in.getClasses();
  out.data_name = wire::text(in.getDataName());
  out.train_samples = in.getTrainSamples();
  out.partition = wire::text(in.getPartition());
  for (const float value : mean) out.mean.push_back(value);
  for (const float value : deviation) out.deviation.push_back(value);
  out.flip = in.getFlip();
  out.crop_padding = in.getCropPadding();
  out.data_samples = in.getDataSamples();
  out.labels_hash = bytes(labels, labels_hash_bytes);
  return out;
}

}  // namespace

bool is_device_name(const std::string& name) {
  constexpr std::size_t longest = 64;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= longest && is_plain(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_plain(c) || c == '.' || c == '_' || c == '-'; });
}

std::string text_to_sign(const std::string& run_id, const std::string& challenge,
                         const std::string& name) {
  // The parts before the name have fixed lengths, so no two triples give the same text.
  return "verge device proof 1\n" + run_id + challenge + name;
}

frame wire_format<hello>::encode(const hello& value) {
  return wire::build<wire::Hello>([&](wire::Hello::Builder root) {
    root.setProtocol(value.protocol);
    root.setName(value.name.c_str());
    return nullptr;
  });
}

result<hello> wire_format<hello>::decode(const verge::frame& encoded) {
  return wire::parse<wire::Hello>(encoded, "hello", [](wire::Hello::Reader root) -> result<hello> {
    hello value{root.getProtocol(), wire::text(root.getName())};
    if (!is_device_name(value.name))
      return refusal{fmt::format("hello: a name of {} bytes; expected {}", value.name.size(),
                                 device_name_words)};
    return value;
  });
}

frame wire_format<invitation>::encode(const invitation& value) {
  return wire::build<wire::Invitation>([&](wire::Invitation::Builder root) {
    root.setRefusedBecause(value.refused_because.c_str());
    root.setChallenge(bytes(value.challenge));
    root.setIsOver(value.is_over);
    root.setComeBack(value.come_back);
    root.setEndedRun(bytes(value.ended_run));
    if (value.refused_because.empty()) write_terms(value.terms, root.initTerms());
    return nullptr;
  });
}

result<invitation> wire_format<invitation>::decode(const verge::frame& encoded) {
  return wire::parse<wire::Invitation>(
      encoded, "invitation", [](wire::Invitation::Reader root) -> result<invitation> {
        invitation value{
            wire::text(root.getRefusedBecause()),   {}, {}, root.getIsOver(), root.getComeBack(),
            bytes(root.getEndedRun(), run_id_bytes)};
        if (!value.refused_because.empty()) return value;
        const auto challenge = root.getChallenge();
        if (challenge.size() != 0 && challenge.size() != challenge_bytes)
          return refusal{fmt::format("invitation: a challenge of {} bytes; expected {}",
                                     challenge.size(), challenge_bytes)};
        value.challenge = bytes(challenge, challenge_bytes);
        auto terms = read_terms(root.getTerms());
        if (!terms) return refusal{terms.reason()};
        value.terms = std::move(*terms);
        return value;
      });
}

frame wire_format<proof>::encode(const proof& value) {
  return wire::build<wire::Proof>([&](wire::Proof::Builder root) {
    root.setSignature(bytes(value.signature));
    root.setWants(value.wants ? value.wants->value + 1 : 0);
    return nullptr;
  });
}

result<proof> wire_format<proof>::decode(const verge::frame& encoded) {
  return wire::parse<wire::Proof>(encoded, "proof", [](wire::Proof::Reader root) -> result<proof> {
    constexpr std::size_t longest_signature = 64;
    if (root.getSignature().size() > longest_signature)
      return refusal{fmt::format("proof: a signature of {} bytes; expected at most {}",
                                 root.getSignature().size(), longest_signature)};
    proof value{bytes(root.getSignature(), longest_signature), std::nullopt};
    if (root.getWants() > 0) value.wants = device_id{root.getWants() - 1};
    return value;
  });
}

frame wire_format<admission>::encode(const admission& value) {
  return wire::build<wire::Admission>([&](wire::Admission::Builder root) {
    root.setRefusedBecause(value.refused_because.c_str());
    root.setDevice(value.device.value);
    return nullptr;
  });
}

result<admission> wire_format<admission>::decode(const verge::frame& encoded) {
  return wire::parse<wire::Admission>(
      encoded, "admission", [](wire::Admission::Reader root) -> result<admission> {
        return admission{wire::text(root.getRefusedBecause()), device_id{root.getDevice()}};
      });
}

frame wire_format<decline>::encode(const decline& value) {
  return wire::build<wire::Decline>([&](wire::Decline::Builder root) {
    root.setReason(value.reason.c_str());
    return nullptr;
  });
}

result<decline> wire_format<decline>::decode(const verge::frame& encoded) {
  return wire::parse<wire::Decline>(
      encoded, "decline", [](wire::Decline::Reader root) -> result<decline> {
        decline value{wire::text(root.getReason()).substr(0, longest_reason)};
        if (value.reason.empty()) return refusal{"decline: without a reason"};
        return value;
      });
}

frame wire_format<run_over>::encode(const run_over& value) {
  return wire::build<wire::RunOver>([&](wire::RunOver::Builder root) {
    root.setFailure(value.failure.c_str());
    root.setIsUnfinished(value.is_unfinished);
    return nullptr;
  });
}

result<run_over> wire_format<run_over>::decode(const verge::frame& encoded) {
  return wire::parse<wire::RunOver>(
      encoded, "run_over", [](wire::RunOver::Reader root) -> result<run_over> {
        return run_over{wire::text(root.getFailure()), root.getIsUnfinished()};
      });
}

}  // namespace verge
