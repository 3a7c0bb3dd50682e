#!/bin/sh
# Checks by tests/layers.txt: which folder may include which, which file may
# include a library's header, the names of symbols, cycles of includes, and the
# length of files and functions.
#
#	tests/layers.sh [BUILD]		BUILD: also look into its libraries
#
# Errors name file and line; then exit 1.
set -eu
cd "$(dirname "$0")/.."

# Prefixes that belong to libraries: libjwt brings jansson along, whose
# functions one of ours by the same name would silently replace.
forbidden='json_|jwt_|curl_|MHD_|jsmn_|cr_'
status=0

files=$(find parsers auth gateway tests -name '*.[ch]' | LC_ALL=C sort)
[ -n "$files" ]

awk '
function pattern(glob) {
	gsub(/\./, "\\.", glob)
	gsub(/\*\*/, "@", glob)
	gsub(/\*/, "[^/]*", glob)
	gsub(/@/, ".*", glob)
	return "^" glob "$"
}
function part_of(file,   i) {
	for (i = 1; i <= parts; i++)
		if (file ~ part_pattern[i])
			return part_name[i]
	return ""
}
function wrong(text) {
	print FILENAME ":" FNR ": " text
	found = 1
}
function quoted(header,   to) {
	if ((getline line < header) < 0) {
		wrong("there is no " header " (paths begin at the root)")
		return
	}
	close(header)
	to = part_of(header)
	if (!((part, to) in may))
		wrong(part " may not include " to ": " header)
}
function bracketed(header,   i, door) {
	if ((part, header) in never)
		wrong(part " must do without <" header ">")
	for (i = 1; i <= doors; i++)
		if (header ~ door_header[i]) {
			if (FILENAME ~ door_file[i])
				return
			door = 1
		}
	if (door) {
		wrong("<" header "> has another door, see tests/layers.txt")
		return
	}
	for (i = 1; i <= systems; i++)
		if (header ~ system_header[i])
			return
	wrong("<" header "> is not in tests/layers.txt")
}
FILENAME == "tests/layers.txt" {
	sub(/#.*/, "")
	if ($1 == "part")
		for (i = 3; i <= NF; i++) {
			part_name[++parts] = $2
			part_pattern[parts] = pattern($i)
			known[$2] = 1
		}
	else if ($1 == "may" || $1 == "never")
		for (i = 3; i <= NF; i++) {
			if (!($2 in known) || ($1 == "may" && !($i in known)))
				wrong("no such part: " $2 " or " $i)
			if ($1 == "may")
				may[$2, $i] = 1
			else
				never[$2, $i] = 1
		}
	else if ($1 == "door")
		for (i = 3; i <= NF; i++) {
			door_header[++doors] = pattern($2)
			door_file[doors] = pattern($i)
		}
	else if ($1 == "system")
		for (i = 2; i <= NF; i++)
			system_header[++systems] = pattern($i)
	else if (NF > 0 && $1 != "long")
		wrong("not understood: " $1)
	next
}
FNR == 1 {
	part = part_of(FILENAME)
	if (part == "")
		wrong("belongs to no part")
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, piece, "\"")
	quoted(piece[2])
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	split($0, piece, /[<>]/)
	bracketed(piece[2])
}
END { exit found }
' tests/layers.txt $files || status=1

# A definition begins its line, its type stands on the line above.
if grep -nE "^($forbidden)[A-Za-z0-9_]*\(" $(echo "$files" | grep -v '^tests/'); then
	echo "those names begin like a library's: $forbidden"
	status=1
fi

if [ $# -gt 0 ]; then
	for library in "$1"/lib*.a; do
		[ -e "$library" ] || continue
		if nm --defined-only -g "$library" 2>/dev/null |
		    grep -E " [A-Z] ($forbidden)"; then
			echo "$library: those symbols begin like a library's"
			status=1
		fi
	done
fi

# Length: exceptions are in layers.txt, each with its reason.
awk '
FILENAME == "tests/layers.txt" {
	if ($1 == "long") {
		if (NF < 4) {
			print FILENAME ":" FNR ": long FILE LINES REASON"
			bad = 1
		}
		allowed[$2] = $3
		where[$2] = FNR
	}
	next
}
FNR == 1 { check_file(); file = FILENAME; from = 0 }
/^\{/ { from = FNR }
/^\}/ && from > 0 {
	if (FNR - from - 1 > 70) {
		print FILENAME ":" from ": function of " FNR - from - 1 \
		    " lines, more than 70"
		bad = 1
	}
	from = 0
}
{ last = FNR }
function check_file(   most) {
	if (file == "")
		return
	most = file ~ /\.h$/ ? 150 : 800
	if (file in allowed) {
		if (last <= most)
			print "warning: tests/layers.txt:" where[file] ": " \
			    file " needs no exception any more"
		most = allowed[file]
		delete allowed[file]
	}
	if (last > most) {
		print file ":1: " last " lines, more than " most
		bad = 1
	}
}
END {
	check_file()
	for (file in allowed)
		print "warning: tests/layers.txt:" where[file] \
		    ": there is no " file
	exit bad
}
' tests/layers.txt $(echo "$files" | grep -v '^tests/') || status=1

# Cycles of includes, between modules (a .c and its .h are one) and between
# folders: what tsort cannot sort.
for ending in '\\.[ch]$' '/[^/]*$'; do
	cycles=$(awk -v ending="$ending" '
	function node(path) {
		sub(ending, "", path)
		return path
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, piece, "\"")
		print node(FILENAME), node(piece[2])
	}
	' $(echo "$files" | grep -v '^tests/') | LC_ALL=C sort -u |
	    tsort 2>&1 >/dev/null | awk '
	/contains a loop/ { if (loop) print loop; loop = "cycle of includes:"; next }
	{ loop = loop " " $2 }
	END { if (loop) print loop }')
	[ -n "$cycles" ] || continue
	echo "$cycles"
	status=1
done

exit $status
