/* What got into rearview.wasm, and how large it is. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {brotliCompressSync, constants} from 'node:zlib';
import {symbols, wasmBytes} from './load.mjs';

const module = new WebAssembly.Module(wasmBytes);
const names = symbols.trim().split('\n').map(line => line.slice(line.indexOf(':') + 1));

test('nothing is imported', () => {
	assert.deepEqual(WebAssembly.Module.imports(module), []);
});

test('no formatted printing, scanning, locale or mathematics of libc', () => {
	assert.ok(names.includes('rv_batch') && names.length > 100);
	assert.deepEqual(names.filter(name => /printf|scanf|strto(d|l|ul|f|ll|ull|imax)$|__floatscan|__intscan|locale|qsort|^(pow|exp|log|fmod|fopen|fwrite|fputs)f?$|fmt_fp|pop_arg|^__stdio|^assert|__assert_fail/.test(name)), []);
	assert.deepEqual(names.filter(name => /cJSON_Print|print_(value|number)/.test(name)), []);
});

test('zlib and cJSON are in it', () => {
	for (const name of ['deflate', 'crc32', 'inflate_table', 'parse_value']) assert.ok(names.some(symbol => symbol.startsWith(name)), name);
});

test('exports are those of exports.h and the runtime\'s few', () => {
	const found = WebAssembly.Module.exports(module).map(({name}) => name);
	for (const name of ['memory', '_initialize', 'rv_abi', 'rv_alloc', 'rv_free', 'rv_out_ptr', 'rv_out_len', 'rv_start', 'rv_batch', 'rv_restart', 'rv_seal', 'rv_tail',
		'rv_unsaved', 'rv_key', 'rv_oldest', 'rv_load', 'rv_forget', 'rv_export', 'rv_rrweb', 'rv_logs', 'rv_counters', 'rv_markup', 'rv_markup_resource', 'rv_markup_svg', 'rv_png']) {
		assert.ok(found.includes(name), name);
	}
	assert.ok(found.length <= 32);
});

test('size', t => {
	const bytes = brotliCompressSync(wasmBytes, {params: {[constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: wasmBytes.length}}).length;
	t.diagnostic(`rearview.wasm: ${wasmBytes.length} bytes, brotli ${bytes}`);
	assert.ok(bytes <= 56_000, `${bytes} bytes`);
});
