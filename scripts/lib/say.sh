# Output and exit statuses of the scripts: 1 = something failed, 2 = the script cannot work with
# this system or call. Sourced, not run.
# shellcheck shell=bash

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die STATUS TEXT...: writes one line to standard error and exits.
die() {
  local status=$1
  shift
  say "$@"
  exit "$status"
}
