/* What got into rearview.wasm, and how large it is. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {brotliCompressSync, constants} from 'node:zlib';
import {symbols, toolsBytes, toolsSymbols, wasmBytes} from './load.mjs';

const HEAP = ['memory', '_initialize', 'rv_abi', 'rv_alloc', 'rv_free', 'rv_out_ptr', 'rv_out_len'];
const MODULES = [
	{
		file: 'rearview.wasm', bytes: wasmBytes, symbols, libraries: ['crc32'],
		exports: ['rv_start', 'rv_option', 'rv_pattern', 'rv_batch', 'rv_drift', 'rv_join', 'rv_part', 'rv_leave', 'rv_restart', 'rv_seal', 'rv_tail', 'rv_unsaved', 'rv_pack', 'rv_key', 'rv_oldest', 'rv_load', 'rv_forget', 'rv_window', 'rv_from', 'rv_to', 'rv_redacted', 'rv_counters'],
	},
	{
		file: 'rearview.tools.wasm', bytes: toolsBytes, symbols: toolsSymbols, libraries: ['deflate', 'crc32', 'write_png'],
		exports: ['rv_assets', 'rv_assets_sheet', 'rv_cut', 'rv_logs', 'rv_rrweb', 'rv_markup', 'rv_png', 'rv_fold_hash'],
	},
];

for (const {file, bytes, symbols: map, libraries, exports} of MODULES) {
	const module = new WebAssembly.Module(bytes);
	const names = map.trim().split('\n').map(line => line.slice(line.indexOf(':') + 1));

	test(`${file}: nothing is imported`, () => {
		assert.deepEqual(WebAssembly.Module.imports(module), []);
	});

	test(`${file}: no formatted printing, scanning, locale or mathematics of libc`, () => {
		assert.ok(names.length > 100);
		assert.deepEqual(names.filter(name => /printf|scanf|strto(d|l|ul|f|ll|ull|imax)$|__floatscan|__intscan|locale|qsort|^(pow|exp|log|fmod|fopen|fwrite|fputs)f?$|fmt_fp|pop_arg|^__stdio|^assert|__assert_fail/.test(name)), []);
		assert.deepEqual(names.filter(name => /cJSON/.test(name)), []);
	});

	test(`${file}: the libraries are in it`, () => {
		for (const name of libraries) assert.ok(names.some(symbol => symbol.startsWith(name)), name);
	});

	test(`${file}: exports are those of exports.h and the runtime's few`, () => {
		const found = WebAssembly.Module.exports(module).map(({name}) => name).filter(name => /^(rv_|memory|_initialize)/.test(name));
		assert.deepEqual(found.sort(), [...HEAP, ...exports].sort());
	});

	test(`${file}: size`, t => {
		t.diagnostic(`${file}: ${bytes.length} bytes, brotli ${brotliCompressSync(bytes, {params: {[constants.BROTLI_PARAM_QUALITY]: 11}}).length}`);
	});
}
