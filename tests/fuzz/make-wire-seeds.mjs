// node tests/fuzz/make-wire-seeds.mjs: writes the seeds of the wire fuzzers, tests/fuzz/wire_batch/ and
// tests/fuzz/wire_segment/. The input formats stand at the head of the two fuzzers. The ABI hash and the
// checksums are put in by the fuzzers, so the seeds outlive changes of the schema.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))

function save(folder, name, ...parts) {
	mkdirSync(join(here, folder), { recursive: true })
	writeFileSync(join(here, folder, name), Buffer.concat(parts.map((part) => Buffer.from(part))))
}

const u32 = (...values) => Buffer.concat(values.map((value) => {
	const bytes = Buffer.alloc(4)
	bytes.writeUInt32LE(value >>> 0)
	return bytes
}))

// ---- batches ----
const record = (number, ...words) => u32(number | (words.length + 1) << 8, ...words)

function batch(flags, interned, inline, ...records) {
	const all = [...interned, ...inline].map((text) => Buffer.from(text))
	const words = Buffer.concat([u32(0, 0, 0, flags, 0, interned.length, inline.length, 0), ...records])
	const strings = Buffer.concat([u32(...all.map((text) => text.length)), ...all])
	return Buffer.concat([Buffer.from([3, words.length & 255, words.length >> 8, strings.length & 255, strings.length >> 8]), words, strings])
}

const tick = (ms) => record(1, ms)
const first = batch(0, ['https://example.test/', 'html', 'body', 'class', 'a'], ['a longer text that goes inline'],
	tick(0), record(2, 0, 0x42780000, 1280, 720, 1000, 1, 0, 1), record(10, 1, 0, 0, 1), record(12, 2, 1, 0, 0, 2),
	record(12, 3, 2, 0, 4, 3, 4, 5, 4, 0), record(13, 4, 3, 0, 3, 0x80000000), record(3))
save('wire_batch', 'page', first)
save('wire_batch', 'page-then-more', first,
	batch(0, ['b'], [], tick(10), record(16, 4, 2, 0), record(17, 3, 4, 6), tick(20), record(31, 1, 0, -5), record(51, 1, 5, 0, 2)),
	batch(1, ['log'], ['x'], tick(30), record(60, 0, 1, 0, 1, 0x80000000), record(62, 0, 1, 1, 1, 200, 5, 6, 7, 8, 0, 0, 0, 1, 1)))
save('wire_batch', 'empty', batch(0, [], []))

// ---- segments ----
const text = (value) => Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)])
const entry = (number, delta, ...values) => Buffer.from([number, delta, values.length, ...values])
const payload = Buffer.concat([Buffer.from([3]), text('div'), text('class'), text(''),
	entry(2, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 10, 20, 30, 1, 0, 1), entry(12, 0, 2, 1, 0, 0, 1, 2, 3), entry(31, 5, 1, 3, 40), entry(200, 0, 9, 9), entry(54, 0, 1, 2, 3)])
save('wire_segment', 'payload-1', [3, 5, 0, 5], payload)
// format 2: an element and a text in it, what is known said again, strings that an unknown record names
save('wire_segment', 'payload', [1, 5, 0, 5], Buffer.concat([Buffer.from([4]), text('div'), text('class'), text('a'), text('b'),
	Buffer.from([0x8c, 0, 8, 3, 2, 0, 2, 0, 0, 1, 1, 1]), entry(13, 0, 0, 1, 0, 6, 4), entry(13, 5, 0, 2, 0, 0, 4), Buffer.from([0xe4, 0, 1, 1, 9]), entry(54, 0, 2, 4, 2)]))
save('wire_segment', 'payload-empty', [1, 0, 0, 0], [0])

function crc32(bytes) {
	let crc = ~0
	for (const byte of bytes) {
		crc ^= byte
		for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0)
	}
	return ~crc >>> 0
}
const stored = deflateRawSync(payload)
const segment = Buffer.concat([Buffer.from('RVS1\x01\x01\0\0'), Buffer.alloc(8), u32(1, 1, 0, 0, 5, 5, payload.length, stored.length, crc32(stored)), stored])
save('wire_segment', 'stream', [0], 'RVR1', u32(1), segment, segment)
