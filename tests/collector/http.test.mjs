// The collector's network side as a stranger meets it: commands, start-up, files, malformed requests, TLS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { assertSilent, runCollector, startCollector } from './server.mjs';

const temp = () => mkdtempSync(join(tmpdir(), 'rv-http-'));
const hash12 = (/** @type {string | Buffer} */ bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 12);

/**
 * Sends bytes and returns all that comes back until the peer closes, or is silent for quiet_ms before
 * the first byte or for after_ms after one.
 * @param {number} port @param {Buffer | string} bytes @param {{end?: boolean, quiet_ms?: number, after_ms?: number}} [options]
 * @returns {Promise<string>}
 */
function raw(port, bytes, { end = true, quiet_ms = 10_000, after_ms = 10_000 } = {}) {
	return new Promise((done, failed) => {
		/** @type {Buffer[]} */
		const got = [];
		const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
		const finish = () => {
			socket.destroy();
			done(Buffer.concat(got).toString('latin1'));
		};
		socket.setTimeout(quiet_ms, finish);
		socket.on('data', (chunk) => {
			got.push(chunk);
			socket.setTimeout(after_ms);
		});
		socket.on('end', finish);
		socket.on('error', (error) => ('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE') ? finish() : failed(error)));
		if (end) socket.end(bytes);
		else socket.write(bytes);
	});
}

describe('commands', () => {
	test('help, version and mistakes', () => {
		const help = runCollector(['--help']);
		assert.equal(help.code, 0);
		for (const word of ['--listen', '--data-dir', 'workspace add', 'user passwd', 'workspace rotate-key', '--requests-per-minute-per-key']) assert.ok(help.stdout.includes(word), word);
		assert.match(runCollector(['--version']).stdout, /^rearviewd \d+\.\d+\.\d+\n$/);
		const dir = temp();
		for (const [args, pattern] of /** @type {[string[], RegExp][]} */ ([
			[['--lisen', 'x'], /--lisen/],
			[['serve', '--listen', 'here', '--data-dir', dir], /listen = here/],
			[['dance'], /no command dance/],
			[['workspace', 'add'], /--name NAME/],
			[['user', 'add'], /NAME/],
			[['--data-dir', '/proc/nowhere'], /data directory \/proc\/nowhere/],
			[['--config', '/nowhere.conf'], /\/nowhere\.conf/],
		])) {
			const run = runCollector(args);
			assert.equal(run.code, 1, args.join(' '));
			assert.match(run.stderr, pattern);
			assert.equal(run.stderr.trim().split('\n').length, 1, run.stderr);
		}
		const unknown = runCollector(['user', 'passwd', 'nobody', '--data-dir', dir]);
		assert.equal(unknown.code, 1);
		assert.match(unknown.stderr, /no user nobody/);
		const short = runCollector(['user', 'add', 'a', '--password-stdin', '--data-dir', dir], { input: 'short\n' });
		assert.equal(short.code, 1);
		assert.match(short.stderr, /8 to 200/);
		rmSync(dir, { recursive: true });
	});

	test('the first start makes a login, later ones do not', async () => {
		const dir = temp();
		const server = await startCollector({ dataDir: dir });
		assert.ok(!server.stdout.includes('First console login')); // the helper has made a user
		await server.stop();
		rmSync(dir, { recursive: true });
		mkdirSync(dir);
		const { spawn } = await import('node:child_process');
		const { collectorBinary } = await import('./server.mjs');
		const child = spawn(collectorBinary(), ['--data-dir', dir, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
		let out = '';
		const code = new Promise((done) => child.on('exit', done));
		for await (const chunk of child.stdout) {
			out += chunk;
			if (out.includes('listening on')) child.kill('SIGINT');
		}
		assert.equal(await code, 0);
		const password = /First console login: admin \/ (\S{16})/.exec(out)?.[1];
		assert.ok(password);
		assert.equal(readFileSync(join(dir, 'first-login.txt'), 'utf8'), `admin\n${password}\n`);
		assert.equal(statSync(join(dir, 'first-login.txt')).mode & 0o777, 0o600);
		rmSync(dir, { recursive: true });
	});

	test('a newer database and a taken directory or port are explained', async () => {
		const dir = temp();
		const server = await startCollector({ dataDir: dir });
		const again = runCollector(['--data-dir', dir, '--listen', '127.0.0.1:0']);
		assert.equal(again.code, 1);
		assert.match(again.stderr, /Another collector is using the data directory/);
		const other = temp();
		const taken = runCollector(['--data-dir', other, '--listen', `127.0.0.1:${server.port}`]);
		assert.equal(taken.code, 1);
		assert.match(taken.stderr, /taken by another program/);
		// Commands work beside the running server, and it sees what they do.
		const made = JSON.parse(runCollector(['workspace', 'add', '--name', 'Second', '--json', '--data-dir', dir]).stdout);
		assert.deepEqual(Object.keys(made).sort(), ['api_key', 'project_key', 'workspace_id']);
		const config = await fetch(`${server.baseUrl}/v1/widget/config?key=${made.project_key}`);
		assert.equal(config.status, 200);
		assert.ok(runCollector(['workspace', 'list', '--data-dir', dir]).stdout.includes(made.workspace_id));
		await server.stop();
		const file = openSync(join(dir, 'rearview.db'), 'r+'); // user_version, bytes 60–63 of an SQLite file
		writeSync(file, Buffer.from([0, 0, 0x7f, 0xff]), 0, 4, 60);
		closeSync(file);
		const newer = runCollector(['--data-dir', dir, '--listen', '127.0.0.1:0']);
		assert.equal(newer.code, 1);
		assert.match(newer.stderr, /newer/);
		for (const made_dir of [dir, other]) rmSync(made_dir, { recursive: true });
	});
});

describe('files', () => {
	/** @type {Awaited<ReturnType<typeof startCollector>>} */
	let server;
	const web = temp();
	const wasm = Buffer.alloc(5000, 'wasm ');
	before(async () => {
		mkdirSync(join(web, 'console'));
		mkdirSync(join(web, 'demo'));
		writeFileSync(join(web, 'rearview.js'), 'loader');
		writeFileSync(join(web, 'rearview.wasm'), wasm);
		writeFileSync(join(web, 'rearview.wasm.br'), brotliCompressSync(wasm));
		writeFileSync(join(web, 'rearview.wasm.gz'), gzipSync(wasm));
		writeFileSync(join(web, 'secret.txt'), 'secret');
		writeFileSync(join(web, 'console/index.html'), '<!doctype html><title>Console</title>');
		writeFileSync(join(web, 'console/app-1a2b3c4d.js'), 'app');
		writeFileSync(join(web, 'console/player-1a2b3c4d.html'), 'player');
		writeFileSync(join(web, 'demo/index.html'), 'demo');
		server = await startCollector({ args: ['--widget-dir', web, '--demo-dir', join(web, 'demo')] });
	});
	after(async () => {
		await server.stop();
		rmSync(web, { recursive: true });
	});
	const get = (/** @type {string} */ path, /** @type {Record<string, string>} */ headers = {}) => fetch(server.baseUrl + path, { headers, redirect: 'manual' });

	test('the widget, cached as it may be', async () => {
		const loader = await get(`/${server.workspace.id}/rearview.js`);
		assert.equal(await loader.text(), 'loader');
		assert.equal(loader.headers.get('content-type'), 'text/javascript; charset=utf-8');
		assert.equal(loader.headers.get('cache-control'), 'public, max-age=300');
		assert.equal(loader.headers.get('etag'), `"${hash12('loader')}"`);
		assert.equal(loader.headers.get('access-control-allow-origin'), '*');
		assert.equal(loader.headers.get('cross-origin-resource-policy'), 'cross-origin');
		assert.equal(loader.headers.get('content-security-policy'), null);
		assert.equal((await get('/x/rearview.js', { 'if-none-match': `"${hash12('loader')}"` })).status, 304);
		const immutable = await get(`/x/rearview.wasm?v=${hash12(wasm)}`);
		assert.equal(immutable.headers.get('cache-control'), 'public, max-age=31536000, immutable');
		assert.equal(immutable.headers.get('content-type'), 'application/wasm');
		assert.equal((await get('/x/rearview.wasm?v=000000000000')).headers.get('cache-control'), 'public, max-age=300');
		writeFileSync(join(web, 'rearview.js'), 'loader, changed');
		const changed = await get('/x/rearview.js', { 'if-none-match': `"${hash12('loader')}"` });
		assert.equal(changed.status, 200);
		assert.equal(await changed.text(), 'loader, changed');
	});

	test('compressed as the client accepts', async () => {
		for (const [accept, coding] of [['gzip, deflate, br', 'br'], ['gzip', 'gzip'], ['br;q=0, gzip;q=0.5', 'gzip'], ['identity', null], ['brotli', null], ['', null]]) {
			const answer = await get('/x/rearview.wasm', { 'accept-encoding': String(accept) });
			assert.equal(answer.headers.get('content-encoding'), coding, String(accept));
			assert.equal(answer.headers.get('vary'), 'Accept-Encoding');
			assert.equal(answer.headers.get('etag'), `"${hash12(wasm)}${coding ? `-${coding}` : ''}"`);
			assert.deepEqual(Buffer.from(await answer.arrayBuffer()), wasm);
		}
		const head = await fetch(`${server.baseUrl}/x/rearview.wasm`, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
		assert.equal(head.headers.get('content-length'), '5000');
	});

	test('the console and the demo, and nothing else', async () => {
		for (const path of ['/', '/r/rep_1', '/settings', '/login']) {
			const page = await get(path);
			assert.equal(page.status, 200, path);
			assert.equal(page.headers.get('cache-control'), 'no-cache');
			assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self';.*require-trusted-types-for 'script'/);
			assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
		}
		assert.equal((await get('/console/app-1a2b3c4d.js')).headers.get('cache-control'), 'public, max-age=31536000, immutable');
		const player = await get('/console/player-1a2b3c4d.html');
		assert.match(player.headers.get('content-security-policy') ?? '', /style-src 'self' 'unsafe-inline'.*frame-ancestors 'self'/);
		assert.equal(player.headers.get('x-frame-options'), null);
		assert.equal(await (await get('/demo/')).text(), 'demo');
		assert.equal((await get('/demo')).headers.get('location'), '/demo/');
		for (const path of ['/console/', '/console/..%2fsecret.txt', '/console/%2e%2e/secret.txt', '/console/.hidden', '/console/a//b', '/demo/../secret.txt', '/x/secret.txt', '/x/y/rearview.js', '/console/index.html%00', '/console/nothing.js'])
			assert.ok([400, 404].includes(Number(/ (\d{3}) /.exec(await raw(server.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`))?.[1])), path);
	});

	test('health, readiness, metrics', async () => {
		assert.deepEqual(await (await get('/healthz')).json(), { ok: true });
		assert.equal((await get('/readyz')).status, 200);
		const metrics = await get('/metrics');
		assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
		assert.match(await metrics.text(), /rearview_http_requests_total\{route="widget_file",status="200"\} \d+/);
	});
});

describe('life', () => {
	test('kill -9 and restart on the same port, idle clients at the end', async () => {
		const server = await startCollector();
		const { port } = server;
		await server.kill9();
		await server.restart();
		assert.equal(server.port, port);
		const idle = net.connect(port, '127.0.0.1');
		await new Promise((done) => idle.on('connect', done));
		const closed = new Promise((done) => idle.on('close', done).on('error', () => {}));
		idle.resume();
		const from = Date.now();
		await server.stop();
		await closed;
		assert.ok(Date.now() - from < 8000);
	});

	test('slow heads and bodies are ended, others are not held up', async () => {
		const server = await startCollector({ args: ['--header-timeout-ms', '500', '--body-timeout-ms', '1000'] });
		const [head, body] = await Promise.all([
			raw(server.port, 'GET /healthz HTTP/1.1\r\n', { end: false }),
			raw(server.port, `POST /v1/widget/submit HTTP/1.1\r\nHost: a\r\nX-Project-Key: ${server.workspace.projectKey}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`, { end: false }),
		]);
		assert.match(head, /^HTTP\/1.1 408 /);
		assert.match(body, /^HTTP\/1.1 408 /);
		assert.equal((await fetch(`${server.baseUrl}/healthz`)).status, 200);
		await server.stop();
	});

	test('HTTPS and a WebSocket over it', async () => {
		const dir = temp();
		const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
		execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'], { stdio: 'ignore' });
		const server = await startCollector({ args: ['--tls-cert', cert, '--tls-key', key] });
		assert.match(server.baseUrl, /^https:/);
		const options = { port: server.port, host: '127.0.0.1', rejectUnauthorized: false };
		const status = await new Promise((done, failed) => https.get({ ...options, path: '/healthz' }, (answer) => done(answer.resume().statusCode)).on('error', failed));
		assert.equal(status, 200);
		const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol': 'rearview.v1', origin: 'https://shop.example' };
		/** @type {import('node:net').Socket} */
		const socket = await new Promise((done, failed) => https.get({ ...options, path: `/v1/widget/actions?key=${server.workspace.projectKey}`, headers }).on('upgrade', (_, upgraded) => done(upgraded)).on('response', (answer) => failed(new Error(`answered ${answer.statusCode}`))).on('error', failed));
		const mask = Buffer.from([1, 2, 3, 4]);
		const frame = (/** @type {number} */ first, /** @type {string} */ text) => Buffer.concat([Buffer.from([first, 0x80 | text.length]), mask, Buffer.from(text).map((byte, i) => byte ^ mask[i % 4])]);
		const pong = new Promise((done) => {
			let got = Buffer.alloc(0);
			socket.on('data', (chunk) => {
				got = Buffer.concat([got, chunk]);
				if (got.includes(Buffer.from('\x8a\x04ping', 'latin1'))) done(undefined);
			});
		});
		socket.write(frame(0x89, 'ping'));
		await pong;
		const ended = new Promise((done) => socket.on('close', done).on('error', () => {}));
		await server.stop();
		await ended;
		rmSync(dir, { recursive: true });
	});
});

// ---- malformed requests ----

/** mulberry32 */
function random(/** @type {number} */ seed) {
	const next = () => {
		seed = (seed + 0x6d2b79f5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	const below = (/** @type {number} */ n) => Math.floor(next() * n);
	return { below, pick: (/** @type {any[]} */ list) => list[below(list.length)] };
}

const nasty = ['', 'null', '-1', '0', '99999999999999999999', '1e999', '{}', '[]', '"', '\\', '\\u0000', '\\ud800', '\xff\xfe', '\xc0\x80', '%00', '%', '../', "'; DROP TABLE reports; --", '<script>', '\r\n', '\n', '\0', 'a'.repeat(300), '['.repeat(200), '{"a":'.repeat(100), '__proto__', 'true'];
const headers = ['Content-Length: 5', 'Content-Length: -5', 'Content-Length: 5x', 'Transfer-Encoding: chunked', 'Transfer-Encoding: xchunked', 'Host: b', 'Host: \x01', 'Content-Encoding: gzip', 'Content-Encoding: zip', 'Content-Type: text/plain', 'Content-Type: multipart/form-data', 'Content-Type: multipart/form-data; boundary="', 'Content-Type: application/json; charset=utf-16', 'Expect: 100-continue', 'Expect: something', 'Connection: upgrade', 'Upgrade: websocket', 'Range: bytes=5-1', 'If-None-Match: *', 'Cookie: rv_login=; rv_login=x; =', 'Authorization: Bearer ', 'Idempotency-Key: ', `Idempotency-Key: ${'k'.repeat(5000)}`, 'X-Forwarded-For: ,,,', 'Origin: null', 'Accept-Encoding: br;q=x', 'no colon', ': empty', ' folded: yes', 'X: '.padEnd(20000, 'x')];

/** One request made from a good one by one to four injuries. */
function injure(/** @type {string} */ good, /** @type {ReturnType<typeof random>} */ dice) {
	let text = good;
	for (let n = 1 + dice.below(4); n > 0; n--) {
		const at = dice.below(text.length + 1);
		const head = text.indexOf('\r\n');
		switch (dice.below(10)) {
			case 0: text = text.slice(0, at) + String.fromCharCode(dice.below(256)) + text.slice(at + 1); break;
			case 1: text = text.slice(0, at) + dice.pick(nasty) + text.slice(at); break;
			case 2: text = text.slice(0, at) + text.slice(at + 1 + dice.below(20)); break;
			case 3: text = text.slice(0, at); break;
			case 4: text = `${text.slice(0, head)}\r\n${dice.pick(headers)}${text.slice(head)}`; break;
			case 5: text = text.replace(/"[^"]*"/g, (found) => (dice.below(3) ? found : dice.pick(nasty))); break;
			case 6: text = text.replace(/:("[^"]*"|\d+|true)/g, (found) => (dice.below(2) ? found : `:${dice.pick(['null', '[]', '{}', '1.5', '-1', '"x"', 'false', '[[[]]]', '1e308'])}`)); break;
			case 7: text = text.replace(/^\S*/, dice.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'CONNECT', 'PRI', 'get', ''])); break;
			case 8: text = text.replace(/ \S* HTTP/, (found) => ` ${found.slice(1, -5).split('/').map((part) => (dice.below(3) ? part : encodeURI(dice.pick(nasty).replace(/[^\x20-\x7e]/g, '')))).join('/')} HTTP`); break;
			default: text = text.replace(/HTTP\/1.1/, dice.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.1 ', 'http/1.1', '']));
		}
	}
	return Buffer.from(text, 'latin1');
}

describe('malformed requests', () => {
	/** @type {Awaited<ReturnType<typeof startCollector>>} */
	let server;
	before(async () => {
		server = await startCollector({ env: { RV_LOG_LEVEL: 'error' }, args: ['--requests-per-minute-per-key', '0', '--max-connections-per-ip', '0', '--header-timeout-ms', '2000', '--body-timeout-ms', '2000'] });
	});
	after(() => server.stop());

	const withBody = (/** @type {string} */ line, /** @type {string[]} */ extra, /** @type {string} */ body) => `${line} HTTP/1.1\r\nHost: a\r\n${extra.map((header) => `${header}\r\n`).join('')}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
	const form = '--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\nscreenshot\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\r\n--b--\r\n';
	/** @type {Record<string, (key: string, api: string, ws: string) => string[]>} */
	const families = {
		widget: (key) => [
			`GET /v1/widget/config?key=${key} HTTP/1.1\r\nHost: a\r\n\r\n`,
			withBody('POST /v1/widget/submit', [`X-Project-Key: ${key}`, 'Content-Type: application/json', 'Idempotency-Key: one'], '{"title":"A","description":"B","item_type":"bug","viewport":{"width":1,"height":2},"console_logs":[{"ts":1,"level":"log","args":["x"]}],"network_logs":[{"ts":1,"method":"GET","url":"/","status":200}],"attachment_ids":["att_x"],"custom":{"a":{"b":[1,2]}}}'),
			withBody(`POST /v1/widget/upload?key=${key}`, ['Content-Type: multipart/form-data; boundary=b', 'Idempotency-Key: two'], form),
			`GET /v1/widget/actions?key=${key} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: rearview.v1\r\nOrigin: http://a\r\n\r\n\x81\x82\x01\x02\x03\x04zz`,
		],
		action: (_, api, ws) => [
			withBody('POST /api/v1/action', [`X-Rearview-Api-Key: ${api}`, 'User-Agent: test', 'Content-Type: application/json'], `{"workspaceId":"${ws}","userId":"u","action":"upload-session","userProvidedDescription":"d"}`),
			`GET /api/v1/session-info/${ws}/token HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n`,
		],
		report: (_, api) => ['', '/replay?format=rrweb', '/replay?format=native', '/attachments/att_1', '/console.txt'].map((rest) => `GET /api/v1/reports/rep_1${rest} HTTP/1.1\r\nHost: a\r\nX-Rearview-Api-Key: ${api}\r\n\r\n`),
		console: (_, __, ws) => [
			withBody('POST /api/console/login', ['X-Rearview-Console: 1', 'Content-Type: application/json'], '{"name":"tester","password":"wrong horse battery"}'),
			withBody(`PUT /api/console/workspaces/${ws}/settings`, ['X-Rearview-Console: 1', 'Cookie: rv_login=abc', 'Content-Type: application/json'], '{"config":{"capture":{"window_ms":1000}}}'),
			'GET /api/console/reports?workspace=&search=a%20b&state=open&limit=10&before=x HTTP/1.1\r\nHost: a\r\nCookie: rv_login=abc\r\n\r\n',
			withBody('PATCH /api/console/reports/rep_1', ['X-Rearview-Console: 1', 'Cookie: rv_login=abc', 'Content-Type: application/json'], '{"state":"done"}'),
			'DELETE /api/console/reports/rep_1 HTTP/1.1\r\nHost: a\r\nX-Rearview-Console: 1\r\nCookie: rv_login=abc\r\n\r\n',
		],
		static: (_, __, ws) => ['/', `/${ws}/rearview.js?v=abc`, '/console/app.js', '/r/rep_1', '/demo/x', '/healthz', '/metrics'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br, gzip\r\nRange: bytes=0-5\r\nIf-None-Match: "a"\r\n\r\n`),
	};

	for (const [name, make] of Object.entries(families)) {
		test(`1,000 to the ${name} routes`, { timeout: 240_000 }, async () => {
			const { projectKey, apiKey, id } = server.workspace;
			const good = make(projectKey, apiKey, id);
			const dice = random(name.length * 7919);
			const requests = Array.from({ length: 1000 }, () => injure(dice.pick(good), dice));
			/** @type {Map<string, number>} */
			const statuses = new Map();
			await Promise.all(Array.from({ length: 16 }, async () => {
				for (let request = requests.pop(); request; request = requests.pop()) {
					const answer = await raw(server.port, request, { quiet_ms: 15_000, after_ms: 40 });
					const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 'closed';
					statuses.set(status, (statuses.get(status) ?? 0) + 1);
					if (/HTTP\/1\.[01] 500/.test(answer)) assert.fail(`500 to ${JSON.stringify(request.toString('latin1'))}\n${answer}`);
				}
			}));
			assert.equal((await fetch(`${server.baseUrl}/healthz`)).status, 200);
			assert.equal((await fetch(`${server.baseUrl}/readyz`)).status, 200);
			assertSilent(server.stderr);
			assert.ok([...statuses.keys()].some((status) => status === '400'), JSON.stringify([...statuses]));
		});
	}
});
