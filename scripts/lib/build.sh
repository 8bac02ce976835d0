# Configures and builds a preset of CMakePresets.json. This file is sourced, not run. It needs
# say.sh, packages.sh and $root, the repository.
# shellcheck shell=bash disable=SC2154

# build_jobs: one job per core, but at most one per 2 GB of memory, because compiling a file that
# includes LibTorch takes over 1 GB.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ {print int($2 / 2000000)}' /proc/meminfo 2>/dev/null)
  ((${memory:-$cores} < cores)) && cores=$((memory > 0 ? memory : 1))
  echo "$cores"
}

# cached PRESET VARIABLE: its value in the configured build.
cached() { sed -n "s/^$2:[A-Z]*=//p" "$root/build/$1/CMakeCache.txt" 2>/dev/null; }

# configure PRESET ON|OFF: runs CMake once; after that Ninja itself runs it again when needed. The
# second argument says whether the build has tests and examples. A build that has them keeps them.
# Where the variable `werror` is set, warnings are errors.
configure() {
  local preset=$1 tests=$2
  if [[ -e $root/build/$preset/build.ninja ]]; then
    [[ $tests == OFF || $(cached "$preset" VERGE_BUILD_TESTS) == ON ]] && return
  fi
  say "configuring build/$preset"
  (cd "$root" && cmake --preset "$preset" --log-level=WARNING \
    -DVERGE_BUILD_TESTS="$tests" -DVERGE_BUILD_EXAMPLES="$tests" \
    ${werror:+-DCMAKE_COMPILE_WARNING_AS_ERROR=ON}) >&2
}

# build PRESET [TARGET]: builds everything, or one target.
build() {
  local preset=$1
  cmake --build "$root/build/$preset" --parallel "$(build_jobs)" ${2:+--target "$2"} >&2
}

# set_up PRESET ON|OFF PACKAGE...: installs the packages, then configures the build.
set_up() {
  local preset=$1 tests=$2
  shift 2
  if is_supported_debian; then
    install_packages "$@"
    configure "$preset" "$tests" || die 1 "cmake --preset $preset failed (output above)"
  elif ! command -v cmake >/dev/null || ! configure "$preset" "$tests"; then
    explain_other_system "$@"
    exit 2
  fi
}
