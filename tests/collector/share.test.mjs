/* Links that open one report and nothing else; keys that are replaced. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { runCollector } from './server.mjs';
import { png, replay, startWorld } from './world.mjs';

let w;
let console_;
let report;
let other;
before(async () => {
	w = await startWorld();
	console_ = await w.login();
	const film = (await w.upload(replay(), { kind: 'replay', type: 'application/vnd.rearview.replay' })).json.attachment_id, picture = (await w.upload(png(7, 7))).json.attachment_id;
	report = { ...(await w.submit({ title: 'Shared', attachment_ids: [film, picture] })).json, picture };
	const more = (await w.upload(png(8, 8))).json.attachment_id;
	other = { ...(await w.submit({ title: 'Not shared', attachment_ids: [more] })).json, picture: more };
});
after(() => w.stop());

const tokenOf = (url) => new URL(url).pathname.split('/')[2];
const paths = (it) => [`/api/v1/reports/${it.id}`, `/api/v1/reports/${it.id}/replay?format=rrweb`, `/api/v1/reports/${it.id}/replay?format=native`, `/api/v1/reports/${it.id}/attachments/${it.picture}`, `/r/${it.id}/network.har`, `/r/${it.id}/console.txt`];

test('a link opens its report, and that alone', async () => {
	const made = await console_('POST', `reports/${report.id}/shares`, { days: 7 });
	assert.equal(made.status, 201);
	assert.ok(Math.abs(Date.parse(made.json.expires_at) - Date.now() - 7 * 864e5) < 60000);
	const token = tokenOf(made.json.url);
	assert.match(token, /^[A-Za-z0-9]{43}$/);
	const opened = await w.ask(`/api/v1/shares/${token}`);
	assert.equal(opened.json.report_id, report.id);
	const cookies = opened.headers.getSetCookie();
	assert.deepEqual(cookies.map((it) => /Path=([^;]+)/.exec(it)[1]).sort(), [`/api/v1/reports/${report.id}`, `/r/${report.id}`]);
	for (const it of cookies) assert.match(it, /HttpOnly; SameSite=Strict/);
	const headers = { cookie: cookies[0].split(';')[0] };
	for (const path of paths(report)) assert.equal((await w.ask(path, { headers })).status, 200, path);
	for (const path of [...paths(other), ...paths({ id: 'rep_none', picture: report.picture }), `/api/v1/reports/${report.id}/attachments/${other.picture}`]) assert.equal((await w.ask(path, { headers })).status, 404, path);
	const ws = w.first.workspace_id;
	for (const path of ['me', 'workspaces', `workspaces/${ws}/settings`, 'reports', `reports/${report.id}`, `reports/${report.id}/shares`]) assert.equal((await w.ask(`/api/console/${path}`, { headers })).status, 401, path);
	for (const [method, path] of [['PATCH', `reports/${report.id}`], ['DELETE', `reports/${report.id}`], ['POST', `reports/${report.id}/restore`], ['POST', `reports/${report.id}/shares`], ['DELETE', `reports/${report.id}/shares/${made.json.id}`], ['POST', `workspaces/${ws}/api-keys`]])
		assert.equal((await w.ask(`/api/console/${path}`, { method, headers: { ...headers, 'x-rearview-console': '1', 'content-type': 'application/json' }, body: '{}' })).status, 401, path);
	assert.equal((await w.report(report.id)).json.state, 'open');
});

test('its page tells nobody its address', async () => {
	const { json } = await console_('POST', `reports/${report.id}/shares`, { days: 1 });
	const page = await w.ask(new URL(json.url).pathname);
	assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
	assert.match(page.headers.get('x-robots-tag'), /noindex/);
	assert.equal((await w.ask(`/api/v1/shares/${tokenOf(json.url)}`)).headers.get('cache-control'), 'no-store');
});

test('revoked, over and unknown links open nothing', async () => {
	const { json } = await console_('POST', `reports/${other.id}/shares`, { days: 30 });
	const token = tokenOf(json.url), headers = { cookie: `rv_share=${token}` };
	assert.equal((await w.ask(`/api/v1/reports/${other.id}`, { headers })).status, 200);
	assert.deepEqual((await console_('GET', `reports/${other.id}/shares`)).json.shares.map((it) => it.id), [json.id]);
	assert.equal((await console_('DELETE', `reports/${report.id}/shares/${json.id}`)).status, 404, 'another report cannot revoke it');
	assert.equal((await console_('DELETE', `reports/${other.id}/shares/${json.id}`)).status, 204);
	assert.equal((await w.ask(`/api/v1/reports/${other.id}`, { headers })).status, 404);
	assert.equal((await w.ask(`/api/v1/shares/${token}`)).status, 404);
	for (const bad of ['x', 'x'.repeat(43), json.id]) assert.equal((await w.ask(`/api/v1/shares/${bad}`)).status, 404);
	for (const days of [0, 2, 31, -1, 1.5, '7', null, []]) assert.equal((await console_('POST', `reports/${other.id}/shares`, { days })).status, 422, String(days));
	assert.equal((await console_('POST', 'reports/rep_none/shares', { days: 1 })).status, 404);
	const again = (await console_('POST', `reports/${other.id}/shares`, { days: 1 })).json;
	const sql = (statement) => execFileSync('python3', ['-c', 'import sqlite3,sys; db=sqlite3.connect(sys.argv[1], timeout=20); print(db.execute(sys.argv[2]).fetchall()); db.commit()', `${w.dir}/rearview.db`, statement]).toString();
	assert.match(sql(`SELECT length(sha256) FROM shares WHERE id='${again.id}'`), /32/, 'only a hash is stored');
	sql(`UPDATE shares SET expires_at=1 WHERE id='${again.id}'`);
	assert.equal((await w.ask(`/api/v1/reports/${other.id}`, { headers: { cookie: `rv_share=${tokenOf(again.url)}` } })).status, 404);
	const last = (await console_('POST', `reports/${other.id}/shares`, { days: 1 })).json;
	await console_('DELETE', `reports/${other.id}`);
	assert.equal((await w.ask(`/api/v1/shares/${tokenOf(last.url)}`)).status, 404, 'a deleted report is not shared');
});

test('workspace rotate-key', async () => {
	const run = (...args) => runCollector(['workspace', 'rotate-key', ...args, '--data-dir', w.dir]);
	const config = (key) => w.ask(`/v1/widget/config?key=${key}`).then((it) => it.status);
	const id = w.first.workspace_id, old = w.first.project_key;
	const made = JSON.parse(run(id, '--project', '--json').stdout).project_key;
	assert.match(made, /^pk_/);
	assert.deepEqual([await config(old), await config(made)], [200, 200], 'both work for a while');
	const next = JSON.parse(run(id, '--project', '--now', '--json').stdout).project_key;
	assert.deepEqual([await config(old), await config(made), await config(next)], [401, 401, 200]);
	const key = JSON.parse(run(id, '--api', '--json').stdout).api_key;
	assert.equal((await w.report(report.id, w.first.api_key)).status, 401);
	assert.equal((await w.report(report.id, key)).status, 200);
	assert.match(run(id, '--api').stdout, /rvk_\w+ .*shown only now/);
	for (const args of [[id], [id, '--api', '--project'], [id, '--api', '--now'], ['--api']]) assert.match(run(...args).stderr, /rotate-key ID --api/);
	assert.match(run('ws_none', '--api').stderr, /no workspace ws_none/);
	assert.match(run('ws_none', '--project').stderr, /no workspace ws_none/);
});
