#!/bin/sh
# The command line: what it prints where, and its exit codes.
#
#	command_test.sh GATEWAY		path of the program
set -u

gateway=$(realpath "$1")
root=$(cd "$(dirname "$0")/../../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failed=0

# expect WHAT CODE OUT-PATTERN ERR-PATTERN ARGUMENT...; "" stands for nothing
expect() {
	what=$1 code=$2 out=$3 err=$4
	shift 4
	"$gateway" "$@" </dev/null >out 2>err
	got=$?
	problem=
	[ $got -eq "$code" ] || problem="exit $got, not $code"
	for stream in out err; do
		eval "pattern=\$$stream"
		if [ -z "$pattern" ] && [ -s $stream ]; then
			problem="$problem; something on std$stream"
		elif [ -n "$pattern" ] && ! grep -q -e "$pattern" $stream; then
			problem="$problem; no '$pattern' on std$stream"
		fi
	done
	if [ -n "$problem" ]; then
		echo "$what: $problem"
		sed 's/^/	/' out err
		failed=1
	fi
}

cat >good.yaml <<END
listen: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
upstream: {url: "http://127.0.0.1:1/{table}", credentials: none}
END
printf 'log: {}\nbatch:\n  lingre: 1s\n' >bad.yaml
sed 's/^admin.*/admin: {address: "192.0.2.1:0"}/' good.yaml >elsewhere.yaml

expect "version"          0 "^polaris-gateway [0-9]" "" --version
expect "help"             0 "--help-config" "" --help
expect "help of keys"     0 '^| `batch.linger` | `500ms` |' "" --help-config
expect "help of outcomes" 0 "^| 503 | SpoolFull | yes |" "" --help-outcomes
expect "a good file"      0 "^  linger: 500ms" "" check -c good.yaml
expect "file first"       0 "^  linger: 500ms" "" -c good.yaml check
expect "the example"      0 "^  linger: 500ms" "" check -c "$root/deploy/gateway.yaml"
expect "a bad file"       2 "" "^bad.yaml:3:3: .*linger" check -c bad.yaml
expect "a bad file, run"  2 "" "^bad.yaml:3:3: .*linger" run -c bad.yaml
expect "run is default"   2 "" "^bad.yaml:3:3: .*linger" -c bad.yaml
expect "no such file"     2 "" "^none.yaml: .*No such file" run -c none.yaml
expect "and what to do"   2 "" "-c FILE" run -c none.yaml
expect "a folder"         2 "" "Is a directory" check -c .
expect "-c alone"         2 "" "needs a file" check -c
expect "no spool there"   1 "" "no spool is here" spool stat .
mkdir empty letters
cat >letters/letters-0000000000000001.ndjson <<END
{"at":"2022-04-16T00:46:58.771Z","table":"t","reason":"refused","event":"{}"}
{"at":"2026-04-16T00:46:58.771Z","table":"u","reason":"expired","event":"x"}
a note
END
expect "dead letters"     0 "^usage: .*dead-letter COMMAND" "" dead-letter --help
expect "nothing to do"    2 "" "needs list, show" dead-letter
expect "list"             0 "^t  *refused  *1 .*2022-04-16T00:46:58Z" "" dead-letter list letters
expect "list of all"      0 "^(all)  *2 " "" dead-letter list letters
expect "list, one table"  0 "^u  *expired" "" dead-letter list letters --table u
expect "list of none"     0 "^no dead letters" "" dead-letter list letters --table v
expect "list for others"  0 '"count":2,.*"damaged":1' "" dead-letter list letters --json
expect "show"             1 '^{"at".*"table":"u"' "byte 155: this is no letter" dead-letter show letters
expect "no such folder"   3 "" "nowhere: No such file" dead-letter list nowhere
expect "another folder"   1 "" "no dead letters are kept here" dead-letter list empty
expect "nobody to ask"    1 "" "start it" dead-letter replay letters
expect "nobody there"     1 "" "refused" dead-letter replay letters --admin 127.0.0.1:1
expect "purge what"       2 "" "which.*--all" dead-letter purge letters
expect "purge the old"    0 "^purged 1 letter$" "" dead-letter purge letters --before 2024-01-01T00:00:00Z
expect "purge all"        0 "^purged 1 letter$" "" dead-letter purge letters --all
expect "a note stays"     0 "^no dead letters" "" dead-letter list letters
expect "by configuration" 2 "" "needs a folder" dead-letter list -c good.yaml
expect "nor to verify"    1 "" "no spool is here" spool verify .
expect "no such folder"   3 "" "none: No such file" spool stat none
expect "a file"           3 "" "Not a directory" spool verify good.yaml
expect "help of a command" 0 "^usage: polaris-gateway top " "" top --help
expect "no such command"  2 "" "--help" frobnicate
expect "no such option"   2 "" "--help" --nonsense
expect "two commands"     2 "" "one command" check run
expect "cannot start"     3 "" "cannot_start .*192.0.2.1:0" run -c elsewhere.yaml

soon=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
printf '{"__time":"%s"}\r\n\n' "$soon" >good.ndjson
{
	printf '{"__time":"%s","caf\303\251":"\303\251"}\n' "$soon"
	printf '{"__time":"2001-01-01"}\n\n'
	printf '{"caf\303\251":"\303\251", "__time":"%s", "a":tru}\n' "$soon"
} >bad.ndjson
printf '[\n{"__time":"%s"}\n]\n' "$soon" >array.ndjson
printf '\357\273\277{"__time":"%s"}\n' "$soon" >bom.ndjson
printf '\377\376{\000' >utf16.ndjson
printf '{}\n' | gzip >one.gz
printf '{"__time":"%s","n":[[1]]}\n' "$soon" >deep.ndjson
cat good.yaml - >flat.yaml <<END
tables: {flat: {events: {max_depth: 2}}}
END
expect "good events"      0 "^1 events, all valid$" "" validate good.ndjson
expect "no events"        0 "^0 events, all valid$" "" validate /dev/null
expect "bad events"       1 "^bad.ndjson:2:11: time_too_old: " "" validate bad.ndjson
expect "where"            1 "^bad.ndjson:4:53: not_json: " "" validate bad.ndjson
expect "a caret"          1 '^ *^$' "" validate bad.ndjson
expect "the sum"          1 "^2 of 3 events are invalid" "" validate bad.ndjson
expect "of all files"     1 "^2 of 4 events are invalid" "" validate good.ndjson bad.ndjson
expect "for machines"     1 '"line":2,"column":11,"offset":10,"reason":"time_too_old"' "" validate --json bad.ndjson
expect "their sum"        1 '^{"events":3,"invalid":2}$' "" validate --json bad.ndjson
expect "an array"         1 "array.ndjson:1:1: not_object: .*one object a line" "" validate array.ndjson
expect "byte order mark"  1 "bom.ndjson:1:1: not_json: .*byte order mark" "" validate bom.ndjson
expect "UTF-16"           1 "utf16.ndjson:1:1: bad_utf8: this is UTF-16" "" validate utf16.ndjson
expect "compressed"       1 "one.gz:1:1: not_json: this is gzip" "" validate one.gz
expect "no file"          2 "" "^nowhere: cannot read" validate nowhere
# A person at a terminal is told what to do, not left with a silent program.
script -qec "$gateway validate" /dev/null </dev/null >out 2>&1
if [ $? -ne 2 ] || ! grep -q "validate needs a FILE" out; then
	echo "validate on a terminal: does not say what it needs"
	sed 's/^/	/' out
	failed=1
fi
expect "a folder's events" 2 "" "cannot read" validate .
expect "no option"        2 "" "no option --what" validate --what
expect "all tables"       0 "all valid" "" validate -c flat.yaml deep.ndjson
expect "a table's rules"  1 "too_deep" "" validate -c flat.yaml --table flat deep.ndjson
expect "standard input"   0 "^0 events" "" validate -

if "$gateway" --version >/dev/full 2>/dev/null; then
	echo "a full disk: exit 0"
	failed=1
fi
exit $failed
