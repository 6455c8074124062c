// scripts/wasm2js.mjs IN.wasm OUT.js: a Wasm module as plain JavaScript, for browsers and policies that
// run no Wasm. The file hands a function that makes instances to whoever loads it: as a script element's
// to the element's `rearview` property, in a worker as the global `rearviewMake`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { minify } from 'terser';

const [from, to] = process.argv.slice(2);
const FEATURES = ['--enable-sign-ext', '--enable-bulk-memory', '--enable-nontrapping-float-to-int'];
const run = (/** @type {string} */ tool, /** @type {string[]} */ ...args) => execFileSync(tool, [...FEATURES, ...args], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });

/** Saturating conversions, which wasm2js would not lower or would let wrap, by range checks. */
const SATURATING = [['i32', 's', -2147483648, 2147483647], ['i32', 'u', 0, 4294967295], ['i64', 's', -(2 ** 63), 2 ** 63], ['i64', 'u', 0, 2 ** 64]];
const most = { 'i32 s': '2147483647', 'i32 u': '-1', 'i64 s': '9223372036854775807', 'i64 u': '-1' };
const saturate = SATURATING.map(([type, sign, low, high]) => `
	(func $rv_${type}_sat_${sign} (param $x f64) (result ${type})
		(if (result ${type}) (f64.ge (local.get $x) (f64.const ${high}))
			(then (${type}.const ${most[/** @type {keyof typeof most} */ (`${type} ${sign}`)]}))
			(else (if (result ${type}) (f64.gt (local.get $x) (f64.const ${low}))
				(then (${type}.trunc_f64_${sign} (local.get $x)))
				(else (if (result ${type}) (f64.le (local.get $x) (f64.const ${low}))
					(then (${type}.const ${sign === 's' ? (type === 'i32' ? '-2147483648' : '-9223372036854775808') : '0'}))
					(else (${type}.const 0))))))))`).join('');

const scratch = mkdtempSync(join(tmpdir(), 'rv-wasm2js-'));
let code;
try {
	const text = run('wasm-opt', '-S', '-o', '-', from).trimEnd().replace(/(i32|i64)\.trunc_sat_f64_([su])/g, 'call $rv_$1_sat_$2');
	if (/trunc_sat/.test(text)) throw new Error('a saturating conversion that is not provided for');
	const wat = join(scratch, 'module.wat');
	writeFileSync(wat, `${text.slice(0, -1)}${saturate})`);
	code = run('wasm2js', '-O', wat, '-o', '-');
} finally {
	rmSync(scratch, { recursive: true });
}

const body = code.replace(/^export var .*;\n/gm, '');
if (/^(?:import|export) /m.test(body)) throw new Error('wasm2js wrote an import or export that is not provided for');
const { code: small = '' } = await minify(
	`(() => {
		const make = () => {${body}; return retasmFunc;};
		const script = typeof document === 'object' && document.currentScript;
		if (script) script.rearview?.(make);
		else globalThis.rearviewMake = make;
	})();`,
	{ ecma: 2020, compress: { passes: 1, unsafe_math: false, sequences: false, inline: 0, reduce_vars: false, collapse_vars: false }, mangle: { toplevel: true } },
);
writeFileSync(to, small);
