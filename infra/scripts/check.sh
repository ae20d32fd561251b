#!/bin/sh
# Every check, each one even after another has failed: format, lint, types, import directions, spelling, project file.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

failed=
check() {
  name=$1
  shift
  say "-- $name"
  "$@" || failed="$failed, $name"
}

check format .venv/bin/ruff format --check .
check lint .venv/bin/ruff check .
check types .venv/bin/mypy
check imports .venv/bin/lint-imports
check spelling .venv/bin/codespell
check pyproject .venv/bin/validate-pyproject pyproject.toml

[ -z "$failed" ] || fail "These checks failed: ${failed#, }."
say "All checks passed."
