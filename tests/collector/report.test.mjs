import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { png, replay, startWorld } from './world.mjs';

let w;
let console_;
let report;
let empty;
const film = replay();
const picture = png(7, 7);

before(async () => {
	w = await startWorld();
	console_ = await w.login();
	const replayId = (await w.upload(film, { kind: 'replay', type: 'application/vnd.rearview.replay' })).json.attachment_id;
	const pictureId = (await w.upload(picture)).json.attachment_id;
	report = (await w.submit({ title: 'With everything', attachment_ids: [replayId, pictureId], user: { id: 'u1' } })).json;
	report.replayId = replayId;
	report.pictureId = pictureId;
	empty = (await w.submit({ title: 'Without' })).json;
});
after(() => w.stop());

test('who may read', async () => {
	const paths = ['', '/replay', `/attachments/${report.pictureId}`];
	for (const more of paths) {
		assert.equal((await w.report(report.id, w.first.api_key, more)).status, 200, more);
		assert.equal((await w.ask(`/api/v1/reports/${report.id}${more}`, { headers: { 'x-bugpilot-api-key': w.first.api_key } })).status, 200);
		assert.equal((await w.report(report.id, w.other.api_key, more)).status, 404, more);
		assert.equal((await w.report('rep_none', w.first.api_key, more)).status, 404, more);
		for (const headers of [{}, { 'x-rearview-api-key': 'rvk_wrong' }, { 'x-rearview-api-key': w.first.project_key }, { cookie: 'rv_login=wrong' }, { cookie: `rv_login=${'x'.repeat(43)}` }]) {
			const answer = await w.ask(`/api/v1/reports/${report.id}${more}`, { headers });
			assert.equal(`${answer.status} ${answer.json.error.code}`, '401 unauthorized');
		}
	}
	const login = await w.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: w.credentials });
	const cookie = login.headers.get('set-cookie').split(';')[0];
	for (const more of paths) assert.equal((await w.ask(`/api/v1/reports/${report.id}${more}`, { headers: { cookie } })).status, 200);
	assert.equal((await w.ask(`/api/v1/reports/${report.id}`, { headers: { cookie, 'x-rearview-api-key': w.other.api_key } })).status, 404, 'a key is what counts when there is one');
	assert.equal((await w.ask(`/api/v1/reports/${report.id}`, { headers: { cookie, 'x-rearview-api-key': 'rvk_wrong' } })).status, 401);
});

test('replay as rrweb events', async () => {
	const answer = await w.report(report.id, undefined, '/replay?format=rrweb');
	assert.equal(answer.status, 200);
	assert.match(answer.headers.get('content-type'), /application\/json/);
	assert.equal(answer.headers.get('content-encoding'), 'gzip');
	assert.ok(Array.isArray(answer.json));
	assert.equal(answer.json[0].type, 4);
	assert.equal(answer.json[1].type, 2);
	const plain = await w.ask(`/api/v1/reports/${report.id}/replay`, { headers: { 'x-rearview-api-key': w.first.api_key, 'accept-encoding': 'identity' } });
	assert.equal(plain.headers.get('content-encoding'), null);
	assert.equal(plain.text, answer.text);
	assert.notEqual(plain.headers.get('etag'), answer.headers.get('etag'));
	const same = await w.ask(`/api/v1/reports/${report.id}/replay`, { headers: { 'x-rearview-api-key': w.first.api_key, 'accept-encoding': 'gzip;q=0', 'if-none-match': plain.headers.get('etag') } });
	assert.equal(same.status, 304);
	const unknown = await w.report(report.id, undefined, '/replay?format=movie');
	assert.equal(`${unknown.status} ${unknown.json.error.field}`, '422 format');
	assert.equal((await w.report(empty.id, undefined, '/replay')).status, 404);
});

test('native replay and attachments as they came', async () => {
	const native = await w.report(report.id, undefined, '/replay?format=native');
	assert.equal(native.headers.get('content-type'), 'application/vnd.rearview.replay');
	assert.deepEqual(native.bytes, film);
	const answer = await w.report(report.id, undefined, `/attachments/${report.pictureId}`);
	assert.equal(answer.headers.get('content-type'), 'image/png');
	assert.deepEqual(answer.bytes, picture);
	assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
	assert.match(answer.headers.get('content-security-policy'), /sandbox/);
	const part = await w.ask(`/api/v1/reports/${report.id}/attachments/${report.pictureId}`, { headers: { 'x-rearview-api-key': w.first.api_key, range: 'bytes=1-3' } });
	assert.equal(part.status, 206);
	assert.equal(part.text, 'PNG');
	for (const id of ['att_none', '..%2f..%2frearview.db']) assert.equal((await w.report(report.id, undefined, `/attachments/${id}`)).status, 404);
	assert.equal((await w.report(empty.id, undefined, `/attachments/${report.pictureId}`)).status, 404, 'of another report');
	const head = await w.ask(`/api/v1/reports/${report.id}`, { method: 'HEAD', headers: { 'x-rearview-api-key': w.first.api_key } });
	assert.equal(head.status, 200);
	assert.equal(head.text, '');
});

test('a film is sent in the ranges a player asks for, with all that came beside it', async () => {
	const webm = Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251))]);
	const id = (await w.upload(webm, { kind: 'recording', type: 'video/webm' })).json.attachment_id, more = [(await w.upload(png(9, 9))).json.attachment_id, (await w.upload(png(8, 8))).json.attachment_id];
	const element = { selector: '#pay > b', tag: 'b', text: '<i>Pay</i>', rect: { x: 1.5, y: -2, width: 30, height: 4 }, outer_html: '<b onclick="x()">Pay</b>' };
	const given = { title: 'Filmed', item_type: 'idea', trigger: 'widget', attachment_ids: [...more, id], element, custom: { order: '17', '<b>': '<i>' }, capture: { notes: ['recording_without_voice'] } };
	const made = (await w.submit(given)).json, stored = (await w.report(made.id)).json;
	assert.deepEqual(stored.attachments.map((it) => `${it.id} ${it.kind} ${it.mime} ${it.bytes}`).slice(2), [`${id} recording video/webm ${webm.length}`]);
	assert.deepEqual(stored.attachments.map((it) => it.id), given.attachment_ids);
	for (const name of ['element', 'custom', 'capture', 'item_type', 'trigger']) assert.deepEqual(stored[name], given[name], name);
	const ask = (range, headers = {}) => w.ask(new URL(stored.attachments[2].url).pathname, { headers: { 'x-rearview-api-key': w.first.api_key, ...(range && { range }), ...headers } });
	const whole = await ask('');
	assert.equal(`${whole.status} ${whole.headers.get('accept-ranges')} ${whole.headers.get('content-type')}`, '200 bytes video/webm');
	assert.match(whole.headers.get('content-disposition'), /^inline; filename="\w+\.webm"$/);
	for (const [range, from, to] of [['bytes=0-', 0, 5004], ['bytes=4000-4099', 4000, 4100], ['bytes=-4', 5000, 5004], ['bytes=5000-9999', 5000, 5004]]) {
		const part = await ask(range);
		assert.equal(`${part.status} ${part.headers.get('content-range')}`, `206 bytes ${from}-${to - 1}/5004`, range);
		assert.deepEqual(part.bytes, webm.subarray(from, to), range);
	}
	const past = await ask('bytes=5004-');
	assert.equal(`${past.status} ${past.headers.get('content-range')}`, '416 bytes */5004');
	assert.equal((await ask('bytes=1-2', { 'if-range': '"another"' })).status, 200);
	assert.equal((await ask('bytes=1-2', { 'if-range': whole.headers.get('etag') })).status, 206);
});

test('a deleted report is gone everywhere until it is restored', async () => {
	const made = (await w.submit({ title: 'Gone', session_token: 'ses_gone' })).json;
	assert.equal((await console_('DELETE', `reports/${made.id}`)).status, 204);
	assert.equal((await w.report(made.id)).status, 404);
	assert.equal((await console_('GET', `reports/${made.id}`)).status, 404);
	assert.equal((await w.ask(`/api/v1/session-info/${w.first.workspace_id}/ses_gone`)).status, 404);
	assert.equal((await console_('DELETE', `reports/${made.id}`)).status, 404);
	assert.equal((await console_('PATCH', `reports/${made.id}`, { state: 'done' })).status, 404);
	assert.equal((await console_('POST', `reports/${made.id}/restore`)).status, 204);
	assert.equal((await w.report(made.id)).status, 200);
	assert.equal((await console_('POST', `reports/${made.id}/restore`)).status, 404);
});
