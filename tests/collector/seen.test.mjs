/* What the collector remembers of a workspace's pages for "Verify installation". */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startWorld } from './world.mjs';

const files = mkdtempSync(join(tmpdir(), 'rv-widget-'));
let w;
let console_;
before(async () => {
	for (const name of ['rearview.js', 'rearview.later.js', 'rearview.page.js', 'rearview.wasm.js']) writeFileSync(join(files, name), '//');
	w = await startWorld({ args: ['--widget-dir', files] });
	console_ = await w.login();
});
after(async () => { await w.stop(); rmSync(files, { recursive: true }); });

const seen = async (id = w.first.workspace_id) => (await console_('GET', `workspaces/${id}/seen`)).json.seen;
const file = (name, headers = {}, id = w.first.workspace_id) => w.ask(`/${id}/${name}`, { headers });
/** With headers that fetch does not send. */
const raw = (path, headers) => new Promise((done, failed) => request(w.url + path, { headers }, (response) => response.resume().on('end', done)).on('error', failed).end());

test('only who is signed in may ask, and only of a workspace that is there', async () => {
	assert.equal((await w.ask(`/api/console/workspaces/${w.first.workspace_id}/seen`)).status, 401);
	assert.equal((await console_('GET', 'workspaces/ws_none/seen')).status, 404);
});

test('files count once the workspace is known, however many others are made up', async () => {
	await file('rearview.js', {}, 'ws_made_up');
	assert.deepEqual(await seen(), {});
	for (let i = 0; i < 3000; i++) await file('rearview.js', {}, `ws_${i}`);
	await raw(`/${w.first.workspace_id}/rearview.js`, { referer: 'https://shop.example/cart?private=1#x' });
	const { script } = await seen();
	assert.equal(script.origin, 'https://shop.example', 'the origin alone');
	assert.ok(Math.abs(Date.parse(script.at) - Date.now()) < 60_000);
	await file('rearview.later.js', { origin: 'https://a.example' });
	await file('rearview.page.js');
	await file('rearview.wasm.js');
	assert.deepEqual(Object.keys(await seen()).sort(), ['no_wasm', 'no_worker', 'recording', 'script']);
	assert.equal((await seen()).recording.origin, 'https://a.example');
	assert.deepEqual(await seen(w.other.workspace_id), {}, 'each workspace its own');
});

test('configuration, socket, user, report, and who is refused', async () => {
	const before = new Date().toISOString();
	await w.ask('/v1/widget/config', { headers: { 'x-project-key': w.first.project_key, origin: 'https://b.example' } });
	assert.equal((await seen()).config.origin, 'https://b.example');
	const tab = await w.tab(null);
	assert.ok((await seen()).socket.at >= before);
	assert.equal((await seen()).identify, undefined, 'nobody said who it is');
	tab.say({ t: 'identify', user: { id: 7 } });
	tab.say({ t: 'hello', visitor: 'v', session: 's', user: { id: 7 }, visible: true, v: 1 });
	await tab.next();
	assert.ok((await seen()).identify.at >= before);
	await tab.close();
	await w.submit({ title: 't', user: { id: 'u' } }, { origin: 'https://c.example' }, w.other.project_key);
	const other = await seen(w.other.workspace_id);
	assert.deepEqual(Object.keys(other).sort(), ['identify', 'report']);
	assert.equal(other.report.origin, 'https://c.example');
	await console_('PUT', `workspaces/${w.other.workspace_id}/settings`, { config: { allowed_origins: ['https://c.example'] } });
	assert.equal((await w.ask('/v1/widget/config', { headers: { 'x-project-key': w.other.project_key, origin: 'https://d.example' } })).status, 403);
	assert.equal((await seen(w.other.workspace_id)).refused.origin, 'https://d.example');
});

test('what is no origin is not kept', async () => {
	for (const referer of ['nothing', `https://${'a'.repeat(300)}.example/`, 'https://a b/', 'https://\xff\xfe/', '']) {
		await raw(`/${w.first.workspace_id}/rearview.js`, { referer });
		assert.equal((await seen()).script.origin, undefined, referer);
	}
});
