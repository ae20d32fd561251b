#!/bin/sh
# Run tests in an environment of its own, in .tools, on other packages than those of everybody's work.
#   core_tests.sh locked    the core's tests, on the packages of the project file without any extra, in the versions that are locked:
#                           no Prefect, MLflow, Great Expectations, BentoML
#   core_tests.sh lowest    the core's, on those and the extra 'training', in the oldest versions that the project file allows
#   core_tests.sh extras    flows, gate, sources and service on the oldest versions of every extra that one machine needs: unit
#                           tests, one night through Prefect, MLflow and Great Expectations, and calls to a live service
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

versions=${1:-locked}
oldest="--constraint infra/locks/constraints.txt --resolution lowest-direct"
# The stages that need no other extra: sources need spotipy, the store SQLAlchemy.
tests="tests/unit/data tests/unit/features tests/unit/recommenders tests/unit/evaluation"
case $versions in
  locked)
    how="--constraint infra/locks/dev.txt"
    # Searches are Optuna's, and the ranker is fitted with LightGBM.
    tests="$tests --ignore tests/unit/evaluation/test_search.py --ignore tests/unit/recommenders/test_ensembles.py"
    ;;
  lowest) how="$oldest --extra training" ;;
  extras)
    how="$oldest --extra all --group build"
    tests="tests/unit/flows tests/unit/validation tests/unit/sources tests/unit/store tests/unit/release tests/unit/monitoring"
    tests="$tests tests/unit/serving tests/integration/flows/test_batch.py tests/integration/flows/test_lifecycle.py"
    tests="$tests tests/integration/serving/test_listening.py tests/integration/serving/test_served_lists.py"
    ;;
  *) fail "There are no versions '$versions': say locked, lowest or extras." ;;
esac
find_python
get_uv || fail "uv could not be installed, and this environment is made with it."
: >"$LOG"

environment=$TOOLS/$versions
packages=$TOOLS/$versions.txt
rm -rf "$environment"
# shellcheck disable=SC2086 # several options
logged "$UV" pip compile --quiet --no-config --python "$PY" $how --output-file "$packages" pyproject.toml >/dev/null ||
  explain_and_fail pyproject.toml
logged "$UV" venv --quiet --no-project --python "$PY" "$environment" || explain_and_fail "$packages"
logged "$UV" pip install --no-config --python "$environment/bin/python" -r "$packages" \
  httpx2 hypothesis pytest pytest-timeout pytest-xdist || explain_and_fail "$packages"
if [ "$versions" = extras ]; then
  # Flows and services start processes of their own, which have to find the packages, too.
  logged "$UV" pip install --no-config --no-deps --no-build-isolation --python "$environment/bin/python" --editable . ||
    explain_and_fail pyproject.toml
fi

# shellcheck disable=SC2086 # several folders and options
exec "$environment/bin/python" -m pytest -n auto --dist loadfile -p no:cacheprovider $tests
