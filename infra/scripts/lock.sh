#!/bin/sh
# Regenerate infra/locks/*.txt: names, versions and hashes, valid for every supported Python and platform, with no
# index address in them. Needs the network. Newer releases are taken when LOCK_UPGRADE=1; otherwise what is locked stays.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

find_python
get_uv || fail "uv could not be installed, and only uv can make these locks."

locks=infra/locks
compile() {
  output=$1
  shift
  say "Locking $output"
  "$UV" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
    ${LOCK_UPGRADE:+--upgrade} --constraint "$locks/constraints.txt" --output-file "$output" "$@"
  if grep -n '://' "$output"; then
    fail "$output names an address; a lock has to work with any index."
  fi
}

# The order matters: what runs in production is resolved first, and the larger sets have to agree with it.
compile "$locks/bootstrap.txt" "$locks/bootstrap.in"
compile "$locks/run.txt" --extra all --group build pyproject.toml
compile "$locks/worker.txt" --extra all --extra cluster --group build --constraint "$locks/run.txt" pyproject.toml
compile "$locks/dev.txt" --extra all --extra spark --extra cluster --group dev --constraint "$locks/worker.txt" pyproject.toml
compile "$locks/service.txt" --constraint "$locks/run.txt" "$locks/service.in"
# Not --universal and not under our constraints: an environment of its own, for Python 3.11 alone.
say "Locking $locks/peers.txt"
"$UV" pip compile --quiet --no-config --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --no-annotate --no-header ${LOCK_UPGRADE:+--upgrade} --output-file "$locks/peers.txt" "$locks/peers.in"
say "Done. Run 'make test' before you commit the new locks."
