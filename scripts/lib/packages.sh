# Lists and installs the Debian packages that Verge needs. Sourced, not run; needs say.sh.
# shellcheck shell=bash disable=SC2034

# Packages for a build and a run. Development packages bring their libraries.
run_packages=(
  g++ cmake ninja-build
  libcaf-dev                              # actors
  libtorch-dev libopenblas0-pthread       # training; OpenBLAS is 2-3 x the reference BLAS
  libcapnp-dev capnproto pkg-config       # messages, their compiler, a tool of its CMake package
  libboost-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libfmt-dev
  libfccp-dev librandom123-dev libssl-dev libzstd-dev zlib1g-dev
  libjs-chart.js                          # chart library of the report
  dataset-fashion-mnist                   # data set of the quickstart
)
# More packages for the tests.
test_packages=(libboost-test-dev gnuplot-nox)
# References for a few tests, which skip themselves where these packages are missing.
optional_test_packages=(python3-torch chromium clang libclang-rt-dev iproute2)

# find_missing PACKAGE...: puts the packages that are not installed into the array `missing`.
find_missing() {
  local package installed
  # dpkg-query fails when it does not know one of the packages, but still lists the others.
  installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  missing=()
  for package in "$@"; do
    [[ $'\n'$installed$'\n' == *$'\n'"installed $package"$'\n'* ]] || missing+=("$package")
  done
}

# apt_get ARGUMENTS...: runs apt-get as root without questions. Its output is shown only on failure.
apt_get() {
  local output as_root=()
  ((EUID == 0)) || as_root=(sudo)
  if ! output=$("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null 2>&1); then
    tail -n 20 <<<"$output" >&2
    return 1
  fi
}

# is_supported_debian: true on Debian 12 and 13, whose package names the lists above have.
is_supported_debian() {
  [[ -r /etc/os-release ]] || return 1
  # shellcheck source=/dev/null
  (source /etc/os-release && [[ ${ID-} == debian && ${VERSION_ID-} =~ ^1[23]$ ]])
}

# install_packages PACKAGE...: installs the missing packages; changes nothing when none is missing.
install_packages() {
  local missing=()
  find_missing "$@"
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || command -v sudo >/dev/null ||
    die 2 "installing takes root and there is no sudo; as root: apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  apt_get update || die 1 "apt-get update failed (output above); is there a network?"
  apt_get install --yes --no-install-recommends "${missing[@]}" ||
    die 1 "apt-get could not install ${missing[*]} (output above)"
}

# install_optional PACKAGE...: installs each package by itself; a failure only skips the tests that
# use the package.
install_optional() {
  local missing=() package
  find_missing "$@"
  ((${#missing[@]})) || return 0
  apt_get update || say "apt-get update failed (output above)"
  for package in "${missing[@]}"; do
    say "installing $package (optional)"
    apt_get install --yes --no-install-recommends "$package" ||
      say "going on without $package; the tests that use it are skipped"
  done
}

# explain_other_system: says what a system other than Debian 12 or 13 must have.
explain_other_system() {
  cat >&2 <<EOF
${0##*/}: the build needs, under the names of Debian 12 and 13:
  $*
Other systems must have the same: a C++20 compiler, CMake 3.22, Ninja, CAF 0.17.6 (core, io,
openssl), LibTorch 1.13 to 2.6, Cap'n Proto, toml++ 3.3, nlohmann-json 3.11, CLI11 2.1, fmt 9,
Random123, OpenSSL, zlib, zstd, an optimised BLAS, Chart.js 3 and the Fashion-MNIST files.
EOF
}
