import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startWorld } from './world.mjs';

let w;
let ask;
before(async () => { w = await startWorld(); ask = await w.login(); });
after(() => w.stop());

const post = (path, body, headers = {}) => w.ask(`/api/console/${path}`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1', ...headers }, body: JSON.stringify(body) });

test('login, me, logout', async () => {
	const login = await post('login', w.user);
	assert.deepEqual(login.json, { user: { name: w.user.name } });
	const cookie = login.headers.get('set-cookie');
	assert.match(cookie, /^rv_login=[A-Za-z0-9]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
	const headers = { cookie: cookie.split(';')[0] };
	assert.deepEqual((await w.ask('/api/console/me', { headers })).json, { user: { name: w.user.name } });
	const out = await w.ask('/api/console/logout', { method: 'POST', headers: { ...headers, 'x-rearview-console': '1' } });
	assert.equal(out.status, 204);
	assert.match(out.headers.get('set-cookie'), /^rv_login=; .*Max-Age=0/);
	assert.equal((await w.ask('/api/console/me', { headers })).status, 401);
	for (const [body, name] of [[{}, 'name'], [{ name: 7, password: 'x' }, 'name'], [{ name: w.user.name }, 'password'], [{ name: w.user.name, password: 'x'.repeat(1001) }, 'password'], [[], 'body']]) {
		const answer = await post('login', body);
		assert.equal(`${answer.status} ${answer.json.error.field}`, `422 ${name}`);
	}
});

test('without a login, and without the header, nothing changes', async () => {
	const ws = w.first.workspace_id;
	const routes = [['GET', 'me'], ['GET', 'workspaces'], ['GET', `workspaces/${ws}/settings`], ['GET', 'reports'], ['GET', 'reports/rep_x'], ['PUT', `workspaces/${ws}/settings`, { config: {} }], ['POST', `workspaces/${ws}/api-keys`],
		['DELETE', `workspaces/${ws}/api-keys/rvk_x`], ['PATCH', 'reports/rep_x', { state: 'done' }], ['DELETE', 'reports/rep_x'], ['POST', 'reports/rep_x/restore'], ['POST', 'logout']];
	const cookie = (await post('login', w.user)).headers.get('set-cookie').split(';')[0];
	for (const [method, path, body] of routes) {
		const init = { method, headers: body ? { 'content-type': 'application/json' } : {}, body: body && JSON.stringify(body) };
		const stranger = await w.ask(`/api/console/${path}`, { ...init, headers: { ...init.headers, 'x-rearview-console': '1' } });
		assert.equal(`${stranger.status} ${stranger.json.error.code}`, '401 unauthorized', path);
		if (method === 'GET') continue;
		const forged = await w.ask(`/api/console/${path}`, { ...init, headers: { ...init.headers, cookie } });
		assert.equal(`${forged.status} ${forged.json.error.code}`, '403 header_missing', path);
	}
	assert.equal((await w.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: w.credentials })).status, 403);
});

test('workspaces', async () => {
	await w.submit({ title: 'counted' });
	const { json } = await ask('GET', 'workspaces');
	assert.deepEqual(json.workspaces.map((it) => it.name).sort(), ['First', 'Other']);
	const first = json.workspaces.find((it) => it.id === w.first.workspace_id);
	assert.deepEqual(Object.keys(first), ['id', 'name', 'site_id', 'project_key', 'created_at', 'reports']);
	assert.equal(first.project_key, w.first.project_key);
	assert.ok(first.reports >= 1);
});

test('settings: read, change, go back, refuse', async () => {
	const path = `workspaces/${w.first.workspace_id}/settings`;
	const { json: before } = await ask('GET', path);
	assert.deepEqual(before.config, before.defaults);
	assert.equal(before.keys.length, 34);
	assert.equal(before.project_key, w.first.project_key);
	assert.deepEqual(before.api_keys.map((key) => key.hint), [`${w.first.api_key.slice(0, 14)}…`]);
	assert.equal(before.snippet_csp, `<script async src="${w.url}/${w.first.workspace_id}/rearview.js" data-project="${w.first.project_key}"></script>`);
	assert.ok(before.snippet.includes(`${w.url}/${w.first.workspace_id}/rearview.js`) && before.snippet.includes(w.first.project_key) && before.snippet.length < 1024 + 200);
	assert.deepEqual(before.csp, { script_src: `${w.url} 'wasm-unsafe-eval'`, connect_src: `${w.url} ${w.url.replace('http', 'ws')}`, img_src: 'data:', worker_src: 'blob:' });

	const tab = await w.tab(null);
	const etag = (await w.ask(`/v1/widget/config?key=${w.first.project_key}`)).headers.get('etag');
	const changed = await ask('PUT', path, { config: { actions: { always_connect: true }, capture: { window_ms: 10000 }, privacy: { level: 'strict', mask_selectors: ['.secret', '[data-x="1"]'] }, features: { bugpilot_alias: true }, site: { name: 'Shöp' } } });
	assert.equal(changed.status, 200);
	assert.equal(changed.json.config.capture.window_ms, 10000);
	assert.equal(changed.json.config.capture.max_bytes, 8388608);
	const config = await w.ask(`/v1/widget/config?key=${w.first.project_key}`, { headers: { 'if-none-match': etag } });
	assert.equal(config.status, 200);
	assert.equal(config.json.actions.always_connect, true);
	assert.equal(config.json.features.bugpilot_alias, true);
	assert.equal(config.json.site.name, 'Shöp');
	assert.deepEqual(config.json.privacy.mask_selectors, ['.secret', '[data-x="1"]']);
	assert.deepEqual(await tab.next(), { t: 'config', etag: config.headers.get('etag').slice(1, -1) });
	await tab.close();

	for (const [bad, name] of [[{ capture: { window_ms: 1 } }, 'capture.window_ms'], [{ allowed_origins: ['nonsense'] }, 'allowed_origins[0]'], [{ privacy: { redact_patterns: ['*'] } }, 'privacy.redact_patterns[0]'], [7, 'config'], [undefined, 'config']]) {
		const answer = await ask('PUT', path, { config: bad });
		assert.equal(`${answer.status} ${answer.json.error.field}`, `422 ${name}`);
	}
	assert.deepEqual((await ask('GET', path)).json.config, changed.json.config, 'a refused change changes nothing');
	const back = await ask('PUT', path, { config: { actions: { always_connect: null }, capture: { window_ms: null }, privacy: { level: null, mask_selectors: null }, features: { bugpilot_alias: null }, site: { name: null } } });
	assert.deepEqual(back.json.config, before.config);
	assert.equal((await ask('GET', 'workspaces/ws_none/settings')).status, 404);
	assert.equal((await ask('PUT', 'workspaces/ws_none/settings', { config: {} })).status, 404);
	const saves = await Promise.all([ask('PUT', path, { config: { capture: { console: false } } }), ask('PUT', path, { config: { capture: { network: false } } }), ask('PUT', path, { config: { actions: { always_connect: true } } })]);
	assert.ok(saves.every((answer) => answer.status === 200));
	const { capture, actions } = (await ask('GET', path)).json.config;
	assert.deepEqual([capture.console, capture.network, actions.always_connect], [false, false, true], 'no save undoes another');
});

test('API keys: shown once, usable, gone when removed', async () => {
	const path = `workspaces/${w.first.workspace_id}/api-keys`;
	const made = await ask('POST', path);
	assert.equal(made.status, 201);
	const report = (await w.submit({ title: 'x' })).json;
	assert.equal((await w.report(report.id, made.json.api_key)).status, 200);
	assert.ok(!JSON.stringify((await ask('GET', `workspaces/${w.first.workspace_id}/settings`)).json).includes(made.json.api_key));
	assert.equal((await ask('DELETE', `workspaces/${w.other.workspace_id}/api-keys/${made.json.id}`)).status, 404);
	assert.equal((await ask('DELETE', `${path}/${made.json.id}`)).status, 204);
	assert.equal((await ask('DELETE', `${path}/${made.json.id}`)).status, 404);
	assert.equal((await w.report(report.id, made.json.api_key)).status, 401);
	assert.equal((await ask('POST', 'workspaces/ws_none/api-keys')).status, 404);
});

test('the list: newest first, filters, pages', async () => {
	const key = w.other.project_key;
	for (let i = 1; i <= 7; i++)
		await w.submit({ title: `Number ${i}`, trigger: i % 2 ? 'sdk' : 'wss', url: `https://shop.example/p${i}?q`, user: { id: `user-${i}`, email: `u${i}@example.com`, name: 'Ü' }, console_logs: i === 3 ? [{ level: 'error', args: ['Boom'] }] : [], network_logs: i === 4 ? [{ status: 404 }] : [] }, {}, key);
	const list = async (query) => (await ask('GET', `reports?workspace=${w.other.workspace_id}&${query}`)).json;
	const all = await list('');
	assert.deepEqual(all.reports.map((row) => row.number), [7, 6, 5, 4, 3, 2, 1]);
	assert.deepEqual([all.next, all.total], [null, 7]);
	const third = all.reports[4];
	assert.deepEqual({ ...third, id: 0, created_at: 0 }, { id: 0, workspace_id: w.other.workspace_id, state: 'open', trigger: 'sdk', item_type: null, title: 'Number 3', first_error: 'Boom', user: { id: 'user-3', email: 'u3@example.com', name: 'Ü' },
		page: { url: 'https://shop.example/p3?q', path: '/p3', title: null }, number: 3, errors: 1, failed_requests: 0, created_at: 0, has: { replay: false, screenshot: false } });
	assert.equal((await list('trigger=wss')).total, 3);
	assert.equal((await list('has=errors')).total, 1);
	assert.equal((await list('has=replay,screenshot')).total, 0);
	assert.equal((await list('search=boom')).total, 1);
	assert.equal((await list('search=%25')).total, 0);
	assert.equal((await list('search=u5%40')).total, 1);
	assert.equal((await ask('PATCH', `reports/${third.id}`, { state: 'in_progress' })).status, 204);
	assert.deepEqual((await list('state=in_progress')).reports.map((row) => row.number), [3]);
	const numbers = [];
	let before = '';
	do {
		const page = await list(`limit=3${before && `&before=${before}`}`);
		numbers.push(...page.reports.map((row) => row.number));
		before = page.next;
		await w.submit({ title: 'in between' }, {}, key);
	} while (before);
	assert.deepEqual(numbers, [7, 6, 5, 4, 3, 2, 1]);
	for (const [query, name] of [['state=closed', 'state'], ['has=film', 'has'], ['before=x', 'before'], ['limit=0', 'limit'], ['limit=201', 'limit'], [`search=${'x'.repeat(201)}`, 'search']]) {
		const answer = await ask('GET', `reports?${query}`);
		assert.equal(`${answer.status} ${answer.json.error.field}`, `422 ${name}`);
	}
	for (const state of [undefined, 'closed', 7]) assert.equal((await ask('PATCH', `reports/${third.id}`, { state })).json.error.field, 'state');
	assert.equal((await ask('GET', `reports/${third.id}`)).json.state, 'in_progress');
	assert.ok('marks' in (await ask('GET', `reports/${third.id}`)).json);
});

test('who guesses passwords waits', async () => {
	const statuses = [];
	for (let i = 0; i < 8; i++) {
		const answer = await post('login', { name: w.user.name, password: `guess ${i}` });
		statuses.push(answer.status);
		if (answer.status === 429) assert.ok(Number(answer.headers.get('retry-after')) >= 1);
	}
	assert.ok(statuses.slice(0, 5).every((status) => status === 401), String(statuses));
	assert.ok(statuses.includes(429), String(statuses));
	assert.equal((await post('login', w.user)).status, 429, 'the right one waits too');
	assert.equal((await post('login', { name: 'somebody', password: 'x' })).status, 401, 'another name does not');
	assert.equal((await ask('GET', 'me')).status, 200, 'nor does who is in');
});
