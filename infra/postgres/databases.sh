#!/bin/sh
# A database and its owner for the event store, for Prefect and for MLflow. Postgres' image runs this once, when its
# volume is empty; the passwords are mounted as files.
set -eu
for name in events prefect mlflow; do
  psql --username "${POSTGRES_USER:-postgres}" --dbname postgres --set ON_ERROR_STOP=1 --quiet \
    --set "name=$name" --set "password=$(cat "${SECRETS:-/run/secrets}/${name}_password")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
SQL
done
