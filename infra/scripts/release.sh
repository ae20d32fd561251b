#!/bin/sh
# Cut the release that pyproject.toml names: build it from what is committed, prove it where there is no work tree, and
# put wheel, source archive and checksums into dist/. Nothing is uploaded anywhere.
#   release.sh             refuses where the work tree or the changelog is not ready for this version
#   release.sh --rehearse  builds and proves what is committed, ready or not, and keeps nothing; CI does
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

rehearse=false
case ${1:-} in
  '') ;;
  --rehearse) rehearse=true ;;
  *) fail "release.sh knows no '$1': call it with nothing or with --rehearse." ;;
esac

root=$(pwd -P)
release=$(.venv/bin/python -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])')
work=$(mktemp -d)
serving=
cleanup() {
  [ -z "$serving" ] || kill "$serving" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

ready() {
  [ -z "$(git status --porcelain)" ] || fail "The work tree has changes: commit them, so that the release is what is in the history."
  case $release in
    *dev* | *a* | *b* | *rc*) fail "pyproject.toml says $release, which is no release: take the ending away." ;;
  esac
  grep -q "^## $release - [0-9]\{4\}-[0-9][0-9]-[0-9][0-9]$" CHANGELOG.md ||
    fail "CHANGELOG.md has no section '## $release - YYYY-MM-DD': give 'Unreleased' its name and day."
}

# The same commit makes the same bytes: files of the history only, at the time of the commit.
build() {
  mkdir "$work/tree"
  git archive HEAD | tar -x -C "$work/tree"
  say "Building $release from $(git rev-parse --short HEAD)."
  (cd "$work/tree" && SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct) \
    "$root/.venv/bin/python" -m hatchling build -t sdist -t wheel -d "$work/dist") >"$work/build.log" 2>&1 ||
    { tail -n 20 "$work/build.log"; fail "The packages could not be built."; }
  # A wheel from the source archive alone has to be the same one.
  mkdir "$work/unpacked"
  tar -xzf "$work/dist/crossfade-$release.tar.gz" -C "$work/unpacked"
  (cd "$work/unpacked/crossfade-$release" && SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct) \
    "$root/.venv/bin/python" -m hatchling build -t wheel -d "$work/again") >>"$work/build.log" 2>&1 ||
    { tail -n 20 "$work/build.log"; fail "No wheel can be built from the source archive."; }
  cmp -s "$work/dist/crossfade-$release-py3-none-any.whl" "$work/again/crossfade-$release-py3-none-any.whl" ||
    fail "The wheel from the source archive differs from the one from the history: see [tool.hatch.build] in pyproject.toml."
  cp "$work/tree/infra/locks/run.txt" "$work/tree/docs/examples/radio.py" "$work"
  rm -rf "$work/tree" "$work/unpacked"
}

# environment NAME LOCK: an environment in the scratch folder with the packages of a lock
environment() {
  "$UV" venv --quiet --no-project --python "$PY" "$work/$1"
  "$UV" pip install --quiet --python "$work/$1/bin/python" --require-hashes --only-binary :all: -r "$2"
}

# The wheel where nothing but the wheel can be imported, from anybody's tables to lists.
prove_wheel() {
  say "Proving the wheel: from tables to lists, with no work tree."
  environment run "$work/run.txt"
  "$UV" pip install --quiet --offline --no-deps --python "$work/run/bin/python" "$work/dist/crossfade-$release-py3-none-any.whl"
  [ "$(crossfade --version)" = "crossfade $release" ] || fail "The wheel calls itself '$(crossfade --version)'."
  for package in flows pipelines serving validation; do
    place=$(cd "$work" && run/bin/python -c "import $package; print($package.__file__)")
    case $place in "$work"/run/*) ;; *) fail "The package $package is read from elsewhere, not from the wheel." ;; esac
  done
  (cd "$work" && run/bin/python radio.py)
  crossfade ingest files --interactions plays.csv --tracks tracks.csv
  crossfade train
  crossfade promote
  crossfade recommend --user listener-0 -k 5
}

crossfade() (cd "$work" && CROSSFADE_HOME=$work/home PYTHONPATH='' "$work/run/bin/crossfade" "$@")

# The Bento the wheel builds, in an environment that holds what it asks for and nothing else.
prove_bento() {
  say "Proving the Bento: built, started from its folder, asked for a list."
  crossfade build >"$work/bento.log"
  bento=$(sed -n 's/^ *folder: *//p' "$work/bento.log")
  [ -d "$bento/src" ] || { cat "$work/bento.log"; fail "There is no Bento."; }
  environment service "$bento/env/python/requirements.txt"
  port=$("$PY" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  mkdir "$work/served"
  # Without a home folder of its own it serves the model it was packed with.
  unset CROSSFADE_HOME
  (cd "$work/served" && BENTOML_HOME=$work/served/bentoml PYTHONPATH='' DO_NOT_TRACK=1 \
    BENTOML_DO_NOT_TRACK=True exec "$work/service/bin/bentoml" serve "$bento" --host 127.0.0.1 --port "$port") \
    >"$work/served.log" 2>&1 &
  serving=$!
  "$PY" - "http://127.0.0.1:$port" <<'END' || { tail -n 20 "$work/served.log"; fail "The Bento does not answer as it should."; }
import json, sys, time
from urllib.request import Request, urlopen

address = sys.argv[1]
deadline = time.monotonic() + 120
while True:
    try:
        urlopen(f"{address}/readyz", timeout=5)
        break
    except OSError:
        if time.monotonic() > deadline:
            sys.exit("not ready after two minutes")
        time.sleep(0.5)
body = json.dumps({"history": {"t1": 1.0}, "k": 3}).encode()
asked = Request(f"{address}/v1/recommendations", body, {"Content-Type": "application/json"})
answer = json.load(urlopen(asked, timeout=10))
titles = [entry["track"]["title"] for entry in answer["recommendations"]]
if len(titles) != 3:
    sys.exit(f"asked for three tracks, got {answer}")
print(f"Model {answer['model_version']} recommends {', '.join(titles)} to who played Track 1.")
END
}

$rehearse || ready
find_python
get_uv || fail "uv could not be installed, which makes the environments of the proof."
build
prove_wheel
prove_bento
if $rehearse; then
  say "The release $release could be cut: wheel and Bento do what they should."
  exit 0
fi
mkdir -p dist
cp "$work/dist/crossfade-$release"* dist/
(cd dist && sha256sum "crossfade-$release"* >SHA256SUMS)
say "Release $release lies in dist/:"
cat dist/SHA256SUMS
say "Next: git tag -a v$release -m 'Crossfade $release', and push the tag."
