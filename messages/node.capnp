# How the process of a device becomes part of a run: four messages before the first of round.capnp,
# and one after the last. What round.capnp says of new fields and of refusedBecause holds here too.
#
#   device  -> Hello       who I am
#   server  -> Invitation  what the run trains; prove it
#   device  -> Proof       a signature, and which device of the run I want to be
#   server  -> Admission   the number you have
#   (or, in the place of Proof or Join: device -> Decline  why I cannot take part;
#    the answer is an Admission)
#   ... Join and the rounds, as round.capnp says ...
#   server  -> RunOver

@0xc2b6ad8d60e2f18d;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("verge::wire");

struct Hello {
  # Device to gate: the first message on a connection.
  protocol @0 :UInt32;
  name @1 :Text;             # The name in the list of known devices.
}

struct RunTerms {
  # What a device has to know to do the work of a run. It is the same for all devices of a run.
  runId @0 :Data;            # 16 random bytes, drawn when the run began. A resumed run keeps them.
  experiment @1 :Text;
  arm @2 :Text;
  seed @3 :UInt64;
  devices @4 :UInt32;        # Devices are numbered from 0 to devices - 1.
  cohort @5 :UInt32;         # Number of devices that share a round.
  codecUp @6 :Text;
  codecDown @7 :Text;

  network @8 :Text;          # A built-in network, for pictures of this shape.
  norm @9 :Text;
  float64 @10 :Bool;         # false: float32.
  channels @11 :UInt32;
  height @12 :UInt32;
  width @13 :UInt32;
  classes @14 :UInt32;

  dataName @15 :Text;        # The data set that shards are cut from, and how its files are read.
  trainSamples @16 :UInt64;  # The run uses that many samples, the first ones; 0: all.
  partition @17 :Text;       # How shards are cut, as experiment files write it.
                             # Protocol version 2 knows only "iid".
  mean @18 :List(Float32);   # Per channel: value = (pixel / 255 - mean) / deviation.
  deviation @19 :List(Float32);
  flip @20 :Bool;            # How training pictures are augmented.
  cropPadding @21 :UInt32;
  sharesStatistics @22 :Bool = true;  # Whether batch norm's statistics travel with the model.
  sharesControls @23 :Bool;  # Whether a control variate per parameter travels with it.
  dataSamples @24 :UInt64;   # Training samples in the server's data set; 0: it does not say.
  labelsHash @25 :Data;      # SHA-256 of the labels of the first trainSamples samples, each as
                             # 8 little-endian bytes; empty: the server does not say.
}

struct Invitation {
  # Gate to device: the answer to Hello.
  refusedBecause @0 :Text;
  challenge @1 :Data;        # 32 random bytes to sign; empty where the run knows no keys.
  terms @2 :RunTerms;
  isOver @3 :Bool;           # With refusedBecause: the run has ended, so a device need not return.
  comeBack @4 :Bool;         # With refusedBecause: the device may be admitted later.
  endedRun @5 :Data;         # With isOver: the runId of that run.
}

struct Proof {
  # Device to session.
  signature @0 :Data;        # Ed25519 signature of text_to_sign() in node_messages.hpp; empty
                             # without a challenge.
  wants @1 :UInt32;          # 1 + the number of the shard it holds; 0: any free number.
}

struct Admission {
  # Session to device: the answer to Proof.
  refusedBecause @0 :Text;
  device @1 :UInt32;         # Its number in the run, which it keeps whenever it comes back.
}

struct Decline {
  # Device to session, before Join: it cannot do the work of this run, and leaves. The answer is an
  # Admission that refuses with the same reason, so the device knows that the server has read it.
  reason @0 :Text;           # The server reads its first 512 bytes.
}

struct RunOver {
  # Session to device: no more rounds will come.
  failure @0 :Text;          # Not empty: the reason why the run could not continue.
  isUnfinished @1 :Bool;     # The run has not reached its last round, and may be resumed.
}
