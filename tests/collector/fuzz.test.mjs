/* Malformed requests to every route that takes JSON: never a 500, never a crash, and afterwards all works. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { png, randomFrom, replay, startWorld } from './world.mjs';

const MUTATIONS = Number(process.env.RV_MUTATIONS ?? 1000);
let w;
let cookie;
before(async () => {
	w = await startWorld();
	const login = await w.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: w.credentials });
	cookie = login.headers.get('set-cookie').split(';')[0];
});
after(() => w.stop());

const VALUES = [null, true, false, 0, -1, 1e308, 1.5, '', 'x', '\u0000', '\ud800', 'ä'.repeat(3000), '../../etc/passwd', "' OR 1=1 --", '<script>', [], {}, [[]], { __proto__: 1 }, Array(50).fill('a'), 9007199254740993];

/** Somewhere in the value, something else. */
function mutateValue(value, random) {
	if (random(4) === 0 || value === null || typeof value !== 'object') return VALUES[random(VALUES.length)];
	const copy = Array.isArray(value) ? [...value] : { ...value };
	const keys = Object.keys(copy);
	if (!keys.length || random(8) === 0) copy[VALUES[random(VALUES.length)]] = VALUES[random(VALUES.length)];
	else if (random(6) === 0) delete copy[keys[random(keys.length)]];
	else { const key = keys[random(keys.length)]; copy[key] = mutateValue(copy[key], random); }
	return copy;
}

/** Somewhere in the bytes, something else. */
function mutateBytes(bytes, random) {
	const out = [...bytes];
	for (let n = 1 + random(3); n > 0; n--) {
		const at = random(out.length + 1);
		const kind = random(5);
		if (kind === 0) out.splice(at, 1 + random(10));
		else if (kind === 1) out.splice(at, 0, random(256));
		else if (kind === 2) out[Math.min(at, out.length - 1)] = random(256);
		else if (kind === 3) out.splice(at, 0, ...out.slice(at, at + random(20)));
		else out.splice(at, 0, ...Buffer.from('{}[]",:\\u'.repeat(1 + random(3))));
	}
	return Buffer.from(out);
}

const routes = () => {
	const id = w.first.workspace_id;
	const console_ = { cookie, 'x-rearview-console': '1' };
	return [
		['POST', '/v1/widget/submit', { 'x-project-key': w.first.project_key }, {
			title: 't', description: 'd', item_type: 'bug', user: { id: 'u', email: 'e@x.de', plan: { a: [1] } }, url: 'https://a.de/x', viewport: { width: 1, height: 2 }, browser: { name: 'F', version: '1' }, metadata: { title: 'x' }, session_token: 'ses_fuzz',
			attachment_ids: ['att_x'], element: { selector: '#a', rect: { x: 1 } }, console_logs: [{ ts: 1, level: 'error', args: ['x', { a: 1 }], count: 2 }], network_logs: [{ ts: 1, method: 'GET', url: 'x', status: 200 }], trigger: 'sdk', custom: { a: { b: 1 } }, capture: { n: 1 },
		}],
		['POST', '/api/v1/action', { 'x-rearview-api-key': w.first.api_key, 'user-agent': 'test' }, { workspaceId: id, userId: 'nobody', action: 'dance', userProvidedDescription: 'x' }],
		['PUT', `/api/console/workspaces/${id}/settings`, console_, { config: { site: { name: 'A' }, allowed_origins: [], actions: { always_connect: true }, capture: { window_ms: 60000, max_bytes: 8388608, console: true, network: true }, privacy: { level: 'inputs', mask_selectors: ['.a'], block_selectors: ['.b'], redact_patterns: ['a+'] }, features: { bugpilot_alias: false } } }],
		['PATCH', '/api/console/reports/rep_none', console_, { state: 'done' }],
		['POST', '/api/console/login', { 'x-rearview-console': '1' }, { name: 'x', password: 'y' }],
	];
};

async function all(items, worker, width = 16) {
	let next = 0;
	await Promise.all(Array.from({ length: width }, async () => { while (next < items) await worker(next++); }));
}

test('a thousand mutations of each JSON body', async () => {
	for (const [method, path, headers, body] of routes()) {
		const seen = {};
		/* A login that is well formed takes a whole scrypt, and soon only 429: bytes alone are mutated there. */
		await all(MUTATIONS, async (i) => {
			const random = randomFrom(i * 2654435761 + path.length);
			const text = i % 2 && path !== '/api/console/login' ? Buffer.from(JSON.stringify(mutateValue(body, random))) : mutateBytes(Buffer.from(JSON.stringify(body)), random);
			/* allowed_origins may become a list that shuts the door: keep it open. */
			const answer = await w.ask(path, { method, headers: { 'content-type': 'application/json', ...headers }, body: text.toString('latin1').includes('allowed_origins') && path.includes('settings') ? Buffer.from(text.toString('latin1').replaceAll('allowed_origins', 'x_origins'), 'latin1') : text });
			seen[answer.status] = (seen[answer.status] ?? 0) + 1;
			assert.ok(answer.status < 500, `${method} ${path} ${answer.status}: ${text}`);
			if (answer.status >= 400) assert.ok(answer.json?.error, `${path}: ${answer.text}`);
		});
		assert.ok(Object.keys(seen).length > 1, `${path} always answered ${JSON.stringify(seen)}`);
	}
});

test('a thousand mutations of uploads', async () => {
	const files = [[png(3, 3), 'screenshot'], [replay(), 'replay'], [Buffer.from('\x1a\x45\xdf\xa3webm', 'latin1'), 'recording']];
	await all(MUTATIONS, async (i) => {
		const random = randomFrom(i + 77);
		const [bytes, kind] = files[random(3)];
		const answer = await w.upload(mutateBytes(bytes, random), { kind, type: 'application/octet-stream' });
		assert.ok(answer.status < 500, `${kind} ${answer.status} ${answer.text}`);
	});
	const form = Buffer.concat([Buffer.from('--edge\r\nContent-Disposition: form-data; name="kind"\r\n\r\nscreenshot\r\n--edge\r\nContent-Disposition: form-data; name="file"; filename="x"\r\nContent-Type: image/png\r\n\r\n'), png(2, 2), Buffer.from('\r\n--edge--\r\n')]);
	const post = (body) => w.ask('/v1/widget/upload', { method: 'POST', headers: { 'x-project-key': w.first.project_key, 'content-type': 'multipart/form-data; boundary=edge' }, body });
	assert.equal((await post(form)).status, 201);
	await all(MUTATIONS, async (i) => {
		const answer = await post(mutateBytes(form, randomFrom(i + 999)));
		assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
	});
});

test('odd addresses and queries', async () => {
	const paths = ['/v1/widget/config', '/api/v1/session-info/a/b', '/api/v1/reports/x', '/api/v1/reports/x/replay', '/api/v1/reports/x/attachments/y', '/api/console/reports', `/api/console/workspaces/${w.first.workspace_id}/settings`];
	await all(MUTATIONS, async (i) => {
		const random = randomFrom(i + 5);
		const odd = encodeURIComponent(String(VALUES[random(VALUES.length)] ?? '').replace(/[\ud800-\udfff]/g, '').slice(0, 500));
		const path = `${paths[random(paths.length)].replace(/[^/]+$/, (last) => random(2) ? last : odd || 'x')}?${['key', 'format', 'search', 'state', 'before', 'limit', 'has'][random(7)]}=${odd}`;
		const answer = await w.ask(path, { headers: { cookie, 'x-rearview-api-key': w.first.api_key } });
		assert.ok(answer.status < 500, `${path}: ${answer.status}`);
	});
});

test('and everything still works', async () => {
	const upload = await w.upload(png(9, 9));
	const report = await w.submit({ title: 'after', attachment_ids: [upload.json.attachment_id] });
	assert.equal(report.status, 201);
	assert.equal((await w.report(report.json.id)).json.title, 'after');
	w.assertSilent();
});
