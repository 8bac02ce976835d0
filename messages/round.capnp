# Everything that a server and its devices send each other, in the order of a round. This file is
# the specification: every node takes a field to mean what this file says.
#
# Evolution: fields are only ever added, at the end, with a default that means what the absence of
# the field meant before. No number is used twice, and no field changes its type. A change that an
# old peer would misread raises protocol_version (round_messages.hpp). The join of a peer with
# another version is refused.
#
# Everywhere: rounds count from 1. A device is given by its number in the run (0 .. count - 1). A
# block is a fixed range of about 1 MiB of the model's flat parameters. The blocks of the running
# statistics come after those of the parameters, and both sides know the ranges from the manifest. A
# text named refusedBecause is empty when all is well. Otherwise it is one sentence for a person to
# read.

@0xf378bb4bf9c4bb53;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("verge::wire");

# -- membership -----------------------------------------------------------------------------------

struct Join {
  # Device to coordinator: the first message of a device.
  protocol @0 :UInt32;
  manifestHash @1 :Data;     # SHA-256 of the model's manifest, 32 bytes.
  device @2 :UInt32;
  samples @3 :UInt64;        # Size of the device's shard, above 0.
  codecs @4 :List(Text);     # Codec stages that the device knows ("none", "topk", "int8", ...).
}

struct Welcome {
  # Coordinator to device: the answer to Join.
  refusedBecause @0 :Text;
  lastUsed @1 :UInt32;       # The last round in which an update of this device was used; 0: none.
                             # A device that comes back may have missed the outcome.
}

# -- opening a round ------------------------------------------------------------------------------

struct LocalWork {
  enum Kind {
    gradient @0;             # Mean gradient of one batch.
    displacement @1;         # Parameters after the local steps minus parameters before them.
  }
  kind @0 :Kind;
  batchSize @1 :UInt32;
  localSteps @2 :UInt32;     # Exactly one of localSteps and localEpochs is positive.
  localEpochs @3 :UInt32;
  learningRate @4 :Float64;  # Rate of the local steps, or of the server's step with the mean
                             # gradient. The same holds for momentum and weightDecay.
  momentum @5 :Float64;
  weightDecay @6 :Float64;
  proximal @7 :Float64;      # For displacements: proximal x (parameters - parameters at the start
                             # of the work) is added to each local gradient. 0: plain SGD.
}

struct OpenRound {
  # Coordinator to every device of the cohort.
  round @0 :UInt32;
  version @1 :UInt64;        # Version of the model to start from.
  work @2 :LocalWork;
  deadlineMs @3 :UInt64;     # Counted from receipt. An update completed later is late.
}

# -- downlink -------------------------------------------------------------------------------------

struct ModelRequest {
  # Device to server: asks for one block of one version. At most two requests of a device may be
  # unanswered, and it asks for each block once. The server answers when it is the device's turn to
  # download, or with refusedBecause when the round is over before that.
  round @0 :UInt32;
  device @1 :UInt32;
  version @2 :UInt64;
  block @3 :UInt32;
  holds @4 :UInt64;          # 1 + the version that the device holds; 0: it holds no model.
}

struct ModelBlock {
  # Server to device: the answer to ModelRequest. A download is one of two things. The first is the
  # whole model, in the blocks of its parameters and statistics, all with codec "none". The second
  # is what a device that holds an earlier version lacks: the steps to the versions after it, in
  # order, each as one encoded update in parts of at most 1 MiB, and then the blocks of the
  # statistics of the requested version. The server sends the smaller one, and the codec of block 0
  # tells which it is. A device adds each step to its parameters, in order, as the server did, so
  # both hold the same bits.
  version @0 :UInt64;        # Version of the whole model or the statistics, or after the step.
  block @1 :UInt32;          # Place of this block in the download.
  batchesTracked @2 :Int64;  # Local steps that the running statistics have seen.
  refusedBecause @3 :Text;   # For example, the server has moved on from this version.
  codec @4 :Text;            # How payload is encoded; "none": little-endian IEEE 754 values.
  payload @5 :Data;
  blocks @6 :UInt32;         # Blocks in this download; 0: those of the whole model.
}

struct DownloadEnded {
  # Device to server: it has all blocks of its download, or has given it up. The next device may
  # start.
  round @0 :UInt32;
  device @1 :UInt32;
}

# -- uplink ---------------------------------------------------------------------------------------

struct UploadRequest {
  # Device to server: an update is ready, and the device asks to send it. The server answers when
  # the bytes fit its budget.
  round @0 :UInt32;
  device @1 :UInt32;
  samples @2 :UInt64;        # Samples that the update was computed from.
  steps @3 :UInt32;          # Local steps that it took.
  loss @4 :Float64;          # Mean training loss over those samples.
  blocks @5 :UInt32;         # UpdateBlocks that will follow. With codec "none" they are those of
                             # the model. Otherwise they are the encoded update in parts of
                             # 1 MiB, of which the last may be shorter.
  bytes @6 :UInt64;          # Sum of their payloads.
  computeSeconds @7 :Float64;  # Time of one processor for the work, 0 to a year; 0: not measured.
}

struct UploadGrant {
  # Server to device: the answer to UploadRequest.
  round @0 :UInt32;
  refusedBecause @1 :Text;
}

struct UpdateBlock {
  # Device to server, after the grant, in any order.
  round @0 :UInt32;
  device @1 :UInt32;
  block @2 :UInt32;
  codec @3 :Text;
  payload @4 :Data;
}

struct BlockAck {
  # Server to device: the answer to UpdateBlock.
  round @0 :UInt32;
  block @1 :UInt32;
  counted @2 :Bool;          # The update is complete, valid and part of the round's sum.
  refusedBecause @3 :Text;   # Not empty: the whole update is dropped.
}

struct WorkFailed {
  # Device to coordinator: no update will come in this round.
  round @0 :UInt32;
  device @1 :UInt32;
  reason @2 :Text;
  unusable @3 :Bool;         # The work was done, but no server would accept its update, which
                             # counts as refused.
}

# -- closing a round ------------------------------------------------------------------------------

struct RoundOutcome {
  # Coordinator to every device of the cohort, when the round is closed, whether it is committed or
  # abandoned: what became of its update. The device keeps or rolls back its residual accordingly.
  enum Fate {
    used @0;
    late @1;
    lost @2;
    refused @3;
  }
  round @0 :UInt32;
  fate @1 :Fate;
  reason @2 :Text;
  version @3 :UInt64;        # The model's version after the round.
}
