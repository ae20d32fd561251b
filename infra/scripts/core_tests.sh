#!/bin/sh
# Run the core's own tests in an environment of its own, in .tools, without Prefect, MLflow, Great Expectations and BentoML.
#   core_tests.sh locked    the packages of the project file without any extra, in the versions that are locked
#   core_tests.sh lowest    those and the extra 'training', in the oldest versions that the project file allows
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

versions=${1:-locked}
case $versions in
  locked)
    how="--constraint infra/locks/dev.txt"
    # Searches are Optuna's, and the ranker is fitted with LightGBM.
    without="--ignore tests/unit/evaluation/test_search.py --ignore tests/unit/recommenders/test_composites.py"
    ;;
  lowest)
    how="--constraint infra/locks/constraints.txt --resolution lowest-direct --extra training"
    without=
    ;;
  *) fail "There are no versions '$versions': say locked or lowest." ;;
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
  hypothesis pytest pytest-timeout pytest-xdist || explain_and_fail "$packages"

# The stages that need no other extra: sources need spotipy, the store SQLAlchemy.
# shellcheck disable=SC2086 # several options
exec "$environment/bin/python" -m pytest -n auto --dist loadfile -p no:cacheprovider \
  tests/unit/data tests/unit/features tests/unit/recommenders tests/unit/evaluation $without
