#!/bin/sh
# The documentation as a site. Without an argument it is built into site/, strictly: a dead link, a dead anchor or a page
# that nav does not name fails. 'check' builds it and keeps nothing; 'serve' shows it at http://127.0.0.1:8000 and builds
# anew when a page changes.
set -eu
cd "$(dirname "$0")/../.."
. infra/scripts/common.sh

# Material says with every build that it is maintained until May 2027 only, and who goes on.
export NO_MKDOCS_2_WARNING=1

build() {
  .venv/bin/mkdocs build --strict --clean --site-dir "$1" ||
    fail "The documentation has dead links, or pages that mkdocs.yml does not name."
}

case ${1:-build} in
  check)
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    build "$scratch"
    ;;
  serve) exec .venv/bin/mkdocs serve --dev-addr 127.0.0.1:8000 ;;
  build)
    build site
    say "The site is in site/: open site/index.html. To search in it: make docs ARGS=serve."
    ;;
  *) fail "'$1' is none of build, check and serve." ;;
esac
