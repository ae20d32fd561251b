#!/bin/sh
# Make or refresh .venv from a hash-locked file and install this project into it, editable.
#   setup.sh run    what 'make run' needs (infra/locks/run.txt)
#   setup.sh dev    that, and what tests and checks need (infra/locks/dev.txt)
# Does nothing when nothing has changed.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

kind=${1:-run}
lock=infra/locks/$kind.txt
[ -f "$lock" ] || fail "There is no $lock: use 'setup.sh run' or 'setup.sh dev'."

# The folder belongs to the key: an environment that was moved points to where it was.
key() { { cat "$@" pyproject.toml; pwd -P; } | fingerprint; }
run_key=$(key infra/locks/run.txt)
dev_key=$(key infra/locks/run.txt infra/locks/dev.txt)
is_current() { [ "$(cat ".venv/$1-stamp" 2>/dev/null)" = "$2" ]; }

minor_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }
wanted_python() { [ -z "${PYTHON:-}" ] || [ "$(minor_version .venv/bin/python)" = "$(minor_version "$PYTHON")" ]; }

if [ -x .venv/bin/python ] && [ -x .venv/bin/crossfade ] && wanted_python; then
  # dev.txt holds all of run.txt, so either will do for running.
  if is_current dev "$dev_key" || { [ "$kind" = run ] && is_current run "$run_key"; }; then
    exit 0
  fi
fi

find_python
PY_VERSION=$(minor_version "$PY")
have_uv=true
get_uv || have_uv=false
: >"$LOG"

# An environment that still works is kept and brought up to date; anything else is made anew.
venv_version=$(minor_version .venv/bin/python) || venv_version=
case $venv_version in 3.11 | 3.12 | 3.13) ;; *) venv_version= ;; esac
[ "$(cat .venv/place 2>/dev/null)" = "$(pwd -P)" ] || venv_version=
[ -z "${PYTHON:-}" ] || [ "$venv_version" = "$PY_VERSION" ] || venv_version=

if [ -z "$venv_version" ]; then
  free_kb=$(df -Pk . | awk 'NR == 2 { print $4 }')
  needed_mb=$([ "$kind" = dev ] && echo 2700 || echo 1500)
  [ "${free_kb:-9999999}" -ge $((needed_mb * 1000)) ] ||
    fail "The set-up needs about $needed_mb MB of disk here, and $((free_kb / 1000)) MB are free."
  say "Making the environment .venv with Python $PY_VERSION."
  rm -rf .venv || fail "The old .venv cannot be removed: check its owner and rights."
  if $have_uv; then
    logged "$UV" venv --quiet --no-project --python "$PY" .venv || explain_and_fail "$lock"
  else
    # --without-pip because some systems ship the venv module without what puts pip there
    logged "$PY" -m venv --without-pip .venv || explain_and_fail "$lock"
  fi
  pwd -P >.venv/place
fi
rm -f .venv/run-stamp .venv/dev-stamp

say "Installing the packages of $lock (seconds where they are cached, else a minute or two)."
installed=false
if $have_uv; then
  logged "$UV" pip install --python .venv/bin/python --require-hashes -r "$lock" && installed=true
  if ! $installed && grep -qiE 'no space left|disk quota|hash mismatch' "$LOG"; then
    explain_and_fail "$lock"
  fi
fi
if ! $installed; then
  say "uv did not do it here; trying pip, which takes longer."
  : >"$LOG"
  # --no-deps: the lock is complete, and older releases of pip trip over "package[extra]" when they check hashes.
  logged quiet_pip --python .venv/bin/python install --progress-bar off --no-deps --require-hashes -r "$lock" || explain_and_fail "$lock"
fi

say "Installing Crossfade itself, editable."
if $have_uv; then
  logged "$UV" pip install --quiet --offline --python .venv/bin/python --no-build-isolation --no-deps --editable . ||
    fail "Crossfade itself could not be installed; the end of $LOG says why."
else
  logged quiet_pip --python .venv/bin/python install --quiet --no-index --no-build-isolation --no-deps --editable . || fail "Crossfade itself could not be installed; the end of $LOG says why."
fi

# Wheels bring all they need but one thing: implicit expects the compiler's OpenMP library on the machine, and a slim
# image has none. Better said here than in the middle of a training.
loads() { .venv/bin/python -c 'import implicit.cpu.als, pandas, pyarrow, scipy.sparse, sklearn' 2>>"$LOG"; }
if ! loads; then
  if ! grep -q 'libgomp' "$LOG"; then
    fail "The installed packages cannot be loaded; the end of $LOG says why."
  fi
  { debian_install libgomp1 && loads; } ||
    fail "The library libgomp.so.1 is missing: install it (on Debian: apt-get install libgomp1) and run the same command again."
fi

say "Preparing Prefect's database (once, about fifteen seconds)."
logged .venv/bin/python -m flows.prefect_env || say "That did not work now; the first run will do it."

printf '%s' "$run_key" >.venv/run-stamp
[ "$kind" = run ] || printf '%s' "$dev_key" >.venv/dev-stamp
say "The environment is ready."
