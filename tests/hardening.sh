#!/bin/sh
# Is the program hardened as CMakeLists.txt asks?  Looks at what was built, not
# at the flags.
#
#	tests/hardening.sh GATEWAY	path of the program
#
# The checks of single instructions are for x86-64 alone.
set -eu

gateway=$1
status=0
seen=$(mktemp)
code=$(mktemp)
trap 'rm -f "$seen" "$code"' EXIT

# has WHAT PATTERN [FILE]
has() {
	if ! grep -qE -e "$2" "${3-$seen}"; then
		echo "$gateway: $1"
		status=1
	fi
}

readelf -hldW --dyn-syms "$gateway" >"$seen"
has "is not position-independent (-fPIE, -pie)" 'FLAGS_1\).* PIE'
has "no full RELRO: -Wl,-z,relro is missing" 'GNU_RELRO'
has "no full RELRO: -Wl,-z,now is missing" 'BIND_NOW|FLAGS_1\).* NOW'
has "has an executable stack, or does not say" 'GNU_STACK .* RW +0x'
has "calls are not checked (-D_FORTIFY_SOURCE)" ' __(v?snprintf|memcpy|read)_chk'
has "no stack protector (-fstack-protector-strong)" ' __stack_chk_fail'

if [ "$(uname -m)" = x86_64 ]; then
	objdump -d --no-show-raw-insn "$gateway" >"$code"
	# A frame larger than a page is touched page by page.
	has "stacks may clash (-fstack-clash-protection)" \
	    'or[qbl] +\$0x0,(0x[0-9a-f]+)?\(%rsp' "$code"
	grep -A1 '<lifecycle_run>:$' "$code" >"$seen"
	has "jumps are not checked (-fcf-protection)" 'endbr64'
fi
exit $status
