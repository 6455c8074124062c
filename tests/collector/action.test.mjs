import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startWorld } from './world.mjs';

let w;
before(async () => { w = await startWorld(); });
after(() => w.stop());

const body = (more = {}) => ({ workspaceId: w.first.workspace_id, userId: 'u1', action: 'upload-session', ...more });
const sessionUrl = () => new RegExp(`^${w.url}/api/v1/session-info/${w.first.workspace_id}/ses_[A-Za-z0-9]{22}$`);

function assertFailure(answer, status, error) {
	assert.equal(`${answer.status} ${answer.json?.error}`, `${status} ${error}`);
	assert.equal(answer.json.ok, false);
	assert.equal(typeof answer.json.error_message, 'string');
	assert.ok(Math.abs(answer.json.ts - Date.now()) < 10000);
	if (status === 401 || status === 415) assert.equal(answer.json.sessionInfoUrl, undefined);
	else assert.match(answer.json.sessionInfoUrl, sessionUrl());
}

test('a tab takes the action, and the report is found by its session', async () => {
	const tab = await w.tab({ id: 'happy', email: 'Happy@Example.com' });
	for (const userId of ['happy', 'happy@example.com']) {
		const asked = w.act(body({ userId, userProvidedDescription: 'Why "so"?\n' }));
		const action = await tab.next();
		assert.equal(action.t, 'action');
		assert.equal(action.action, 'upload-session');
		assert.equal(action.userProvidedDescription, 'Why "so"?\n');
		assert.ok(action.deadline > Date.now() && action.deadline < Date.now() + 3100);
		tab.say({ t: 'ack', id: action.id });
		const answer = await asked;
		assert.equal(answer.status, 200);
		assert.equal(answer.json.ok, true);
		assert.equal(typeof answer.json.message, 'string');
		assert.match(answer.json.sessionInfoUrl, sessionUrl());
		assert.ok(answer.json.sessionInfoUrl.endsWith(action.sessionToken));
		const path = answer.json.sessionInfoUrl.slice(w.url.length);

		const early = await w.ask(path);
		assert.equal(`${early.status} ${early.json.error}`, '404 REPORT_NOT_FOUND');
		const report = (await w.submit({ session_token: action.sessionToken, description: action.userProvidedDescription, trigger: 'wss' })).json;
		tab.say({ t: 'result', id: action.id, ok: true, report: report.id });
		const info = await w.ask(path, { headers: { accept: 'application/json' } });
		assert.deepEqual({ ...info.json, ts: 0 }, { ok: true, reportUrl: `${w.url}/r/${report.id}`, ts: 0 });
		assert.equal(typeof info.json.ts, 'number');
		const page = await w.ask(path, { headers: { accept: 'text/html,application/xhtml+xml' } });
		assert.equal(page.status, 302);
		assert.equal(page.headers.get('location'), `${w.url}/r/${report.id}`);
		assert.equal((await w.report(report.id)).json.notes, 'Why "so"?\n');
	}
	await tab.close();
});

test('who may ask', async () => {
	const opaque = [];
	opaque.push(await w.act(body(), { 'x-rearview-api-key': 'rvk_wrong' }), await w.act(body(), { 'x-rearview-api-key': w.first.api_key.slice(0, -1) + '!' }), await w.act(body(), { 'x-rearview-api-key': w.first.project_key }), await w.act(body(), { 'x-rearview-api-key': w.other.api_key }),
		await w.act('not JSON', { 'x-rearview-api-key': 'rvk_wrong' }), await w.act('x', { 'x-rearview-api-key': '', 'content-type': 'text/plain' }), await w.act(body({ workspaceId: w.other.workspace_id })), await w.act(body(), { 'user-agent': '' }));
	for (const answer of opaque) {
		assertFailure(answer, 401, 'UNAUTHORIZED');
		assert.equal(answer.json.error_message, opaque[0].json.error_message);
	}
	for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) assertFailure(await w.act(body(), { 'content-type': type }), 415, 'UNSUPPORTED_MEDIA_TYPE');
	const alias = await w.ask('/api/v1/action', { method: 'POST', headers: { 'x-bugpilot-api-key': w.first.api_key, 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body({ action: 'dance' })) });
	assertFailure(alias, 400, 'INVALID_ACTION');
});

test('what may be asked', async () => {
	for (const bad of ['', '{', '[]', '7', '{"a":1,"a":2}', body({ userId: undefined }), body({ userId: '' }), body({ userId: 7 }), body({ workspaceId: undefined }), body({ workspaceId: [] }), body({ action: null }), body({ action: {} }), body({ userProvidedDescription: 7 }), body({ userProvidedDescription: 'x'.repeat(10001) }), body({ userId: 'x'.repeat(321) }), `{"x":"${'y'.repeat(70000)}"}`]) {
		const answer = await w.act(bad);
		assertFailure(answer, answer.status === 413 ? 413 : 400, 'INVALID_BODY');
	}
	for (const action of ['dance', 'UPLOAD-SESSION', '__proto__']) assertFailure(await w.act(body({ action })), 400, 'INVALID_ACTION');
});

test('an unknown user, and one of another workspace, is not connected', async () => {
	const other = await w.tab({ id: 'foreign' }, { key: w.other.project_key });
	const answers = await Promise.all([w.act(body({ userId: 'nobody' })), w.act(body({ userId: 'foreign' }))]);
	for (const answer of answers) assertFailure(answer, 409, 'USER_NOT_CONNECTED');
	assert.equal(other.pending(), 0);
	await other.close();
});

test('what a page cannot do', async () => {
	const tab = await w.tab({ id: 'simple' });
	for (const type of ['result', 'ack']) {
		const asked = w.act(body({ userId: 'simple', action: 'show-recording-ui' }));
		const action = await tab.next();
		tab.say({ t: type, id: action.id, ok: false, error: 'ACTION_NOT_SUPPORTED' });
		assertFailure(await asked, 409, 'ACTION_NOT_SUPPORTED');
	}
	await tab.close();
});

test('several tabs: the most recently active visible one, then the next', async () => {
	const old = await w.tab({ id: 'many' });
	const hidden = await w.tab({ id: 'many' }, { visible: false });
	const recent = await w.tab({ id: 'many' });
	old.say({ t: 'state', visible: true, url: 'https://a.de/2' }); // now the latest
	await new Promise((done) => setTimeout(done, 50));
	const start = Date.now();
	const asked = w.act(body({ userId: 'many' }));
	await old.next();
	const action = await recent.next(); // old stays silent for a second
	assert.ok(Date.now() - start >= 900 && Date.now() - start < 2000);
	assert.equal(hidden.pending(), 0);
	recent.say({ t: 'ack', id: action.id });
	assert.equal((await asked).status, 200);
	await Promise.all([old.close(), hidden.close(), recent.close()]);
});

test('a tab that dies while the action is pending', async () => {
	const heir = await w.tab({ id: 'dying' });
	const victim = await w.tab({ id: 'dying' });
	const start = Date.now();
	const asked = w.act(body({ userId: 'dying' }));
	await victim.next();
	victim.destroy();
	const action = await heir.next();
	assert.ok(Date.now() - start < 900, 'at once, not after a second');
	heir.say({ t: 'ack', id: action.id });
	assert.equal((await asked).status, 200);
	await heir.close();
});

test('an action while the socket reconnects', async () => {
	await (await w.tab({ id: 'away' })).close();
	const asked = w.act(body({ userId: 'away' }));
	await new Promise((done) => setTimeout(done, 700));
	const tab = await w.socket();
	tab.say({ t: 'hello', visitor: 'v', session: 's', user: { id: 'away' }, url: '', visible: true, v: 1 });
	const messages = [await tab.next(), await tab.next()];
	assert.deepEqual(messages.map((message) => message.t), ['welcome', 'action']);
	tab.say({ t: 'ack', id: messages[1].id });
	assert.equal((await asked).status, 200);
	await tab.close();
});

test('nobody answers: not connected after three seconds', async () => {
	const silent = await w.tab({ id: 'silent' });
	const start = Date.now();
	assertFailure(await w.act(body({ userId: 'silent' })), 409, 'USER_NOT_CONNECTED');
	assert.ok(Date.now() - start > 2500 && Date.now() - start < 4000);
	await silent.close();
});

test('identify and logout move the tab', async () => {
	const tab = await w.tab(null);
	tab.say({ t: 'identify', user: { id: 12345, email: 'n@b.de' } });
	await new Promise((done) => setTimeout(done, 50));
	const asked = w.act(body({ userId: '12345' }));
	tab.say({ t: 'ack', id: (await tab.next()).id });
	assert.equal((await asked).status, 200);
	tab.say({ t: 'identify', user: null });
	await new Promise((done) => setTimeout(done, 50));
	assertFailure(await w.act(body({ userId: 'n@b.de' })), 409, 'USER_NOT_CONNECTED');
	await tab.close();
});

test('hostile frames close their own socket and nothing else', async () => {
	const good = await w.tab({ id: 'good' });
	const attempts = [
		[(s) => s.say('not JSON'), 1007], [(s) => s.say('{"t":"hello","t":"hello"}'), 1007], [(s) => s.say('[]'), 1007], [(s) => s.say({ t: 'state' }), 1008], [(s) => s.raw(2, Buffer.from('x')), 1003],
		[(s) => s.say(JSON.stringify({ t: 'hello', url: 'x'.repeat(70000) })), 1009], [(s) => { s.say({ t: 'hello', user: null }); for (let i = 0; i < 400; i++) s.say({ t: 'pong' }); }, 1008],
		[(s) => s.raw(1, Buffer.from([0x7b, 0xff, 0x7d])), 1007],
	];
	for (const [attack, code] of attempts) {
		const socket = await w.socket();
		attack(socket);
		assert.equal(await socket.closed, code, attack.toString());
	}
	const asked = w.act(body({ userId: 'good' }));
	good.say({ t: 'ack', id: (await good.next()).id });
	assert.equal((await asked).status, 200);
	await good.close();
});

test('session info: what is invalid', async () => {
	for (const path of [`${w.first.workspace_id}/bad%20token`, `${w.first.workspace_id}/${'x'.repeat(129)}`, 'ws_none/ses_aaaaaaaaaaaaaaaaaaaaaa', `${w.first.workspace_id}/%3Cscript%3E`]) {
		const answer = await w.ask(`/api/v1/session-info/${path}`);
		assert.equal(`${answer.status} ${answer.json?.error}`, '400 INVALID_SESSION_TOKEN', path);
	}
	const token = (await w.submit({ title: 't', session_token: 'ses_mine' })).json.session_info_url.split('/').pop();
	assert.equal((await w.ask(`/api/v1/session-info/${w.other.workspace_id}/${token}`)).json.error, 'REPORT_NOT_FOUND');
});
