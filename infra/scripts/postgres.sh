#!/bin/sh
# See to it that there is a Postgres for the tests of the event store, which start a private one. As root on Debian it is
# installed where it lacks; elsewhere it is said, and in CI (CI=true) it is an error, because a skipped test must not look
# like a passed one.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

have_postgres() {
  command -v initdb >/dev/null 2>&1 && return 0
  for program in /usr/lib/postgresql/*/bin/initdb; do
    [ -x "$program" ] && return 0
  done
  return 1
}

have_postgres && exit 0
if debian_install postgresql && have_postgres; then
  exit 0
fi

[ "${CI:-}" != true ] || fail "The tests of the event store on Postgres cannot run: install postgresql."
say "The tests of the event store on Postgres will be skipped: install postgresql for them."
