// node tests/fuzz/make-replay-seeds.mjs [path of rv_streamtool]: writes the seeds of the replay fuzzer,
// tests/fuzz/replay_stream/, in the format that stands at the head of replay_stream_fuzz.c.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const root = resolve(import.meta.dirname, '../..');
const tool = process.argv[2] ?? join(root, 'build/asan-ubsan/rv_streamtool');
const folder = join(import.meta.dirname, 'replay_stream');
const scratch = mkdtempSync(join(tmpdir(), 'rv-seeds-'));
mkdirSync(folder, { recursive: true });

/** The segments of a stream as { kind, epoch, bytes } and payload. */
function inflated(/** @type {Buffer} */ stream) {
	const parts = [Buffer.from([1])];
	for (let at = 8; at < stream.length; ) {
		const stored = stream.readUInt32LE(at + 44);
		const payload = inflateRawSync(stream.subarray(at + 52, at + 52 + stored));
		parts.push(Buffer.from([(stream[at + 4] - 1) | (stream[at + 5] === 1 ? 2 : 0), stream.readUInt32LE(at + 16), payload.length & 255, payload.length >> 8]), payload);
		at += 52 + stored;
	}
	return Buffer.concat(parts);
}

for (const [name, ...args] of [['sample', 'sample'], ['random-1', 'random', '1', '60'], ['random-5', 'random', '5', '150'], ['random-9', 'random', '9', '300']]) {
	const file = join(scratch, name);
	execFileSync(tool, [...args, file]);
	writeFileSync(join(folder, name), inflated(readFileSync(file)));
	if (name === 'sample') writeFileSync(join(folder, 'stream'), Buffer.concat([Buffer.from([0]), readFileSync(file)]));
}
rmSync(scratch, { recursive: true });
