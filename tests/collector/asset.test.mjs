/* What recordings refer to: told by the widget, stored by content, served with the report. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { png, replay, startWorld } from './world.mjs';

let w;
before(async () => (w = await startWorld()));
after(async () => {
	w.assertSilent();
	await w.stop();
});

const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');
const upload = (bytes, type, more = {}) => w.upload(bytes, { kind: 'asset', type, ...more });
const tell = (submit_key, assets, key = w.first.project_key) =>
	w.ask('/v1/widget/assets', { method: 'POST', headers: { 'content-type': 'application/json', 'x-project-key': key }, body: JSON.stringify({ submit_key, assets }) });
let keys = 0;
async function report(key = w.first.project_key) {
	const submit_key = `key-${++keys}`;
	const answer = await w.upload(replay(), { kind: 'replay', type: '', key });
	return { submit_key, ...(await w.submit({ title: 't', attachment_ids: [answer.json.attachment_id] }, { 'idempotency-key': submit_key }, key)).json };
}
/** Blob files by their content's hash. */
const blobs = () => readdirSync(join(w.dir, 'blobs'), { recursive: true }).map(String).filter((name) => name.length === 65).map((name) => name.replace('/', ''));

test('what is missing is told, then uploaded, then linked; the same content is stored once', async () => {
	const picture = png(3, 5), hash = sha(picture);
	const [one, two] = [await report(), await report()];
	const list = [{ url: 'https://shop.example/a.png', sha256: hash }];
	assert.deepEqual((await tell(one.submit_key, list)).json, { missing: [hash] });
	assert.equal((await w.report(one.id, undefined, `/assets/${hash}`)).status, 404);
	const up = await upload(picture, 'image/png');
	assert.equal(up.status, 201, up.text);
	assert.deepEqual(up.json, { kind: 'asset', bytes: picture.length, sha256: hash });
	assert.deepEqual((await tell(one.submit_key, list)).json, { missing: [] });
	assert.deepEqual((await tell(two.submit_key, [{ url: 'https://other.example/b.png', sha256: hash }])).json, { missing: [] }, 'known from the first report');
	assert.equal(blobs().filter((name) => name === hash).length, 1);
	for (const { id } of [one, two]) {
		const answer = await w.report(id, undefined, `/assets/${hash}`);
		assert.equal(answer.status, 200);
		assert.equal(answer.headers.get('content-type'), 'image/png');
		assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
		assert.match(answer.headers.get('content-security-policy'), /default-src 'none'.*sandbox$/);
		assert.deepEqual(answer.bytes, picture);
		assert.equal((await w.ask(`/api/v1/reports/${id}/assets/${hash}`)).status, 401);
		assert.equal((await w.report(id, w.other.api_key, `/assets/${hash}`)).status, 404);
	}
});

test('contents are a workspace\'s own, and reports are named by a key that only their sender knows', async () => {
	const picture = png(4, 4), hash = sha(picture);
	await upload(picture, 'image/png');
	const foreign = await report(w.other.project_key), own = await report();
	assert.deepEqual((await tell(foreign.submit_key, [{ url: 'https://a/', sha256: hash }], w.other.project_key)).json, { missing: [hash] });
	for (const key of [foreign.submit_key, own.id, 'unknown']) assert.equal((await tell(key, [{ url: 'https://a/', sha256: hash }])).status, 404, key);
	assert.equal((await tell(own.submit_key, [], 'pk_wrong')).status, 401);
});

test('a style sheet comes with the report\'s addresses in place of its own', async () => {
	const picture = png(2, 9), hash = sha(picture), css = Buffer.from('@import "more.css"; a { background: url(img/x.png?v=1#f) } b { background: url(gone.png) }'), cssHash = sha(css);
	const { id, submit_key } = await report();
	await upload(picture, 'image/png');
	assert.equal((await upload(css, 'text/css; charset=UTF-8')).status, 201);
	await tell(submit_key, [{ url: 'https://cdn.example/css/s.css', sha256: cssHash }, { url: 'https://cdn.example/css/img/x.png?v=1', sha256: hash }]);
	const answer = await w.report(id, undefined, `/assets/${cssHash}`);
	assert.equal(answer.headers.get('content-type'), 'text/css; charset=utf-8');
	assert.equal(answer.text, `@import "https://cdn.example/css/more.css"; a { background: url(${w.url}/api/v1/reports/${id}/assets/${hash}#f) } b { background: url(https://cdn.example/css/gone.png) }`);
});

test('a replay changes its tag when assets arrive', async () => {
	const { id, submit_key } = await report(), picture = png(2, 2);
	const before = (await w.report(id, undefined, '/replay')).headers.get('etag');
	await upload(picture, 'image/png');
	await tell(submit_key, [{ url: 'https://shop.example/z.png', sha256: sha(picture) }]);
	assert.notEqual((await w.report(id, undefined, '/replay')).headers.get('etag'), before);
});

test('pictures, fonts, SVG and style sheets are taken for what they are, anything else is not', async () => {
	const { id, submit_key } = await report();
	const svg = '<?xml version="1.0"?><!-- a --><!DOCTYPE svg PUBLIC "x" "y">\n<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>';
	const good = [['GIF89a123', 'image/png', 'image/gif'], ['wOF2abcd', 'font/woff2', 'font/woff2'], ['\0\x01\0\0abcd', '', 'font/ttf'], ['OTTO1234', '', 'font/otf'], [svg, 'text/plain', 'image/svg+xml'], ['a{}', 'text/css', 'text/css; charset=utf-8'], ['abcdftypavif', '', 'image/avif']];
	for (const [body, declared, type] of good) {
		const bytes = Buffer.from(body, 'latin1');
		assert.equal((await upload(bytes, declared)).status, 201, body);
		await tell(submit_key, [{ url: `https://a.example/${sha(bytes)}`, sha256: sha(bytes) }]);
		const answer = await w.report(id, undefined, `/assets/${sha(bytes)}`);
		assert.equal(answer.headers.get('content-type'), type);
		assert.match(answer.headers.get('content-security-policy'), /^default-src 'none'.*sandbox$/);
	}
	for (const [body, declared] of [['<!doctype html><script>alert(1)</script>', 'text/html'], ['<html>', 'text/css'], [' \n<script>', 'text/css'], ['<svgx>', 'image/svg+xml'], ['alert(1)', 'text/javascript'], ['a{}', 'text/plain'], ['a{}\0', 'text/css'], ['a{}\xff', 'text/css'], ['{}', 'application/json'], ['%PDF-1.4', 'application/pdf'], ['<!DOCTYPE svg [<!ENTITY a "b">]><svg/>x', 'image/svg+xml']])
		assert.equal((await upload(Buffer.from(body, 'latin1'), declared)).status, 415, body);
	assert.equal((await upload(Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(2 << 20)]), 'image/gif')).status, 413);
});

test('hostile lists are refused and change nothing', async () => {
	const { id, submit_key } = await report(), hash = 'a'.repeat(64);
	for (const [assets, field] of [[7, 'assets'], [[1], 'assets[0].url'], [[{ url: 'javascript:alert(1)', sha256: hash }], 'assets[0].url'], [[{ url: 'https://a/', sha256: 'A'.repeat(64) }], 'assets[0].sha256'], [[{ url: 'https://a/', sha256: '../../etc/passwd' }], 'assets[0].sha256'], [[{ url: `https://a/${'x'.repeat(3000)}`, sha256: hash }], 'assets[0].url'], [Array(1001).fill({ url: 'https://a/', sha256: hash }), 'assets'], [undefined, 'assets']]) {
		const answer = await tell(submit_key, assets);
		assert.equal(`${answer.status} ${answer.json.error.field}`, `422 ${field}`);
	}
	assert.equal((await tell(7, [])).status, 422);
	for (const name of ['..', `..%2f${hash}`, hash, hash.toUpperCase(), 'x']) assert.equal((await w.report(id, undefined, `/assets/${name}`)).status, 404, name);
});

test('the first content of an address stays', async () => {
	const { id, submit_key } = await report(), a = png(2, 3), b = png(3, 2), url = 'https://shop.example/same.png';
	for (const bytes of [a, b]) {
		await upload(bytes, 'image/png');
		await tell(submit_key, [{ url, sha256: sha(bytes) }]);
	}
	assert.equal((await w.report(id, undefined, `/assets/${sha(a)}`)).status, 200);
	assert.equal((await w.report(id, undefined, `/assets/${sha(b)}`)).status, 404);
});
