# shellcheck shell=sh
# Shared by the scripts beside it: words on the terminal, a fitting Python, and uv. Sourced, plain POSIX sh, because a
# fresh machine may have nothing more.

TOOLS=.tools
LOG=$TOOLS/setup.log

say() { printf '%s\n' "$*"; }

fail() {
  printf 'crossfade: %s\n' "$*" >&2
  exit 1
}

# A hash of what is given on standard input.
fingerprint() { cksum | tr ' ' '-'; }

# Install Debian packages where that can be done without asking anybody: as root, with apt-get.
debian_install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  say "Installing, because this machine lacks it: $* (apt-get)"
  mkdir -p "$TOOLS"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } \
    >"$TOOLS/apt.log" 2>&1 </dev/null
}

# Show a command's output as it comes, keep it in $LOG, and pass on its exit status, which a pipe would lose. The
# list of two hundred package names that uv prints at the end stays in the log.
logged() {
  {
    status=0
    "$@" 2>&1 || status=$?
    printf '%s' "$status" >"$TOOLS/status"
  } | tee -a "$LOG" | awk '!/^( [-+~] |Ignoring |Installing collected |Successfully installed )/ { print; fflush() }'
  return "$(cat "$TOOLS/status")"
}

# The last lines of the log say which of the usual reasons it was. One sentence each, with what to do.
explain_and_fail() {
  if grep -qiE 'no space left|disk quota' "$LOG"; then
    fail "The disk is full: free about 2 GB and run the same command again."
  elif grep -qiE 'hash mismatch|do not match the hashes' "$LOG"; then
    fail "A package does not match its hash in $1, so it was not installed; the index serves another file than was locked."
  elif grep -qiE 'error sending request|dns error|name resolution|name or service not known|timed out|unreachable|connection (refused|reset|error)|failed to establish|proxyerror|failed to fetch|max retries|certificate' "$LOG"; then
    fail "The package index could not be reached: check the network and pip's settings (pip config list), then run the same command again."
  elif grep -qiE 'permission denied|read-only file system' "$LOG"; then
    fail "This folder cannot be written to: check its owner and rights, then run the same command again."
  elif grep -qiE 'no matching distribution|not found in the package registry|no versions? of' "$LOG"; then
    fail "The package index does not offer a package that $1 names, or not for this platform; see the end of $LOG."
  fi
  fail "The packages of $1 could not be installed; the end of $LOG says why."
}

# Set PY to a Python this project runs on, with pip where there is a choice. PYTHON=... overrules the search. Candidates
# are started, not only found: a version manager's shim exists for versions that are not there.
find_python() {
  PY=
  without_pip=
  seen=
  if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11 python; fi
  for candidate; do
    version=$("$candidate" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue
    case $version in
      3.11.* | 3.12.* | 3.13.*) ;;
      *)
        seen="$seen $candidate is $version,"
        continue
        ;;
    esac
    if "$candidate" -m pip --version >/dev/null 2>&1; then
      PY=$candidate
      break
    fi
    [ -n "$without_pip" ] || without_pip=$candidate
  done
  if [ -z "$PY" ]; then
    if [ -z "$without_pip" ]; then
      [ -z "$seen" ] || fail "Python 3.11, 3.12 or 3.13 is needed, but${seen%,}: install one, or name one with PYTHON=/path/to/python."
      fail "Python 3.11, 3.12 or 3.13 is needed and was not found: install one, or name one with PYTHON=/path/to/python."
    fi
    PY=$without_pip
    # A uv that is already on the machine can do without pip.
    command -v uv >/dev/null 2>&1 ||
      fail "$PY has no pip, which the set-up needs: install it (on Debian: apt-get install python3-pip) and run the same command again."
  fi
}

# The pip of $PY, without questions and without the settings that forbid a --target or a foreign environment.
quiet_pip() {
  env PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1 \
    PIP_RETRIES=2 "$PY" -m pip "$@"
}

# Set UV to the locked release of uv, put into .tools by pip. Installing into a folder of its own needs
# neither the venv module nor rights on the system's Python. Returns 1 where there is no uv for this machine.
get_uv() {
  mkdir -p "$TOOLS" || fail "The folder $(pwd)/$TOOLS cannot be made: check the rights of the folder above it."
  UV=$TOOLS/uv/bin/uv
  uv_stamp=$(fingerprint <infra/locks/bootstrap.txt)
  if [ "$(cat $TOOLS/uv/stamp 2>/dev/null)" != "$uv_stamp" ] || ! "$UV" --version >/dev/null 2>&1; then
    say "Fetching the installer (uv) with pip."
    : >"$LOG"
    rm -rf "$TOOLS/uv"
    if logged quiet_pip install --quiet --target "$TOOLS/uv" --only-binary :all: --no-deps --require-hashes -r infra/locks/bootstrap.txt &&
      "$UV" --version >/dev/null 2>&1; then
      printf '%s' "$uv_stamp" >"$TOOLS/uv/stamp"
    elif command -v uv >/dev/null 2>&1; then
      UV=$(command -v uv)
    else
      return 1
    fi
  fi
  # uv does not read pip's settings, and somebody who told pip about an index means this set-up too.
  pip_settings=$("$PY" infra/scripts/pip_settings.py 2>/dev/null) && eval "$pip_settings"
  # Never take a uv configuration from a folder above this one, but keep the person's own.
  uv_config=${UV_CONFIG_FILE:-${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}/uv/uv.toml}
  if [ -f "$uv_config" ]; then
    export UV_CONFIG_FILE="$uv_config"
  else
    export UV_NO_CONFIG=1
  fi
  export UV_PYTHON_DOWNLOADS=never
}
