#!/bin/sh
# The roles of the worker's image. Anything that is no role is run as it stands: 'crossfade doctor', 'python'.
#   migrate           bring the databases of the event store, Prefect and MLflow up to this release; make the buckets
#   prefect-server    the Prefect server, port 4200
#   mlflow-server     the MLflow server, port 5000
#   deploy            make the work pool and register the scheduled flows
#   worker            start the flows that are due
set -eu

# Crossfade itself reads CROSSFADE_<NAME>_FILE. Prefect and MLflow know no such files, so theirs are read here.
from_file() {
  eval "file=\${$1_FILE:-}"
  [ -n "$file" ] || return 0
  [ -s "$file" ] || {
    echo "crossfade: $1_FILE: $file is missing or empty. Check that the secret is mounted." >&2
    exit 2
  }
  value=$(cat "$file")
  export "$1=$value"
  unset "$1_FILE"
}
for name in PREFECT_SERVER_DATABASE_CONNECTION_URL MLFLOW_BACKEND_STORE_URI; do
  from_file "$name"
done

scripts=$(dirname "$0")/../scripts
pool=${CROSSFADE_WORK_POOL:-crossfade}
role=${1:-worker}
case $role in
  migrate)
    crossfade migrate
    [ -z "${PREFECT_SERVER_DATABASE_CONNECTION_URL:-}" ] || prefect server database upgrade --yes
    [ -z "${MLFLOW_BACKEND_STORE_URI:-}" ] || mlflow db upgrade "$MLFLOW_BACKEND_STORE_URI"
    for address in "${CROSSFADE_REMOTE:-}" "${MLFLOW_ARTIFACTS_DESTINATION:-}"; do
      [ -z "$address" ] || python "$scripts/make_bucket.py" "$address"
    done
    ;;
  prefect-server) exec prefect server start --host 0.0.0.0 --port 4200 ;;
  mlflow-server) exec mlflow server --host 0.0.0.0 --port 5000 --workers 1 ;;
  deploy)
    # On Kubernetes every run is a Job in this image and namespace; without a template the worker starts processes.
    if [ -n "${CROSSFADE_JOB_TEMPLATE:-}" ]; then
      template=${TMPDIR:-/tmp}/job-template.json
      sed -e "s|@image@|$CROSSFADE_FLOW_IMAGE|" -e "s|@namespace@|$CROSSFADE_FLOW_NAMESPACE|" \
        "$CROSSFADE_JOB_TEMPLATE" >"$template"
      prefect work-pool create "$pool" --type kubernetes --base-job-template "$template" --overwrite
    fi
    exec crossfade deploy --all
    ;;
  worker) exec prefect worker start --pool "$pool" --with-healthcheck --no-create-pool-if-not-found ;;
  *) exec "$@" ;;
esac
