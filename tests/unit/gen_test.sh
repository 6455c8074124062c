#!/usr/bin/env bash
# The generator: header and JavaScript agree, files that would not change are left alone, the ABI hash
# follows the schema, and a schema that uses a number or a name twice is refused.
#   gen_test.sh RECORD_GEN_H RECORDS_JS
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { printf 'FAILED: %s\n' "$1" >&2; exit 1; }

cp "$2" "$work/records.mjs"
cat >"$work/check.mjs" <<'JS'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import * as js from './records.mjs'
const header = readFileSync(process.argv[2], 'utf8')
assert.equal(js.ABI_HASH, Number(/RV_ABI_HASH (0x[0-9a-f]{8})u/.exec(header)[1]))
const c = Object.fromEntries([...header.matchAll(/\bRV_(\w+) = (\d+)/g)].map(([, name, value]) => [name, Number(value)]))
for (const [, name, value] of header.matchAll(/#define RV_(\w+) (\d+)u/g)) c[name] = Number(value)
let compared = 0
for (const [name, value] of Object.entries(js)) {
	if (typeof value !== 'number' || /^(ABI_HASH|RV_STATUS_)/.test(name)) continue
	assert.equal(value, c[name], name)
	compared++
}
assert.ok(compared > 100)
assert.equal(js.STRING_INLINE, 0x80000000)
for (const [number, layout] of Object.entries(js.SCHEMA)) {
	const name = layout.name.toUpperCase()
	assert.equal(js[`REC_${name}`], Number(number))
	assert.equal(c[`${name}_FIXED`], layout.fixed.length)
	assert.equal(c[`${name}_GROUP`], layout.group.length)
	layout.group.forEach(([field], index) => assert.equal(c[`${name}_G_${field.toUpperCase()}`], index))
}
assert.equal(js.RV_STATUS_TEXT[js.RV_STATUS_OK], 'ok')
assert.equal(js.RV_STATUS_TEXT[js.RV_STATUS_AUTH], 'not authorised')
JS
node "$work/check.mjs" "$1" || fail "header and JavaScript disagree"

cp "$root"/src/wire/gen.c "$root"/src/wire/record.def "$root"/src/base/status.h "$root"/src/base/status.def "$work"
# gen WHAT [SED]: builds the generator over a schema changed by SED and runs it into $work/out
gen() {
	sed "${1:-}" "$root/src/wire/record.def" >"$work/record.def"
	cc -std=c11 -I"$work" -o "$work/gen" "$work/gen.c"
	"$work/gen" "$work/out.h" "$work/out.js" 2>"$work/log"
}
hash_of() { sed -n 's/.*RV_ABI_HASH //p' "$work/out.h"; }

gen || fail "the schema itself"
cmp -s "$work/out.h" "$1" && cmp -s "$work/out.js" "$2" || fail "the build's files are not those of the schema"
first=$(hash_of)
touch -d @1000000000 "$work/out.h" "$work/out.js"
gen || fail "a second run"
[ "$(stat -c %Y "$work/out.h" "$work/out.js" | sort -u)" = 1000000000 ] || fail "files are written again without a change"

for change in 's/RV_CONST(EL_MASK, 4)/RV_CONST(EL_MASK, 64)/' 's/RV_RECORD(15, remove, 1,/RV_RECORD(15, remove, 2,/' 's/F(i32, x)/F(u32, x)/' 's/G(str, arg)/G(str, text)/'; do
	gen "$change" || fail "$change"
	[ "$(hash_of)" != "$first" ] || fail "the ABI hash does not follow $change"
done
gen 's/RV_RECORD(15, remove,/RV_RECORD(16, remove,/' && fail "a number used twice"
grep -q 'number used twice: move' "$work/log" || fail "the message about a number used twice"
gen 's/RV_CONST(INPUT_HAS_VALUE,/RV_CONST(INPUT_VALUE,/' && fail "a constant with a field's name"
grep -q 'RV_INPUT_VALUE' "$work/log" || fail "the message about a name used twice"
gen 's/F(i32, x)/F(i64, x)/' && fail "an unknown type"
echo "The generator holds."
