#!/bin/sh
# See to it that there is a Chromium for the browser tests, and that Playwright can drive it. Playwright's own download
# is not used: it is large, and not everybody's network allows it. As root on Debian what lacks is installed; elsewhere
# it is said, and in CI (CI=true) it is an error, because a skipped browser test must not look like a passed one.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

have_browser() {
  for name in "${CROSSFADE_CHROMIUM:-chromium}" chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && return 0
  done
  return 1
}

# Playwright's driver is a Node.js of its own, which a slim image cannot start for want of libatomic1.
have_driver() { .venv/bin/python -m playwright --version >/dev/null 2>&1; }

lacking=
have_browser || lacking=chromium
have_driver || lacking="$lacking${lacking:+ }libatomic1"
[ -n "$lacking" ] || exit 0

# shellcheck disable=SC2086 # one or two names
if debian_install $lacking && have_browser && have_driver; then
  exit 0
fi

how="install it, or name a browser with CROSSFADE_CHROMIUM=/path/to/chromium"
[ "${CI:-}" != true ] || fail "The browser tests cannot run for want of $lacking: $how."
say "The browser tests will be skipped for want of $lacking: $how."
