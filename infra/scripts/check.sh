#!/bin/sh
# Every check, each one even after another has failed: format, lint, types, import directions, spelling, and the files that
# other programs read: the project file, shell scripts, Dockerfiles, compose, workflows. None asks the network.
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
check docs infra/scripts/docs.sh check
check pyproject .venv/bin/validate-pyproject pyproject.toml
check "shell scripts" .venv/bin/shellcheck -x .ci/run infra/scripts/*.sh infra/docker/*.sh
check workflows .venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
check dependabot .venv/bin/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
# zizmor runs on Linux only, as it is asked for.
if [ -x .venv/bin/zizmor ]; then
  check "workflow safety" .venv/bin/zizmor --offline --quiet .github
fi
check compose .venv/bin/check-jsonschema --quiet --builtin-schema vendor.compose-spec infra/compose/compose.yaml
# hadolint has no wheel for every platform.
if [ -x .venv/bin/hadolint ]; then
  check Dockerfiles .venv/bin/hadolint infra/docker/*.Dockerfile
fi

[ -z "$failed" ] || fail "These checks failed: ${failed#, }."
say "All checks passed."
