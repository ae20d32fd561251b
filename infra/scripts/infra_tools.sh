#!/bin/sh
# See to it that what infra/ holds can be tried by those who read it: nginx (the proxy of compose), promtool (the alerts) and
# kubectl (Kustomize). As root on Debian what lacks is installed; elsewhere it is said, and in CI (CI=true) it is an error,
# because a skipped test must not look like a passed one.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

have_nginx() { command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ]; }
have_promtool() { command -v promtool >/dev/null 2>&1; }
# Old releases of kubectl have a Kustomize that knows less.
have_kubectl() { kubectl kustomize infra/kubernetes/overlays/prod >/dev/null 2>&1; }

lacking=
have_nginx || lacking=nginx-light
have_promtool || lacking="$lacking${lacking:+ }prometheus"
have_kubectl || lacking="$lacking${lacking:+ }kubernetes-client"
[ -n "$lacking" ] || exit 0

# The packages start a server each where they can; here only the programs are wanted.
export RUNLEVEL=1
# shellcheck disable=SC2086 # one to three names
if debian_install $lacking && have_nginx && have_promtool && have_kubectl; then
  exit 0
fi

[ "${CI:-}" != true ] || fail "The tests of infra/ cannot run for want of $lacking (kubectl of release 1.27 or later)."
say "Some tests of infra/ will be skipped for want of $lacking (kubectl of release 1.27 or later)."
