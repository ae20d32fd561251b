#!/bin/sh
# See to it that there is a Chromium for the browser tests. Playwright's own download is not used: it is large, and not
# everybody's network allows it. As root on Debian it is installed; elsewhere a missing one is said, and in CI
# (CI=true) it is an error, because a skipped browser test must not look like a passed one.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

find_browser() {
  for name in "${CROSSFADE_CHROMIUM:-chromium}" chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && return 0
  done
  return 1
}

find_browser && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  say "Installing Chromium for the browser tests (apt-get)."
  mkdir -p "$TOOLS"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >"$TOOLS/browser.log" 2>&1 || true
  find_browser && exit 0
  why="apt-get could not install it, see $TOOLS/browser.log"
else
  why="install it, or name one with CROSSFADE_CHROMIUM=/path/to/chromium"
fi

[ "${CI:-}" != true ] || fail "There is no Chromium for the browser tests ($why)."
say "There is no Chromium, so the browser tests will be skipped ($why)."
