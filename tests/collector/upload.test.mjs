/* Recordings that come in parts: in order, again, over kill -9, and what is wrong by name. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { png, randomFrom, startWorld } from './world.mjs';

const PART = 256 << 10;
let w;
before(async () => { w = await startWorld(); });
after(() => w.stop());

/** A file that begins as a WebM. */
function film(bytes, seed) {
	const random = randomFrom(seed);
	const file = Buffer.alloc(bytes);
	for (let i = 0; i + 4 <= bytes; i += 4) file.writeUInt32LE(random(0x7fffffff), i);
	file.writeUInt32BE(0x1a45dfa3, 0);
	return file;
}
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const field = (answer) => `${answer.status} ${answer.json?.error?.code} ${answer.json?.error?.field ?? ''}`.trim();
const stands = (answer) => [answer.status, answer.headers.get('range'), answer.json?.received];

/** Bytes from … to (exclusive) of the file. */
const part = (file, from, to, key, { total = file.length, range = `bytes ${from}-${to - 1}/${total}`, ...more } = {}) =>
	w.upload(file.subarray(from, to), { kind: 'recording', type: 'video/webm', ...more, headers: { ...(key && { 'idempotency-key': key }), 'content-range': range } });
const ask = (total, key) => w.ask('/v1/widget/upload', { method: 'POST', headers: { 'x-project-key': w.first.project_key, 'idempotency-key': key, 'content-range': `bytes */${total}` } });
/** Temporary files go with their request, which may end after its answer. */
const tidy = async () => {
	while (readdirSync(join(w.dir, 'tmp')).length) await w.ask('/healthz');
};
const unfinished = () => readdirSync(join(w.dir, 'parts'));

test('parts one after the other become one upload', async () => {
	const file = film(3 * PART + 1000, 1);
	assert.deepEqual(stands(await ask(file.length, 'a')), [308, null, 0]);
	const first = await part(file, 0, PART, 'a', { token: 'ses_parts' });
	assert.deepEqual(stands(first), [308, `bytes=0-${PART - 1}`, PART]);
	assert.match(first.headers.get('access-control-expose-headers'), /Range/);
	assert.deepEqual(stands(await part(file, PART, 3 * PART, 'a')), [308, `bytes=0-${3 * PART - 1}`, 3 * PART]);
	assert.deepEqual(stands(await ask(file.length, 'a')), [308, `bytes=0-${3 * PART - 1}`, 3 * PART]);
	const last = await part(file, 3 * PART, file.length, 'a');
	assert.equal(last.status, 201);
	assert.deepEqual(last.json, { attachment_id: last.json.attachment_id, kind: 'recording', bytes: file.length, sha256: sha256(file) });
	assert.deepEqual((await ask(file.length, 'a')).json, last.json, 'asked afterwards, the first answer');
	for (const [from, to] of [[0, PART], [3 * PART, file.length]]) assert.deepEqual((await part(file, from, to, 'a')).json, last.json);
	const report = (await w.submit({ title: 'film', attachment_ids: [last.json.attachment_id] })).json;
	assert.deepEqual((await w.report(report.id, undefined, `/attachments/${last.json.attachment_id}`)).bytes, file);
	const some = await w.ask(`/api/v1/reports/${report.id}/attachments/${last.json.attachment_id}`, { headers: { 'x-rearview-api-key': w.first.api_key, range: 'bytes=1000-1999' } });
	assert.equal(some.status, 206);
	assert.deepEqual(some.bytes, file.subarray(1000, 2000));
	assert.equal(some.headers.get('content-type'), 'video/webm');
});

test('a part again, a part too far, another length', async () => {
	const file = film(2 * PART + 5, 2);
	await part(file, 0, PART, 'b');
	assert.deepEqual(stands(await part(file, 0, PART, 'b')), [308, `bytes=0-${PART - 1}`, PART]);
	const far = await part(file, 2 * PART, file.length, 'b');
	assert.deepEqual([field(far), far.headers.get('range')], ['409 conflict Content-Range', `bytes=0-${PART - 1}`]);
	assert.equal(field(await part(file, PART, 2 * PART, 'b', { total: 3 * PART })), '409 conflict Content-Range');
	assert.equal(field(await ask(7, 'b')), '409 conflict Content-Range');
	assert.deepEqual(stands(await part(film(PART, 3), 0, PART, 'b', { key: w.other.project_key, total: 2 * PART })), [308, `bytes=0-${PART - 1}`, PART], 'keys are each workspace\'s own');
	await part(file, PART, 2 * PART, 'b');
	/* The last one several times at once: one upload. */
	const all = await Promise.all(Array.from({ length: 6 }, () => part(file, 2 * PART, file.length, 'b')));
	for (const answer of all) assert.deepEqual([answer.status, answer.json.attachment_id, answer.json.sha256], [201, all[0].json.attachment_id, sha256(file)]);
	/* The same first part several times at once: it is there once. */
	const many = await Promise.all(Array.from({ length: 6 }, () => part(file, 0, PART, 'c')));
	for (const answer of many) assert.deepEqual(stands(answer), [308, `bytes=0-${PART - 1}`, PART]);
	assert.equal((await part(file, PART, file.length, 'c')).status, 201);
	const whole = await part(file, 0, file.length, 'd');
	assert.deepEqual([whole.status, whole.json.sha256], [201, sha256(file)]);
});

test('what is wrong, by name, and keeps nothing', async () => {
	const file = film(2 * PART, 4);
	const kept = unfinished().length;
	for (const range of ['bytes', 'bytes 0-1', 'bytes 5-1/10', 'bytes 0-10/10', 'bytes */0', 'bytes */*', 'bytes 0-9/*', 'items 0-9/10', 'bytes -1-9/10', 'bytes 0-99999999999999999999/99999999999999999999', 'bytes=0-9/10'])
		assert.equal(field(await part(file, 0, 10, 'e', { range })), '400 invalid_header Content-Range', range);
	assert.equal(field(await part(file, 0, PART, null)), '400 invalid_header Idempotency-Key');
	assert.equal(field(await part(file, 0, PART, 'e', { total: (64 << 20) + 1 })), '413 too_large Content-Range');
	assert.equal(field(await part(file, 0, PART - 1, 'e')), '422 invalid_field Content-Range');
	assert.equal(field(await part(file, 0, PART, 'e', { range: `bytes 0-${PART}/${2 * PART}` })), '422 invalid_file file');
	assert.equal(field(await part(file, 0, PART, 'e', { kind: 'replay' })), '422 invalid_field kind');
	assert.equal(field(await part(file, 0, PART, 'e', { kind: 'asset' })), '422 invalid_field kind');
	assert.equal(field(await part(Buffer.concat([png(), Buffer.alloc(2 * PART)]), 0, PART, 'e', { total: 2 * PART })), '415 unsupported_media_type file');
	assert.equal(field(await part(file, 0, PART, 'e', { key: 'pk_wrong' })), '401 unauthorized');
	assert.equal((await w.ask('/v1/widget/upload', { method: 'POST', headers: { 'content-range': 'bytes */10', 'idempotency-key': 'e' } })).status, 401);
	assert.equal(unfinished().length, kept);
	await tidy();
	assert.deepEqual(stands(await ask(10, 'e')), [308, null, 0]);
});

test('kill -9 between and during parts: what was acknowledged is there', async () => {
	const random = randomFrom(5);
	for (let round = 0; round < 4; round++) {
		const file = film(6 * PART + 77, 50 + round);
		let at = 0;
		let answer;
		while (at < file.length) {
			const to = Math.min(file.length, at + PART * (1 + random(2)));
			const sent = part(file, at, to, `kill-${round}`).catch(() => null);
			if (random(2)) {
				answer = await sent;
				if (answer?.status === 308) at = answer.json.received;
			}
			await w.kill9();
			if (!answer || answer.status !== 201) answer = await sent.then((late) => late ?? answer);
			await w.start();
			const now = await ask(file.length, `kill-${round}`);
			if (now.status === 201) {
				answer = now;
				break;
			}
			assert.equal(now.status, 308);
			assert.ok(now.json.received >= at, `${now.json.received} of ${at} acknowledged`);
			at = now.json.received;
			if (to === file.length && at >= 3 * PART) answer = await part(file, at, file.length, `kill-${round}`);
			if (answer?.status === 201) break;
		}
		assert.deepEqual([answer.status, answer.json.sha256], [201, sha256(file)]);
	}
	await tidy();
});
