#!/usr/bin/env bash
# CAF 0.17.6, make_response_promise(): expected was that a handler which makes a response promise still
# knows who sent the message. The promise takes the sender out of the message instead, so
# current_sender() is null from then on, in the same handler, and a message that is sent "back" goes
# nowhere without an error. The comments of both functions in the headers do not say so.
#
# Seen on 2026-11-30 with Debian 12's packages libcaf-dev and libcaf-core0.17, version 0.17.6.
# Verge takes the sender before it makes a promise: on_begin() in actors/server/server.cpp.
#
# 0: the behaviour is as described; 1: it has changed; 2: it could not be tried.
set -euo pipefail

version=0.17.6-2.1+b1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in libcaf-dev libcaf-core0.17; do
  if ! apt-get -qq download "$package=$version" 2>apt.log || ! dpkg -x "$package"_*.deb caf; then
    echo "$0: $package $version cannot be had here; expected Debian 12 and a network" >&2
    exit 2
  fi
done

cat >probe.cpp <<'CPP'
#include <caf/all.hpp>
#include <cstdio>

using asked = caf::typed_actor<caf::replies_to<int>::with<int>>;

int main() {
  caf::actor_system_config config;
  caf::actor_system system{config};
  const auto who = system.spawn([](asked::pointer self) -> asked::behavior_type {
    return {[self](int question) -> caf::typed_response_promise<int> {
      const bool before = self->current_sender() != nullptr;
      auto promise = self->make_response_promise<caf::typed_response_promise<int>>();
      const bool after = self->current_sender() != nullptr;
      std::printf("sender known before the promise: %s, after it: %s\n", before ? "yes" : "no",
                  after ? "yes" : "no");
      promise.deliver(question + 1);
      return promise;
    }};
  });
  caf::scoped_actor self{system};
  self->request(who, caf::infinite, 41).receive([](int) {}, [](const caf::error&) {});
}
CPP
lib=$(dirname "$(find caf -name 'libcaf_core.so.*' | head -n 1)")
g++ -std=c++20 -w -isystem caf/usr/include probe.cpp "$lib"/libcaf_core.so.* -pthread -o probe || exit 2
echo "CAF $version"
seen=$(LD_LIBRARY_PATH=$lib ./probe)
echo "$seen"
[[ $seen == "sender known before the promise: yes, after it: no" ]]
