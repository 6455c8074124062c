import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { png, replay, startWorld } from './world.mjs';

let w;
before(async () => { w = await startWorld(); });
after(() => w.stop());

const field = (answer) => `${answer.status} ${answer.json?.error?.code} ${answer.json?.error?.field ?? ''}`.trim();

test('config: by header and by query, with an ETag', async () => {
	const answer = await w.ask(`/v1/widget/config?key=${w.first.project_key}`);
	assert.equal(answer.status, 200);
	assert.match(answer.headers.get('cache-control'), /max-age=60/);
	assert.equal(answer.headers.get('access-control-allow-origin'), '*');
	assert.equal(answer.json.capture.window_ms, 600000);
	assert.equal(answer.json.actions.always_connect, false);
	const etag = answer.headers.get('etag');
	assert.match(etag, /^"[0-9a-f]{16}"$/);
	const same = await w.ask('/v1/widget/config', { headers: { 'x-project-key': w.first.project_key, 'if-none-match': etag } });
	assert.equal(same.status, 304);
	assert.equal(same.text, '');
	assert.equal(same.headers.get('etag'), etag);
	for (const path of ['/v1/widget/config', '/v1/widget/config?key=', '/v1/widget/config?key=pk_wrong', `/v1/widget/config?key=${w.first.api_key}`]) assert.equal(field(await w.ask(path)), '401 unauthorized');
});

test('upload: each kind, told by its bytes', async () => {
	const bytes = png();
	const answer = await w.upload(bytes, { token: 'ses_1' });
	assert.equal(answer.status, 201);
	assert.deepEqual(answer.json, { attachment_id: answer.json.attachment_id, kind: 'screenshot', bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
	assert.equal((await w.upload(replay(), { kind: 'replay', type: 'application/vnd.rearview.replay' })).status, 201);
	assert.equal((await w.upload(Buffer.from('\x1a\x45\xdf\xa3webm', 'latin1'), { kind: 'recording', type: 'video/webm;codecs=vp9' })).status, 201);
	assert.equal((await w.upload(Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0', 'latin1'), { kind: 'recording', type: 'application/octet-stream' })).status, 201);
	const webp = Buffer.alloc(40);
	webp.write('RIFF'); webp.write('WEBPVP8X', 8); webp[24] = 9; webp[27] = 9;
	assert.equal((await w.upload(webp, { type: 'image/webp' })).status, 201);
	const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8, 0, 10, 0, 10, 1, 1, 0x11, 0]);
	assert.equal((await w.upload(jpeg, { type: 'image/jpeg' })).status, 201);
});

test('upload: what is wrong, by name', async () => {
	assert.equal(field(await w.upload(png(), { key: 'pk_wrong' })), '401 unauthorized');
	assert.equal(field(await w.upload(png(), { kind: null })), '422 invalid_field kind');
	assert.equal(field(await w.upload(png(), { kind: 'movie' })), '422 invalid_field kind');
	assert.equal(field(await w.upload(png(), { token: 'no spaces please' })), '422 invalid_field session_token');
	assert.equal(field(await w.upload(null)), '422 invalid_field file');
	assert.equal(field(await w.upload(png(), { name: 'picture' })), '422 invalid_field file');
	assert.equal(field(await w.upload(Buffer.alloc(0))), '422 invalid_file file');
	assert.equal(field(await w.upload(Buffer.from('hello, I am a text'))), '415 unsupported_media_type file');
	assert.equal(field(await w.upload(png(), { type: 'image/jpeg' })), '415 unsupported_media_type file');
	assert.equal(field(await w.upload(png(), { kind: 'replay', type: 'application/octet-stream' })), '415 unsupported_media_type file');
	assert.equal(field(await w.upload(png(65000, 65000, true))), '422 invalid_file file');
	assert.equal(field(await w.upload(png(15000, 15000, true))), '422 invalid_file file');
	assert.equal(field(await w.upload(png(0, 10, true))), '422 invalid_file file');
	assert.equal(field(await w.upload(png().subarray(0, 20))), '422 invalid_file file');
	const sound = replay();
	for (const damage of [sound.subarray(0, 30), sound.subarray(0, sound.length - 3), Buffer.concat([sound, Buffer.from('x')]), (() => { const b = Buffer.from(sound); b[70] ^= 1; return b; })(), (() => { const b = Buffer.from(sound); b.writeUInt32LE(64 << 20, 48); return b; })()])
		assert.equal(field(await w.upload(damage, { kind: 'replay', type: 'application/vnd.rearview.replay' })), '422 invalid_file file');
	const json = await w.ask(`/v1/widget/upload?key=${w.first.project_key}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
	assert.equal(json.status, 415);
});

test('upload: a retry is one row and gets the first answer', async () => {
	const first = await w.upload(png(3, 3), { headers: { 'idempotency-key': 'up-1' } });
	const again = await w.upload(png(3, 3), { headers: { 'idempotency-key': 'up-1' } });
	assert.equal(again.status, 201);
	assert.deepEqual(again.json, first.json);
	const both = await Promise.all(Array.from({ length: 8 }, () => w.upload(png(4, 4), { headers: { 'idempotency-key': 'up-2' } })));
	assert.equal(new Set(both.map((answer) => answer.json.attachment_id)).size, 1);
	const other = await w.upload(png(3, 3), { headers: { 'idempotency-key': 'up-1' }, key: w.other.project_key });
	assert.notEqual(other.json.attachment_id, first.json.attachment_id);
	assert.equal(field(await w.upload(png(), { headers: { 'idempotency-key': 'x'.repeat(201) } })), '400 invalid_header Idempotency-Key');
});

test('submit: everything a report can hold comes back out', async () => {
	const picture = (await w.upload(png())).json.attachment_id;
	const film = (await w.upload(replay(), { kind: 'replay', type: 'application/vnd.rearview.replay' })).json.attachment_id;
	const body = {
		title: 'It broke', description: 'When I clicked\nonce', item_type: 'bug', trigger: 'sdk', session_token: 'ses_full', name: 'Jané', email: 'jane@example.com', user_id: 'u-1',
		user: { id: 'older', plan: 'team', firstName: 'J', nested: { a: [1, 2.5, true, null] }, __proto__x: 1, user_id: 'dropped', userId: 'dropped' },
		url: 'https://shop.example/cart?x=1#y', metadata: { title: 'Cart', referrer: 'https://a.de/', viewport: { width: 800, height: 600 }, browser: { name: 'Firefox', version: '128' }, language: 'de', device_pixel_ratio: 1.25 },
		attachment_ids: [picture, film], element: { selector: '#buy', tag: 'button', text: 'Buy', rect: { x: 1, y: 2 }, outer_html: '<button>' },
		console_logs: [{ ts: 1700000000000, level: 'error', args: ['first \ud83d error', { a: 1 }], stack: 'at x', count: 3 }, { ts: 1, level: 'log', args: [] }],
		network_logs: [{ ts: 1, method: 'GET', url: 'https://a.de/', status: 500, duration_ms: 12.5, request_bytes: 0, response_bytes: 10, type: 'fetch', error: null, response_headers: { a: 'b' } }, { ts: 1, method: 'GET', url: 'x', status: 0, error: 'failed' }, { ts: 1, method: 'GET', url: 'x', status: 200 }],
		custom: { order: 7 }, capture: { records: 12, notes: ['x'] }, unknown: 'ignored',
	};
	const text = JSON.stringify(body).replace('"__proto__x"', '"__proto__"');
	const answer = await w.submit(text);
	assert.equal(answer.status, 201);
	assert.deepEqual(Object.keys(answer.json), ['id', 'number', 'session_info_url']);
	assert.equal(answer.json.session_info_url, `${w.url}/api/v1/session-info/${w.first.workspace_id}/ses_full`);
	const { json: report } = await w.report(answer.json.id);
	assert.equal(report.number, answer.json.number);
	assert.equal(report.title, 'It broke');
	assert.equal(report.notes, 'When I clicked\nonce');
	assert.equal(report.trigger, 'sdk');
	assert.equal(report.state, 'open');
	assert.match(report.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
	assert.deepEqual(report.user, { id: 'u-1', email: 'jane@example.com', name: 'Jané', plan: 'team', firstName: 'J', nested: { a: [1, 2.5, true, null] } });
	assert.equal(report.page.title, 'Cart');
	assert.equal(report.page.path, '/cart');
	assert.deepEqual(report.page.viewport, { width: 800, height: 600 });
	assert.equal(report.page.device_pixel_ratio, 1.25);
	assert.deepEqual(report.element, body.element);
	assert.deepEqual(report.custom, body.custom);
	assert.deepEqual(report.capture, body.capture);
	assert.equal(report.console_logs[0].args[0], 'first \ufffd error');
	assert.equal(report.network_logs.length, 3);
	assert.deepEqual([report.errors, report.failed_requests], [3, 2]);
	assert.deepEqual(report.attachments.map((a) => a.kind), ['screenshot', 'replay']);
	assert.equal(report.attachments[0].url, `${w.url}/api/v1/reports/${report.id}/attachments/${picture}`);
	assert.equal(report.replay.from, 1_700_000_000_000);
	assert.equal(report.replay.pages[0].url, 'https://shop.example/cart');
	assert.ok(report.marks.some((mark) => mark.kind === 'click'));
	assert.equal((await w.submit({ title: 'next' })).json.number, answer.json.number + 1);
});

test('submit: what is wrong, by name', async () => {
	const ok = { title: 't' };
	const cases = [
		[[], 'body'], [{}, 'title'], [{ title: 7 }, 'title'], [{ title: 'x'.repeat(1001) }, 'title'], [{ ...ok, description: {} }, 'description'], [{ ...ok, description: 'x'.repeat(20001) }, 'description'],
		[{ ...ok, item_type: 'two words' }, 'item_type'], [{ ...ok, item_type: 'x'.repeat(41) }, 'item_type'], [{ ...ok, trigger: 'magic' }, 'trigger'], [{ ...ok, session_token: 'a b' }, 'session_token'], [{ ...ok, session_token: 'x'.repeat(129) }, 'session_token'],
		[{ ...ok, name: [] }, 'name'], [{ ...ok, email: 7 }, 'email'], [{ ...ok, user_id: true }, 'user_id'], [{ ...ok, user: 'jane' }, 'user'], [{ ...ok, user: { id: {} } }, 'user.id'], [{ ...ok, user: { email: 7 } }, 'user.email'],
		[{ ...ok, url: 7 }, 'url'], [{ ...ok, url: 'x'.repeat(16385) }, 'url'], [{ ...ok, metadata: [] }, 'metadata'], [{ ...ok, metadata: { title: 7 } }, 'metadata.title'], [{ ...ok, metadata: { url: {} } }, 'metadata.url'],
		[{ ...ok, viewport: { width: 'wide' } }, 'viewport.width'], [{ ...ok, viewport: 7 }, 'viewport'], [{ ...ok, device_pixel_ratio: '2' }, 'device_pixel_ratio'], [{ ...ok, browser: { name: 7 } }, 'browser.name'],
		[{ ...ok, attachment_ids: 'att_1' }, 'attachment_ids'], [{ ...ok, attachment_ids: [7] }, 'attachment_ids[0]'], [{ ...ok, attachment_ids: ['att_x', 'att_x'] }, 'attachment_ids[1]'], [{ ...ok, attachment_ids: ['att_none'] }, 'attachment_ids'],
		[{ ...ok, attachment_ids: Array.from({ length: 21 }, (_, i) => `att_${i}`) }, 'attachment_ids'], [{ ...ok, element: [] }, 'element'], [{ ...ok, element: { selector: 7 } }, 'element.selector'], [{ ...ok, custom: [] }, 'custom'], [{ ...ok, capture: 'x' }, 'capture'],
		[{ ...ok, console_logs: {} }, 'console_logs'], [{ ...ok, console_logs: [1] }, 'console_logs[0]'], [{ ...ok, console_logs: [{}, { level: 7 }] }, 'console_logs[1].level'], [{ ...ok, console_logs: [{ args: 'x' }] }, 'console_logs[0].args'],
		[{ ...ok, network_logs: 7 }, 'network_logs'], [{ ...ok, network_logs: [{ status: '500' }] }, 'network_logs[0].status'], [{ ...ok, network_logs: [null] }, 'network_logs[0]'],
	];
	for (const [body, name] of cases) assert.equal(field(await w.submit(body)), `422 invalid_field ${name}`, JSON.stringify(body).slice(0, 80));
	for (const text of ['', '{', '{"title":"a","title":"b"}', '{"title":"\\u0000"}', '{"title":"\xff"}', '['.repeat(100) + ']'.repeat(100), '{"title":1e}', 'null x'])
		assert.equal((await w.ask('/v1/widget/submit', { method: 'POST', headers: { 'content-type': 'application/json', 'x-project-key': w.first.project_key }, body: Buffer.from(text, 'latin1') })).status, 400, text.slice(0, 40));
	assert.equal((await w.submit('{}', { 'content-type': 'text/plain' })).status, 415);
	assert.equal((await w.submit({ title: 't' }, {}, 'pk_wrong')).status, 401);
	assert.equal((await w.submit({ title: 't', custom: { x: 'y'.repeat(9 << 20) } })).status, 413);
	assert.equal((await w.submit(`{"title":"t","custom":{"a":[${'0,'.repeat(300000)}0]}}`)).status, 413);
	for (const value of [null, undefined]) assert.equal((await w.submit({ title: 't', description: value, user: value, attachment_ids: value, console_logs: value, viewport: value })).status, 201);
});

test('submit: attachments are of this workspace and of one report', async () => {
	const mine = (await w.upload(png(5, 5))).json.attachment_id;
	const theirs = (await w.upload(png(5, 5), { key: w.other.project_key })).json.attachment_id;
	assert.equal(field(await w.submit({ title: 't', attachment_ids: [theirs] })), '422 invalid_field attachment_ids');
	assert.equal(field(await w.submit({ title: 't', attachment_ids: [mine, theirs] })), '422 invalid_field attachment_ids');
	assert.equal((await w.submit({ title: 't', attachment_ids: [mine] })).status, 201);
	assert.equal(field(await w.submit({ title: 't', attachment_ids: [mine] })), '422 invalid_field attachment_ids');
});

test('submit: a retry is one row and gets the first answer', async () => {
	const attachment = (await w.upload(png(6, 6))).json.attachment_id;
	const body = { title: 'once', attachment_ids: [attachment] };
	const answers = await Promise.all(Array.from({ length: 8 }, () => w.submit(body, { 'idempotency-key': 'sub-1' })));
	for (const answer of answers) {
		assert.equal(answer.status, 201);
		assert.deepEqual(answer.json, answers[0].json);
	}
	const other = await w.submit({ title: 'once' }, { 'idempotency-key': 'sub-1' }, w.other.project_key);
	assert.notEqual(other.json.id, answers[0].json.id);
});

test('origins: any without a list, else those of the list', async () => {
	const console_ = await w.login();
	const config = (origin, path = `/v1/widget/config?key=${w.other.project_key}`) => w.ask(path, { headers: origin ? { origin } : {} });
	assert.equal((await config('https://anything.example')).headers.get('access-control-allow-origin'), '*');
	assert.equal((await console_('PUT', `workspaces/${w.other.workspace_id}/settings`, { config: { allowed_origins: ['https://app.example.com', 'https://*.shop.example'] } })).status, 200);
	const good = await config('https://app.example.com');
	assert.equal(good.status, 200);
	assert.equal(good.headers.get('access-control-allow-origin'), 'https://app.example.com');
	assert.equal(good.headers.get('access-control-allow-credentials'), null);
	assert.match(good.headers.get('vary'), /Origin/);
	assert.equal((await config('https://a.shop.example')).status, 200);
	assert.equal((await config()).status, 200);
	for (const origin of ['null', 'http://app.example.com', 'https://app.example.com.evil.org', 'https://evilapp.example.com', 'https://shop.example', 'https://evilshop.example']) {
		const answer = await config(origin);
		assert.equal(answer.status, 403, origin);
		assert.equal(answer.headers.get('access-control-allow-origin'), null);
		assert.equal((await w.submit({ title: 't' }, { origin }, w.other.project_key)).status, 403, origin);
		assert.equal((await w.socket({ key: w.other.project_key, origin })).status, 403, origin);
	}
	assert.equal((await w.socket({ key: w.other.project_key })).status, 403, 'a socket must say its origin');
	const socket = await w.socket({ key: w.other.project_key, origin: 'https://a.shop.example' });
	assert.equal(socket.status, 101);
	await socket.close();
	assert.equal((await w.socket({ key: 'pk_wrong' })).status, 401);
	assert.equal((await w.socket({ origin: 'null' })).status, 101);
});
