#!/bin/sh
# Make .tools/peers: other recommender libraries in an environment of their own, for 'crossfade benchmark --peers'. Prints
# its interpreter. Does nothing when nothing has changed.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

lock=infra/locks/peers.txt
peers=$TOOLS/peers
stamp=$(fingerprint <"$lock")
if [ "$(cat $peers/stamp 2>/dev/null)" != "$stamp" ]; then
  python=
  for candidate in ${PYTHON:-} python3 python3.11; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && python=$candidate && break
  done
  [ -n "$python" ] || fail "The other libraries need Python 3.11: name one with PYTHON=/path/to/python3.11."
  find_python
  get_uv || fail "uv could not be installed, and the other libraries' environment is made with it."
  rm -rf "$peers"
  {
    say "Making the other libraries' environment."
    logged "$UV" venv --quiet --no-project --python "$python" "$peers" || explain_and_fail "$lock"
    logged "$UV" pip install --python "$peers/bin/python" --require-hashes -r "$lock" || explain_and_fail "$lock"
  } >&2
  printf '%s' "$stamp" >"$peers/stamp"
fi
say "$peers/bin/python"
