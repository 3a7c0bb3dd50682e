#!/bin/sh
# Is the documentation true where a program can tell?
#
#	tests/documentation.sh GATEWAY		path of the program
#
# - A table between <!-- NAME --> and <!-- /NAME --> is what --NAME prints.
# - A link to a file, and a path in backticks that begins with one of the
#   project's folders, leads to something that is there.
# - No example holds a time: an event older than events.max_age is refused, so
#   the example would fail a week later.
set -eu

gateway=$(realpath "$1")
cd "$(dirname "$0")/.."

status=0
wrong() {
	echo "$*"
	status=1
}
shown=$(mktemp)
printed=$(mktemp)
trap 'rm -f "$shown" "$printed"' EXIT

# table NAME FILE
table() {
	for mark in "<!-- $1 -->" "<!-- /$1 -->"; do
		[ "$(grep -cxF -e "$mark" "$2")" = 1 ] ||
		    wrong "$2: must have this line once: $mark"
	done
	sed -n "/^<!-- $1 -->\$/,/^<!-- \\/$1 -->\$/p" "$2" |
	    sed '1d;$d;/^$/d' >"$shown"
	"$gateway" "--$1" >"$printed"
	if ! [ -s "$printed" ] || ! diff -u "$shown" "$printed"; then
		wrong "$2 differs from what --$1 prints"
	fi
}

table help-config deploy/doc/configuration.md
table help-metrics deploy/doc/metrics.md
table help-outcomes deploy/doc/replies.md

for page in README.md deploy/doc/*.md; do
	folder=$(dirname "$page")
	for link in $(grep -o '](\([^)#]*\))' "$page" | sed 's/^](//;s/)$//' |
	    grep -v '^[a-z]*:'); do
		[ -e "$folder/$link" ] || wrong "$page: no such file: $link"
	done
	for path in $(grep -o '`[a-z_.]*/[A-Za-z0-9_./-]*`' "$page" | tr -d '`'); do
		case $path in
		*NOUN* | *NAME*) ;; # stands for any
		parsers/* | auth/* | gateway/* | tests/* | deploy/*)
			[ -e "$path" ] || wrong "$page: no such path: $path" ;;
		esac
	done
	if grep -nE '[0-9]{4}-[0-9]{2}-[0-9]{2}T' "$page"; then
		wrong "$page: an example with a fixed time grows too old"
	fi
done
exit $status
