/* The modules' own malloc, through rv_alloc and rv_free. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {wasmBytes} from './load.mjs';

const start = async () => {
	const {instance} = await WebAssembly.instantiate(wasmBytes, {});
	instance.exports._initialize();
	return instance.exports;
};

/** Numbers that look random and are the same every time. @param {number} seed */
const random = seed => below => {
	seed = Math.imul(seed, 1664525) + 1013904223 >>> 0;
	return Math.floor(seed / 2 ** 32 * below);
};

test('blocks do not overlap, keep their bytes, and are used again', async () => {
	const {memory, rv_alloc, rv_free} = await start();
	const next = random(7);
	/** @type {{at: number, len: number, byte: number}[]} */
	const live = [];
	let bytes = 0;
	let most = 0;
	for (let i = 0; i < 60_000; i++) {
		if (live.length && (bytes > 4 << 20 || next(100) < 45)) {
			const index = next(live.length);
			const {at, len, byte} = live[index];
			live[index] = /** @type {any} */ (live.at(-1));
			live.pop();
			const heap = new Uint8Array(memory.buffer, at, len);
			assert.equal(heap[0], byte);
			assert.equal(heap[len >> 1], byte);
			assert.equal(heap[len - 1], byte);
			rv_free(at);
			bytes -= len;
		} else {
			const len = next(50) ? 1 + next(300) : 1 + next(300_000);
			const at = rv_alloc(len) >>> 0;
			assert.ok(at && at % 8 === 0);
			const byte = next(256);
			new Uint8Array(memory.buffer, at, len).fill(byte);
			live.push({at, len, byte});
			bytes += len;
			most = Math.max(most, bytes);
		}
	}
	assert.ok(memory.buffer.byteLength < most * 1.5 + (3 << 20), `${memory.buffer.byteLength} for ${most}`);
	for (const {at} of live.splice(0)) rv_free(at);
	/* All of it is one block again. */
	const size = memory.buffer.byteLength;
	assert.ok(rv_alloc(size - (2 << 20)));
	assert.equal(memory.buffer.byteLength, size);
});

test('the same size is found again', async () => {
	const {memory, rv_alloc, rv_free} = await start();
	for (const len of [72, 1000, 70_000, 3_000_000]) {
		const first = rv_alloc(len);
		const wall = rv_alloc(1);
		rv_free(first);
		assert.equal(rv_alloc(len), first, `${len}`);
		rv_free(first);
		rv_free(wall);
	}
	assert.ok(memory.buffer.byteLength < 8 << 20);
});

test('no memory is an answer', async () => {
	const {rv_alloc, rv_free} = await start();
	assert.equal(rv_alloc(-1), 0);
	assert.equal(rv_alloc(0x7fffffff), 0);
	assert.equal(rv_alloc(600 << 20), 0);
	const at = [];
	for (let one = rv_alloc(16 << 20); one; one = rv_alloc(16 << 20)) at.push(one);
	assert.ok(at.length > 20 && at.length < 32);
	assert.ok(rv_alloc(1000));
	at.forEach(rv_free);
	assert.ok(rv_alloc(400 << 20));
});
