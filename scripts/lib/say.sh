# Output and exit statuses shared by the scripts: 1 something failed, 2 this system or call is not
# what the script can work with. Sourced, not run.
# shellcheck shell=bash

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die STATUS TEXT...: one line to standard error, then exit.
die() {
  local status=$1
  shift
  say "$@"
  exit "$status"
}
