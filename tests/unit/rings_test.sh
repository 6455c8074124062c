#!/usr/bin/env bash
# The rings hold: the tree passes scripts/check-rings, and in a copy of it each planted violation is
# refused, by the script and, for includes against the arrows, by the compiler too.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
failures=0

fail() {
	printf 'FAILED: %s\n' "$1" >&2
	failures=$((failures + 1))
}

"$root/scripts/check-rings" "$root" || fail "the tree itself"

mkdir -p "$copy/tests/unit"
cp -r "$root/src" "$root/cmake" "$root/CMakeLists.txt" "$copy"
cp "$root"/tests/unit/fail_alloc.[ch] "$copy/tests/unit"
cmake -S "$copy" -B "$copy/build" -G Ninja >"$copy/log" 2>&1 || { cat "$copy/log" >&2; exit 1; }

# plant FILE LINE: puts LINE before FILE's first; restore takes it away again
plant() {
	cp "$copy/$1" "$copy/kept"
	{ printf '%s\n' "$2"; cat "$copy/kept"; } >"$copy/$1"
}
restore() { cp "$copy/kept" "$copy/$1"; }

refused() {
	plant "$1" "$2"
	if "$root/scripts/check-rings" "$copy" >/dev/null 2>"$copy/log"; then fail "check-rings lets $2 into $1"; fi
	grep -q "^$1:1: " "$copy/log" || fail "check-rings does not name $1:1 for $2"
	restore "$1"
}

compiles() { ninja -C "$copy/build" "CMakeFiles/rv_$(basename "$(dirname "$1")").dir/$1.o" >"$copy/log" 2>&1; }

# Every ring's neighbour on the wrong side: base sees no mirror, replay no core, the collector no core.
for pair in base/hash.c:mirror.h base/hash.c:batch.h wire/record.c:mirror.h replay/mirror.c:core.h collector/clock.c:core.h; do
	file=src/${pair%:*} header=${pair#*:}
	compiles "$file" || { cat "$copy/log" >&2; fail "$file does not compile unharmed"; continue; }
	refused "$file" "#include \"$header\""
	plant "$file" "#include \"$header\""
	if compiles "$file"; then fail "the compiler lets $header into $file"; fi
	grep -q "$header: No such file" "$copy/log" || fail "$file fails for another reason than $header"
	restore "$file"
done

refused src/base/hash.c '#include "../wire/batch.h"'
refused src/base/hash.c '#include "/usr/include/zlib.h"'
refused src/base/hash.c '#include <zlib.h>'
refused src/wire/batch.c '#include <stdio.h>'
refused src/wire/batch.c '#include <sys/stat.h>'
refused src/replay/mirror.c '#include <time.h>'
refused src/collector/clock.c '#include <emscripten.h>'
refused src/capture/core.h '#include <emscripten/heap.h>'
refused src/wire/segment.c 'static int out_of_place(char *to) { return snprintf(to, 1, "x"); }'
refused src/base/buf.c 'static double out_of_place(const char *text) { return strtod(text, 0); }'
refused src/replay/mirror.c 'static int out_of_place(void) { return rand(); }'

sed -i 's/^rv_ring(wire rv_base rv_zlib)/rv_ring(wire rv_base rv_zlib rv_replay)/' "$copy/CMakeLists.txt"
if "$root/scripts/check-rings" "$copy" >/dev/null 2>&1; then fail "check-rings lets wire link replay"; fi

[ "$failures" = 0 ] && echo "The rings hold."
