#!/bin/sh
# See to it that there is a Java for the tests of the Spark engine, which start a cluster of two workers. As root on Debian
# it is installed where it lacks; elsewhere it is said, and in CI (CI=true) it is an error, because a skipped test must not
# look like a passed one.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

have_java() { "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version >/dev/null 2>&1; }

have_java && exit 0
if debian_install openjdk-17-jre-headless && have_java; then
  exit 0
fi

[ "${CI:-}" != true ] || fail "The tests of the Spark engine cannot run: install Java 17 (openjdk-17-jre-headless)."
say "The tests of the Spark engine will be skipped: install Java 17 (openjdk-17-jre-headless) for them."
