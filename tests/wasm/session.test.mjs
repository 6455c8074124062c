/* Half an hour in the core, time-compressed: what a window of ten minutes may cost in memory, and that it
 * stays so. Prints the worker's CPU time a batch. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {encoder, newCore, newTools, packed, page, rv} from './load.mjs';

const MINUTE = 60_000;
const WINDOW_MS = 10 * MINUTE;

test('three windows of a busy page: ring, heap and mirror stay within bounds', async t => {
	/** @type {WebAssembly.Memory[]} */
	const memories = [];
	const {instantiate} = WebAssembly;
	WebAssembly.instantiate = /** @type {any} */ (async (/** @type {any[]} */ ...args) => {
		const made = await /** @type {any} */ (instantiate)(...args);
		memories.push(made.exports.memory);
		return made;
	});
	const maxBytes = 1 << 20;
	const core = await newCore({window_ms: WINDOW_MS, max_bytes: maxBytes});
	WebAssembly.instantiate = instantiate;
	const [memory] = memories;
	const enc = encoder();
	assert.equal(core.batch(...Object.values(enc.batch(page()))), 0);

	let batches = 0;
	let cpu = 0;
	let id = 1000;
	/** Rows on the page, oldest first. @type {number[]} */
	const rows = [];
	let state = 7;
	const random = () => {
		state = Math.imul(state, 1664525) + 1013904223 >>> 0;
		return state.toString(36);
	};
	/** Bytes stored outside, by key. @type {Map<number, number>} */
	const stored = new Map();
	/** @type {{minute: number, heap: number, ring: number, mirror: number, nodes: number, stored: number}[]} */
	const seen = [];

	for (let now = 0; now < 3 * WINDOW_MS; now += 250) {
		/** @type {any[]} */
		const records = [];
		for (let n = 0; n < 4; n++) {
			records.push([now, 'element', [id, 4, 0, 0, 'li', 'class', `row row-${id % 17}`, 'data-key', `${id % 5000}`]], [now, 'text', [id + 1, id, 0, 3, `Row ${random()} ${random()} of a list whose texts are too long to be told once for all`]]);
			rows.push(id);
			id += 2;
		}
		while (rows.length > 200) records.push([now + 1, 'remove', [rows.shift()]]);
		records.push([now + 2, 'pointer_move', [3, now % 800, now % 600, 0]], [now + 2, 'attributes', [rows[now % rows.length], 'style', `top: ${now % 977}px`]]);
		records.push([now + 3, 'console', [rv.LEVEL_INFO, 1, null, `line ${random()}`]]);
		const {words, strings} = enc.batch(records);
		const before = process.cpuUsage();
		assert.equal(core.batch(words, strings), 0);
		batches++;
		if (now % 500 === 0) {
			assert.equal(core.seal(now, false), 0);
			for (let entry = core.unsaved(); entry; entry = core.unsaved()) stored.set(entry.key, packed(core, entry).length);
			const tail = core.tail();
			assert.ok(!tail || tail.length < maxBytes);
			const oldest = core.oldest();
			for (const key of stored.keys()) if (key < oldest) stored.delete(key);
		}
		cpu += process.cpuUsage(before).user;
		if (now && now % (2 * MINUTE) === 0) {
			const {ring_bytes, mirror_bytes, nodes} = core.counters();
			const bytes = [...stored.values()].reduce((a, b) => a + b, 0);
			seen.push({minute: now / MINUTE, heap: memory.buffer.byteLength, ring: ring_bytes, mirror: mirror_bytes, nodes, stored: bytes});
			assert.ok(ring_bytes <= maxBytes, `${ring_bytes} bytes of ring`);
			assert.ok(bytes <= maxBytes * 1.1, `${bytes} bytes stored`);
		}
	}

	const {stream, from, to} = core.window(0, 0);
	const cut = (await newTools()).cut({stream, from, to});
	assert.ok(cut.length > 1000);
	assert.ok(memory.buffer.byteLength < 24 << 20, `${memory.buffer.byteLength} bytes of heap after an export`);
	const counters = core.counters();
	assert.deepEqual([counters.order_violations, counters.resyncs, counters.rejected, counters.snapshots], [0, 0, 0, 1]);
	assert.ok(counters.evicted > 0, 'old entries go');

	/* Nothing grows once the window is full. */
	const full = seen.filter(({minute}) => minute >= 10 && minute <= 14);
	const last = seen.slice(-3);
	const most = (/** @type {typeof seen} */ list, /** @type {'heap' | 'mirror' | 'nodes'} */ what) => Math.max(...list.map(entry => entry[what]));
	assert.ok(most(last, 'nodes') <= most(full, 'nodes') + 10);
	assert.ok(most(last, 'mirror') <= most(full, 'mirror') * 1.2, JSON.stringify(seen));
	assert.ok(most(last, 'heap') <= most(full, 'heap') + (1 << 20), JSON.stringify(seen));
	t.diagnostic(`${batches} batches, ${(cpu / 1e3 / batches).toFixed(3)} ms of CPU each, storing included; heap ${(memory.buffer.byteLength / 1048576).toFixed(1)} MB, ring ${(counters.ring_bytes / 1024).toFixed(0)} KB, mirror ${(counters.mirror_bytes / 1024).toFixed(0)} KB`);
});
