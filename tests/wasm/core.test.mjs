/* The core as the worker uses it. */
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {decodePng} from '../png.mjs';
import {WALL, bare, encodeWtf8, encoder, loadCore, logsOf, nativeOf, newCore, newTools, packed, page, rrwebOf, rv, wasmBytes} from './load.mjs';

const {driftHash} = await import('../../web/widget/record/drift.js');

/** @param {any} core @param {{words: Uint32Array, strings: string[]}} batch */
const send = (core, {words, strings}) => core.batch(words, strings);

/** A page on which a text changes every 100 ms. */
function change(core, encoder, from, to) {
	for (let t = from; t < to; t += 100) {
		assert.equal(send(core, encoder.batch([
			[t, 'element', [1000 + t, 4, 0, 0, 'li', 'title', `row ${t % 700}`]],
			[t, 'text', [1001 + t, 1000 + t, 0, 3, `text ${t}`]],
			[t + 1, 'console', [rv.LEVEL_WARN, 1, null, `step ${t}`, 'mail jane@example.com']],
		])), 0);
	}
}

test('another version is refused', async () => {
	const bytes = Uint8Array.from(wasmBytes);
	/* The hash is a constant in the code: i32.const, signed LEB128. */
	const leb = [];
	for (let value = rv.ABI_HASH | 0; ; value >>= 7) {
		const last = value >> 6 === 0 || value >> 6 === -1;
		leb.push(value & 127 | (last ? 0 : 128));
		if (last) break;
	}
	let changed = 0;
	for (let i = 0; i < bytes.length - leb.length; i++) {
		if (bytes[i] === 0x41 && leb.every((byte, k) => bytes[i + 1 + k] === byte)) {
			bytes[i + 1] ^= 1;
			changed++;
		}
	}
	assert.ok(changed);
	await assert.rejects(loadCore(bytes.buffer), /version/);
	assert.equal((await bare()).abi, rv.ABI_HASH);
});

test('sources: bytes, module, response', async () => {
	assert.ok((await loadCore(Uint8Array.from(wasmBytes).buffer)).abi);
	assert.ok((await loadCore(await WebAssembly.compile(wasmBytes))).abi);
	assert.ok((await loadCore(new Response(wasmBytes))).abi);
	assert.ok((await loadCore('data:application/wasm;base64,' + wasmBytes.toString('base64'))).abi);
	await assert.rejects(loadCore(new Response('', {status: 404})), /404/);
	await assert.rejects(loadCore(new Response('not wasm')));
});

test('options', async () => {
	const core = await bare();
	const numbers = {window_ms: [1000, 86_400_000], max_bytes: [65_536, 134_217_728], segment_ms: [50, 600_000], segment_bytes: [1024, 16_777_216], checkpoint_ms: [100, 3_600_000], checkpoint_bytes: [1024, 67_108_864]};
	for (const [name, [min, max]] of Object.entries(numbers)) {
		for (const value of [min, max]) assert.equal(core.start({[name]: value}), '', name);
		for (const value of [min - 1, max + 1, NaN, Infinity, `${min}`, true, null, [min]]) assert.match(core.start({[name]: value}), new RegExp(`: ${name}$`), `${name} ${value}`);
	}
	for (const level of ['none', 'inputs', 'strict']) assert.equal(core.start({level}), '');
	for (const level of ['all', 1, null, ['strict']]) assert.match(core.start({level}), /: level$/);
	for (const name of ['console', 'network']) {
		for (const value of [true, false]) assert.equal(core.start({[name]: value}), '');
		for (const value of [1, 0, 'true', null]) assert.match(core.start({[name]: value}), new RegExp(`: ${name}$`));
	}
	for (const patterns of ['x', [1], ['ok', '['], null, {}, ['x'.repeat(1000)]]) {
		assert.match(core.start({redact_patterns: patterns}), /: redact_patterns$/);
		/* A core that is not as it was asked to be is none. */
		assert.equal(core.seal(0, true), rv.RV_STATUS_NOT_FOUND);
	}
	assert.equal(core.start({unknown: [{}], window_ms: undefined, redact_patterns: ['CUST-[0-9]+'], level: 'strict', console: false}), '');
	assert.equal(core.redact('of CUST-123'), 'of [redacted]');
	assert.equal(core.start({}), '');
	assert.equal(core.redact('of CUST-123'), 'of CUST-123');
});

test('the page and the core hash alike for the drift check', async () => {
	const core = await newCore();
	const enc = encoder();
	const {words, strings} = enc.batch([...page(), [0, 'element', [20, 4, 0, 0, 'li', 'title', 'é😀 z', 'href', 'a/b']], [0, 'text', [21, 20, 0, 3, `😀${'x'.repeat(200)}`]]]);
	assert.equal(core.batch(words, strings), 0);
	const hash = (structure, values) => (structure << 16 | values & 0xffff) >>> 0;
	const li = hash(driftHash('li', 0) + 4 * 31 + 21 * 43, driftHash('é😀 z', driftHash('title', 0)) + driftHash('href', 0));
	const text = hash(3 + 20 * 31, driftHash(`😀${'x'.repeat(150)}`, 0));
	for (const [checks, found] of [[[20, li, 21, text], []], [[20, li + 1 >>> 0, 21, text], [20]], [[20, li, 21, (text ^ 1 << 20) >>> 0], [21]]]) {
		const batch = enc.batch([[0, 'check', checks]]);
		assert.equal(core.batch(batch.words, batch.strings), 0);
		assert.deepEqual([...core.drift()], found);
	}
});

test('nothing works before start, and says so', async () => {
	const core = await bare();
	assert.equal(core.batch(new Uint32Array(8), []), rv.RV_STATUS_NOT_FOUND);
	assert.throws(() => nativeOf(core, 0, 0), error => error.status === rv.RV_STATUS_NOT_FOUND);
	assert.equal(core.tail(), null);
	assert.equal(core.oldest(), 0);
	core.restart();
	core.forget();
});

test('batch, native stream, rrweb, logs', async () => {
	const core = await newCore({window_ms: 10_000, checkpoint_ms: 2000, segment_ms: 500});
	const enc = encoder();
	assert.equal(send(core, enc.batch(page())), 0);
	change(core, enc, 0, 60_000);

	const stream = nativeOf(core, 0, 0);
	assert.equal(Buffer.from(stream.subarray(0, 4)).toString(), 'RVR1');
	assert.ok(stream.length < 20_000);
	const events = await rrwebOf(core);
	assert.deepEqual(events.slice(0, 2).map(event => event.type), [4, 2]);
	assert.equal(events[0].data.href, 'https://shop.test/?token=[redacted]');
	assert.ok(events.every((event, i) => !i || event.timestamp >= events[i - 1].timestamp));
	assert.ok(events[0].timestamp >= WALL + 49_900 && events[0].timestamp <= WALL + 50_000);
	assert.equal(events.filter(event => event.type === 2).length, 1);

	const logs = logsOf(core);
	assert.equal(logs.console_logs.length, 101); /* both ends of the window count */
	assert.deepEqual(logs.console_logs.at(-1), {ts: new Date(WALL + 59_901).toISOString(), level: 'warn', args: ['step 59900', 'mail [redacted:email]'], count: 1});
	assert.deepEqual(logs.network_logs, []);
	const counters = core.counters();
	assert.equal(counters.order_violations, 0);
	assert.equal(counters.snapshots, 1);

	/* The same document as the native stream shows. */
	const tools = await newTools();
	assert.equal(tools.foldHash(stream, WALL + 60_000), tools.foldHash(nativeOf(core, WALL + 55_000, WALL + 60_000), WALL + 60_000));
});

test('strings: lone surrogates, long ones, many', async () => {
	const core = await newCore({level: 'none'});
	const enc = encoder();
	assert.equal(send(core, enc.batch(page())), 0);
	const texts = ['', 'plain', '\u{1F600} pair', 'lone \ud83d high', '\udc00', 'x'.repeat(100_000), 'ä'.repeat(50_000), '\ud800'.repeat(300), '\u0000'];
	assert.equal(send(core, enc.batch(texts.map((text, i) => [1, 'text', [100 + i, 4, 0, 3, text]]))), 0);
	const events = await rrwebOf(core);
	const found = [];
	JSON.stringify(events, (key, value) => (value?.type === 3 && typeof value.textContent === 'string' && found.push(value.textContent), value));
	for (const text of texts) assert.ok(found.includes(text), JSON.stringify(text.slice(0, 20)));

	const to = new Uint8Array(100);
	assert.equal(encodeWtf8('a\ud800\u{1F600}\udfffé', to), 1 + 3 + 4 + 3 + 2);
	assert.deepEqual([...to.subarray(0, 13)], [0x61, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xbf, 0xbf, 0xc3, 0xa9]);
});

test('garbage leaves no trace', async () => {
	const options = {checkpoint_ms: 500, segment_ms: 100};
	const [clean, dirty] = [await newCore(options), await newCore(options)];
	const [a, b] = [encoder(), encoder()];
	let seed = 1;
	const random = n => (seed = Math.imul(seed, 1664525) + 1013904223 >>> 0) % n;
	const both = records => {
		const batch = a.batch(records);
		assert.equal(send(clean, batch), 0);
		assert.equal(send(dirty, b.batch(records)), 0);
		return batch;
	};
	both(page());
	let taken = 0;
	for (let round = 0; round < 300 && !taken; round++) {
		const batch = both([[round * 20, 'text', [100 + round, 4, 0, 3, `round ${round}`]]]);
		const words = Uint32Array.from({length: random(64)}, () => random(2 ** 32));
		assert.notEqual(dirty.batch(words, ['a', 'b'].slice(random(3))), 0);
		const bent = batch.words.slice();
		bent[2]++; /* the sequence number that is due */
		bent[8 + random(bent.length - 8)] ^= 1 << random(31);
		if (dirty.batch(bent, batch.strings) === 0) taken++;
	}
	assert.equal(taken, 0);
	assert.deepEqual(nativeOf(dirty, 0, 0), nativeOf(clean, 0, 0));
	assert.ok(dirty.counters().rejected >= 600);
});

test('segments packed by somebody else: the same window in fewer bytes, within the ring and after it', async () => {
	const core = await newCore({segment_ms: 300, checkpoint_ms: 1000});
	const plain = await newCore({segment_ms: 300, checkpoint_ms: 1000});
	const encoders = [encoder(), encoder()];
	for (const [i, one] of [core, plain].entries()) assert.equal(send(one, encoders[i].batch(page())), 0);
	const rows = new Map();
	let before = 0;
	for (let t = 0; t < 5000; t += 500) {
		for (const [i, one] of [core, plain].entries()) {
			change(one, encoders[i], t, t + 500);
			one.seal(t + 500, true);
		}
		for (let entry = core.unsaved(); entry; entry = core.unsaved()) {
			const bytes = packed(core, entry);
			assert.ok(bytes.length < entry.bytes.length);
			assert.equal(core.pack(entry.key, new Uint8Array(entry.bytes.length)), null, 'no longer than it was');
			before += entry.bytes.length;
			rows.set(entry.key, bytes);
		}
	}
	const after = [...rows.values()].reduce((sum, bytes) => sum + bytes.length, 0);
	assert.equal(core.counters().ring_bytes, after);
	assert.ok(after < before / 2, `${after} of ${before} bytes`);
	assert.equal(core.pack(1_000_000, new Uint8Array(1)), null);
	assert.deepEqual(await rrwebOf(core), await rrwebOf(plain));
	const next = await newCore();
	for (const [key, bytes] of rows) assert.equal(next.loadSegment(bytes), 0, `${key}`);
	next.restart();
	assert.deepEqual(nativeOf(next, WALL, WALL + 6000), nativeOf(core, WALL, WALL + 6000));
});

test('survival: segments and tail into another instance', async () => {
	const core = await newCore({segment_ms: 300, checkpoint_ms: 1000});
	const enc = encoder();
	const rows = new Map();
	assert.equal(send(core, enc.batch(page())), 0);
	for (let t = 0; t < 5000; t += 500) {
		change(core, enc, t, t + 500);
		core.seal(t + 500, false);
		for (let entry = core.unsaved(); entry; entry = core.unsaved()) rows.set(entry.key, entry.bytes);
		const tail = core.tail();
		if (tail) rows.set(new DataView(tail.buffer).getUint32(20, true), tail);
	}
	const next = await newCore();
	for (const key of [...rows.keys()].sort((x, y) => x - y)) assert.equal(next.loadSegment(rows.get(key)), 0);
	next.restart();
	assert.deepEqual(nativeOf(next, WALL, WALL + 6000), nativeOf(core, WALL, WALL + 6000));
	const again = encoder();
	assert.equal(send(next, again.batch(page(0, WALL + 7000))), 0);
	assert.equal((await rrwebOf(next)).filter(event => event.type === 2).length, 2);
	assert.equal(next.loadSegment(rows.values().next().value), rv.RV_STATUS_ORDER);
	assert.notEqual(next.loadSegment(new Uint8Array(10)), 0);
});

test('markup', async () => {
	const core = await newCore();
	const enc = encoder();
	assert.equal(send(core, enc.batch([...page(),
		[1, 'element', [20, 4, 0, 0, 'img', 'src', '/a.png']],
		[1, 'element', [21, 4, 0, 0, 'li']],
		[1, 'text', [22, 21, 0, 3, 'an item <&>']],
	])), 0);
	const tools = await newTools();
	const told = tools.markup(nativeOf(core, Number.MAX_SAFE_INTEGER, 0));
	assert.equal(told.url, 'https://shop.test/?token=[redacted]');
	/* In the order of the document, without the doctype. */
	assert.deepEqual(told.nodes, [
		[9, 1, 0, 0, 'https://shop.test/', []],
		[1, 2, 1, 0, 'html', [], 0, 0],
		[1, 3, 2, 0, 'body', ['class', 'dark'], 0, 0],
		[1, 4, 3, 0, 'ul', [], 0, 0],
		[1, 20, 4, 0, 'img', ['src', '/a.png'], 0, 0],
		[1, 21, 4, 0, 'li', [], 0, 0],
		[3, 22, 21, 'an item <&>'],
		[1, 5, 3, 0, 'input', ['type', 'password'], 0, 0],
	]);
	assert.deepEqual(told.sheets, []);
	assert.throws(() => tools.markup(new Uint8Array(20)));
});

test('PNG', async t => {
	const dir = mkdtempSync(join(tmpdir(), 'rv-png-'));
	t.after(() => rmSync(dir, {recursive: true}));
	const pictures = {
		flat: () => 200,
		gradient: (x, y, c) => x * 3 + y * 2 + c * 40,
		boxes: (x, y, c) => (x >> 4) % 3 && (y >> 3) % 4 ? 255 : 40 * c,
		noise: (x, y, c) => Math.imul(x * 7919 + y * 104729 + c * 31, 2654435761) >>> 24,
	};
	for (const [name, at] of Object.entries(pictures)) {
		for (const [width, height] of [[1, 1], [1, 50], [50, 1], [97, 61], [400, 300]]) {
			for (const alpha of [255, 128]) {
				const pixels = new Uint8Array(width * height * 4);
				for (let i = 0; i < pixels.length; i++) pixels[i] = i % 4 === 3 ? (i === 3 ? alpha : 255) : at((i >> 2) % width, (i >> 2) / width | 0, i % 4);
				const png = (await newTools()).png(pixels, width, height);
				const {out, channels, ...size} = decodePng(png);
				assert.deepEqual(size, {width, height});
				assert.equal(channels, alpha === 255 ? 3 : 4);
				assert.deepEqual(out, channels === 4 ? pixels : pixels.filter((_, i) => i % 4 !== 3), `${name} ${width}×${height}`);
				const file = join(dir, `${name}-${width}-${height}-${alpha}.png`);
				writeFileSync(file, png);
				execFileSync('pngcheck', ['-q', file]);
			}
		}
	}
	const tools = await newTools();
	assert.throws(() => tools.png(new Uint8Array(3), 1, 1), RangeError);
	assert.throws(() => tools.png(new Uint8Array(0), 0, 0), error => error.status === rv.RV_STATUS_LIMIT);
	assert.throws(() => tools.png(new Uint8Array(20000 * 4), 20000, 1), error => error.status === rv.RV_STATUS_LIMIT);
});

test('the heap grows under way, and has an end', async () => {
	const core = await newCore({level: 'none', max_bytes: 128 << 20});
	const enc = encoder();
	assert.equal(send(core, enc.batch(page())), 0);
	let seed = 7;
	/** Text that does not compress. */
	const noise = n => {
		const parts = [];
		for (let i = 0; i < n; i += 8) parts.push((seed = Math.imul(seed, 1664525) + 1013904223 >>> 0).toString(36).padStart(8, '0'));
		return parts.join('');
	};
	let id = 100;
	for (let i = 0; i < 40; i++) assert.equal(send(core, enc.batch([[i, 'text', [id++, 4, 0, 3, i < 6 ? noise(1 << 20) : String(i).repeat(1 << 19)]]])), 0);
	const {nodes, mirror_bytes: bytes} = core.counters();
	assert.equal(nodes, 6 + 40);
	assert.ok(bytes > 36 << 20);
	assert.ok(nativeOf(core, 0, 0).length > 3 << 20);
	/* A document over the bound is refused, what was there stays. */
	let status = 0;
	for (let i = 0; i < 20 && !status; i++) status = send(core, enc.batch([[100 + i, 'text', [id++, 4, 0, 3, `${i}-`.repeat(1 << 19)]]]));
	assert.equal(status, rv.RV_STATUS_LIMIT);
	assert.ok(core.counters().nodes >= nodes);
	core.restart();
	assert.equal(send(core, encoder().batch(page(0, WALL + 5000))), 0);
	/* More than the heap can ever hold: the call fails, the core goes on. */
	assert.throws(() => core.loadSegment(new Uint8Array(600 << 20)), /out of memory/);
	assert.ok(nativeOf(core, WALL + 5000, 0).length);
});
