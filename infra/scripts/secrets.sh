#!/bin/sh
# Make the secrets of an installation, one file each, where they lack; what is there stays.
#   infra/scripts/secrets.sh [FOLDER] [POSTGRES_HOST]
# Compose reads them from infra/compose/secrets; for Kubernetes: kubectl create secret generic crossfade --from-file=FOLDER
set -eu
folder=${1:-$(dirname "$0")/../compose/secrets}
host=${2:-postgres}

mkdir -p "$folder"
# Nobody else may look into the folder; the files are readable, because a container's user is another one.
chmod 700 "$folder"
umask 022

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() {
  [ -s "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"
}
say() { cat "$folder/$1"; }

for name in postgres_password events_password prefect_password mlflow_password secret_key s3_key_id s3_key grafana_password; do
  make "$name" "$(random)"
done
make events_url "postgresql://events:$(say events_password)@$host:5432/events"
make prefect_url "postgresql+asyncpg://prefect:$(say prefect_password)@$host:5432/prefect"
make mlflow_url "postgresql+psycopg://mlflow:$(say mlflow_password)@$host:5432/mlflow"
make s3_credentials "[default]
aws_access_key_id = $(say s3_key_id)
aws_secret_access_key = $(say s3_key)"
make s3_identities "{\"identities\": [{\"name\": \"crossfade\",
  \"credentials\": [{\"accessKey\": \"$(say s3_key_id)\", \"secretKey\": \"$(say s3_key)\"}],
  \"actions\": [\"Admin\", \"Read\", \"Write\", \"List\", \"Tagging\"]}]}"
echo "The secrets are in $folder. Keep a copy: without secret_key, sessions end and sealed tokens are noise."
