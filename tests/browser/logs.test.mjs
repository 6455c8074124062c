// The logs of a page as its report has them: network with timings, streams, aborts and sockets, the
// console's methods, errors and policies, performance, consent. A real server that is slow, streams,
// breaks off, speaks WebSocket and EventSource.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, web } from './harness.mjs';

const CONFIG = { capture: { console: true, network: true } };

/** A WebSocket frame of the server's, unmasked. */
const frame = (/** @type {string | Buffer} */ data, opcode = typeof data === 'string' ? 1 : 2) => {
	const payload = Buffer.from(/** @type {any} */ (data));
	return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);
};

/** What the pages talk to; reports end here too, as the collector would take them. */
async function startServer() {
	/** @type {any[]} */
	const reports = [];
	/** @type {Record<string, any>} */
	let config = CONFIG;
	/** Of requests with their headers. @type {import('node:http').IncomingMessage[]} */
	const seen = [];
	/** @type {Map<string, {body: string, headers: Record<string, string>}>} */
	const pages = new Map();
	const server = createServer(async (request, response) => {
		const { pathname } = new URL(request.url ?? '/', 'http://x');
		seen.push(request);
		const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', 'cache-control': 'no-store' };
		/** @type {Buffer[]} */
		const chunks = [];
		for await (const chunk of request) chunks.push(chunk);
		const body = Buffer.concat(chunks);
		const answer = (/** @type {number} */ status, /** @type {any} */ text, /** @type {Record<string, string>} */ headers = {}) => response.writeHead(status, { ...cors, ...headers }).end(text);
		if (request.method === 'OPTIONS') return answer(204, '');
		const page = pages.get(pathname);
		if (page) return answer(200, page.body, { 'content-type': 'text/html', ...page.headers });
		if (pathname.startsWith('/rearview/')) {
			const file = join(web, pathname.slice('/rearview/'.length));
			const types = /** @type {Record<string, string>} */ ({ js: 'text/javascript', wasm: 'application/wasm' });
			return existsSync(file) ? answer(200, readFileSync(file), { 'content-type': types[file.split('.').pop() ?? ''] }) : answer(404, '');
		}
		switch (pathname) {
			case '/v1/widget/config': return answer(200, JSON.stringify(config), { 'content-type': 'application/json' });
			case '/v1/widget/upload': return answer(201, JSON.stringify({ attachment_id: `att_${reports.length}_${seen.length}`, kind: 'replay', bytes: 1, sha256: '' }), { 'content-type': 'application/json' });
			case '/v1/widget/submit':
				reports.push(JSON.parse(body.toString()));
				return answer(201, JSON.stringify({ id: `rep_${reports.length}`, number: reports.length, session_info_url: 'x' }), { 'content-type': 'application/json' });
			case '/json': return answer(200, '{"ok":true,"mail":"someone@example.com"}', { 'content-type': 'application/json', 'x-answer': 'yes', 'set-cookie': 'sid=secret-cookie', 'content-length': '40' });
			case '/slow': return void setTimeout(() => answer(200, 'slow', { 'content-type': 'text/plain' }), 300);
			case '/broken': return answer(500, 'broken');
			case '/beacon': return answer(204, '');
			case '/hang': return;
			case '/stream': {
				response.writeHead(200, { ...cors, 'content-type': 'text/plain' });
				for (let i = 0; i < 4; i++) {
					response.write('0123456789'.repeat(100));
					await new Promise((done) => setTimeout(done, 120));
				}
				return response.end();
			}
			case '/endless': {
				response.writeHead(200, { ...cors, 'content-type': 'text/plain' });
				const timer = setInterval(() => response.write('0123456789'), 40);
				return response.on('close', () => clearInterval(timer));
			}
			case '/cut':
				response.writeHead(200, { ...cors, 'content-type': 'text/plain', 'content-length': 1000 }).write('only this');
				return void setTimeout(() => response.destroy(), 100);
			case '/events':
				response.writeHead(200, { ...cors, 'content-type': 'text/event-stream' });
				return response.write('data: first\n\nevent: named\ndata: second one\n\n');
			default: return answer(404, 'not here', { 'content-type': 'text/plain' });
		}
	});
	/* Echoes texts; says two things of its own; closes with 4001 when it hears "bye". */
	server.on('upgrade', (request, socket) => {
		if (request.url?.startsWith('/refused')) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
		if (!request.url?.startsWith('/socket')) return socket.destroy();
		const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
		socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
		socket.write(frame('welcome'));
		socket.write(frame(Buffer.from([1, 2, 3])));
		let waiting = Buffer.alloc(0);
		socket.on('data', (chunk) => {
			waiting = Buffer.concat([waiting, chunk]);
			while (waiting.length >= 6 && waiting.length >= 6 + (waiting[1] & 127)) {
				const length = waiting[1] & 127;
				const text = Buffer.from(waiting.subarray(6, 6 + length)).map((byte, i) => byte ^ waiting[2 + (i & 3)]).toString();
				const opcode = waiting[0] & 15;
				waiting = waiting.subarray(6 + length);
				if (opcode === 8) return socket.end(frame(Buffer.from([3, 232]), 8));
				if (text === 'bye') return socket.end(frame(Buffer.concat([Buffer.from([4001 >> 8, 4001 & 255]), Buffer.from('so long')]), 8));
				socket.write(frame(`echo ${text}`));
			}
		});
		socket.on('error', () => {});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
	return {
		base: `http://127.0.0.1:${port}`,
		reports, seen,
		/** @param {string} path @param {string} body @param {Record<string, string>} [headers] */
		page(path, body, headers = {}) {
			pages.set(path, { body, headers });
		},
		/** @param {Record<string, any>} next */
		configure(next) {
			config = next;
		},
		async close() {
			server.closeAllConnections();
			server.close();
		},
	};
}

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`logs in ${engine}`, { timeout: 300_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {import('puppeteer-core').Page} */ let page;
		/** @type {Awaited<ReturnType<typeof startServer>>} */ let site;
		let visits = 0;
		before(async () => {
			site = await startServer();
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
		});

		/**
		 * A page with the widget in it, at an address and under a project of its own.
		 * @param {{config?: Record<string, any>, options?: Record<string, any>, head?: string, body?: string, tail?: string, headers?: Record<string, string>, init?: boolean}} [given]
		 */
		async function open({ config = CONFIG, options = {}, head = '', body = '<p>x</p>', tail = '', headers, init = true } = {}) {
			const path = `/page${++visits}`;
			site.configure(config);
			const start = init ? `<script>window.started = Rearview.init(${JSON.stringify({ projectKey: `pk${engine}${visits}`, endpoint: site.base, ...options })});</script>` : '';
			site.page(path, `<!doctype html><html><head><meta charset="utf-8"><link rel="icon" href="data:,">${head}<script src="/rearview/rearview.js"></script>${start}</head><body>${body}${tail}</body></html>`, headers);
			await page?.close();
			page = await browser.newPage();
			await page.goto(site.base + path);
			if (init && options.consent !== 'pending') await page.evaluate(() => /** @type {any} */ (window).started);
			return path;
		}
		/** What comes later is there and has begun. */
		async function begun() {
			await page.waitForFunction(() => performance.getEntriesByType('resource').some((entry) => /rearview\.logs/.test(entry.name)));
			await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay().then(() => undefined));
		}
		/** @returns {Promise<any>} the report as it reached the server */
		async function report(given = {}) {
			const before = site.reports.length;
			await page.evaluate((metadata) => /** @type {any} */ (window).Rearview.saveReport(metadata), /** @type {any} */ (given));
			assert.equal(site.reports.length, before + 1);
			return site.reports[before];
		}
		const of = (/** @type {any} */ it, /** @type {string} */ path) => it.network_logs.filter((/** @type {any} */ n) => new URL(n.url).pathname === path);
		const one = (/** @type {any} */ it, /** @type {string} */ path) => {
			const found = of(it, path);
			assert.equal(found.length, 1, `${path}: ${JSON.stringify(found)}`);
			return found[0];
		};
		const lines = (/** @type {any} */ it) => it.console_logs.map((/** @type {any} */ line) => `${'  '.repeat(line.depth ?? 0)}${line.level} ${line.args.join(' | ')}${line.count > 1 ? ` ×${line.count}` : ''}`);

		it('times fetch and XMLHttpRequest, and leaves out its own', async () => {
			await open({ head: '<script>fetch("/json?before").then((response) => response.text());</script>' });
			await page.evaluate(async () => {
				fetch('/json?unread');
				await (await fetch('/json?a=1', { headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', authorization: 'Bearer abc' } })).json();
				await (await fetch('/slow', { method: 'post', body: '12345' })).text();
				await fetch('/broken');
				await fetch('http://127.0.0.1:1/refused').catch(() => {});
				await new Promise((done) => {
					const xhr = new XMLHttpRequest();
					xhr.open('PUT', '/slow?xhr');
					xhr.setRequestHeader('traceparent', 'of-the-xhr');
					xhr.onloadend = done;
					xhr.send('1234567');
				});
				navigator.sendBeacon('/beacon', 'abc');
				const image = new Image();
				await new Promise((done) => {
					image.onerror = done;
					image.src = '/missing.png';
					document.body.append(image);
				});
			});
			const it = await report();
			const [earlier] = of(it, '/json').filter((/** @type {any} */ n) => n.url.endsWith('?before'));
			assert.deepEqual([earlier.type, earlier.status, earlier.method ?? ''], ['fetch', 200, '']);
			const [json] = of(it, '/json').filter((/** @type {any} */ n) => n.url.endsWith('?a=1'));
			assert.deepEqual([json.method, json.status, json.type, json.content_type, json.response_bytes, json.protocol], ['GET', 200, 'fetch', 'application/json', 40, 'http/1.1']);
			assert.equal(json.trace, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
			assert.equal(json.state, undefined);
			assert.equal(json.request_headers, undefined);
			for (const key of ['dns', 'connect', 'wait', 'receive', 'blocked']) assert.equal(typeof json.timings[key], 'number', key);
			const unread = of(it, '/json').find((/** @type {any} */ n) => n.url.endsWith('?unread'));
			assert.deepEqual([unread.status, unread.state, unread.content_type], [200, undefined, 'application/json']);
			const [posted, put] = of(it, '/slow');
			assert.deepEqual([posted.method, posted.request_bytes, posted.status], ['POST', 5, 200]);
			assert.ok(posted.timings.wait >= 250, JSON.stringify(posted));
			assert.deepEqual([put.type, put.method, put.request_bytes, put.status, put.trace], ['xhr', 'PUT', 7, 200, 'of-the-xhr']);
			assert.ok(put.transferred_bytes > 0);
			assert.equal(one(it, '/broken').status, 500);
			assert.match(one(it, '/refused').error, /TypeError/);
			const beacon = one(it, '/beacon');
			assert.deepEqual([beacon.type, beacon.method, beacon.request_bytes], ['beacon', 'POST', 3]);
			const missing = one(it, '/missing.png');
			assert.deepEqual([missing.type, missing.status, missing.initiator], ['resource', 404, 'img']);
			assert.ok(it.console_logs.some((/** @type {any} */ line) => line.kind === 'resource' && /missing\.png/.test(line.source)));
			assert.deepEqual(it.network_logs.filter((/** @type {any} */ n) => /rearview|v1\/widget/.test(n.url)), []);
			const times = it.network_logs.map((/** @type {any} */ n) => n.ts);
			assert.deepEqual(times, [...times].sort());
			assert.doesNotMatch(JSON.stringify(it), /Bearer abc/);
			for (const key of ['url', 'path', 'page_title', 'viewport', 'browser']) assert.ok(key in it, key);
		});

		it('follows a stream to its end, an abort or a break, and does not touch it', async () => {
			await open();
			await page.evaluate(async () => {
				/** @type {any} */ const w = window;
				w.control = new AbortController();
				w.streamed = fetch('/stream').then(async (response) => {
					const reader = /** @type {any} */ (response.body).getReader();
					let size = 0;
					for (let at; !(at = await reader.read()).done;) size += at.value.length;
					return size;
				});
				w.endless = await fetch('/endless', { signal: w.control.signal });
				w.reading = w.endless.text().catch((/** @type {any} */ error) => error.name);
				w.hang = fetch('/hang', { signal: w.control.signal }).catch((error) => error.name);
				await fetch('/cut').then((response) => response.text()).catch(() => {});
			});
			const going = await report();
			assert.equal(one(going, '/endless').state, 'streaming');
			assert.equal(one(going, '/hang').state, 'pending');
			assert.match(one(going, '/cut').error, /incomplete/);
			const size = await page.evaluate(async () => {
				/** @type {any} */ const w = window;
				const size = await w.streamed;
				w.control.abort();
				await w.hang;
				await w.reading;
				return size;
			});
			assert.equal(size, 4000);
			await page.waitForFunction(() => performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/endless')));
			const it = await report();
			const stream = one(it, '/stream');
			assert.deepEqual([stream.status, stream.response_bytes, stream.state, stream.error], [200, 4000, undefined, undefined]);
			assert.ok(stream.duration_ms >= 400, JSON.stringify(stream));
			assert.match(one(it, '/endless').error ?? '', /AbortError/, JSON.stringify(one(it, '/endless')));
			assert.equal(one(it, '/endless').state, undefined);
			assert.match(one(it, '/hang').error ?? '', /AbortError/, JSON.stringify(one(it, '/hang')));
		});

		it('counts the messages of sockets and says how they closed', async () => {
			const config = { capture: { network_bodies: ['ws://*/socket?told'] } };
			await open({ config, tail: `<script>
				window.heard = [];
				window.socket = new WebSocket('ws://' + location.host + '/socket?early');
				socket.onmessage = (event) => { heard.push(event.data); };
				window.source = new EventSource('/events');
				source.addEventListener('named', () => { heard.push('named'); });
			</script>` });
			await page.waitForFunction(() => /** @type {any} */ (window).heard.length >= 3);
			await begun();
			await page.evaluate(async () => {
				/** @type {any} */ const w = window;
				w.socket.send('hello');
				w.told = new WebSocket(`ws://${location.host}/socket?told`);
				await new Promise((done) => (w.told.onmessage = done));
				w.told.send('write to someone@example.com');
				w.refused = new WebSocket(`ws://${location.host}/refused`);
				await new Promise((done) => (w.refused.onclose = done));
			});
			await page.waitForFunction(() => /** @type {any} */ (window).heard.includes('echo hello'));
			const going = await report();
			const early = of(going, '/socket').find((/** @type {any} */ n) => n.url.endsWith('early'));
			assert.deepEqual([early.type, early.status, early.state, early.messages_sent, early.messages_received, early.request_bytes, early.response_bytes], ['websocket', 101, 'open', 1, 3, 5, 20]);
			assert.deepEqual(early.frames.map((/** @type {any} */ f) => [f.direction, f.bytes, f.binary, f.text]), [['received', 7, undefined, undefined], ['received', 3, true, undefined], ['sent', 5, undefined, undefined], ['received', 10, undefined, undefined]]);
			const told = of(going, '/socket').find((/** @type {any} */ n) => n.url.endsWith('told'));
			assert.ok(told.frames.some((/** @type {any} */ f) => f.direction === 'sent' && /write to \[redacted/.test(f.text)), JSON.stringify(told));
			assert.equal(one(going, '/refused').error, 'failed');
			const events = one(going, '/events');
			assert.deepEqual([events.type, events.status, events.state, events.messages_received], ['eventsource', 200, 'open', 2]);
			await page.evaluate(async () => {
				/** @type {any} */ const w = window;
				w.source.close();
				await new Promise((done) => {
					w.socket.onclose = done;
					w.socket.send('bye');
				});
			});
			const it = await report();
			const closed = of(it, '/socket').find((/** @type {any} */ n) => n.url.endsWith('early'));
			assert.deepEqual([closed.state, closed.close_code, closed.close_reason, closed.messages_sent], [undefined, 4001, 'so long', 2]);
			assert.equal(one(it, '/events').state, undefined);
		});

		it('keeps headers and bodies that are asked for, and no others', async () => {
			await open({ config: { capture: { network_headers: ['X-Answer', 'x-asked', 'Authorization', 'Set-Cookie'], network_bodies: [`${site.base}/json?yes`] } } });
			await begun();
			const read = await page.evaluate(async () => {
				const headers = { 'x-asked': 'mine', authorization: 'Bearer secret-token-1', 'x-other': 'no' };
				const text = await (await fetch('/json?yes', { method: 'POST', headers, body: '{"password":"hunter2","name":"visible"}' })).text();
				await (await fetch('/json?no', { method: 'POST', headers, body: 'unseen-request' })).text();
				await new Promise((done) => {
					const xhr = new XMLHttpRequest();
					xhr.open('POST', '/json?yes=xhr');
					xhr.setRequestHeader('x-asked', 'by xhr');
					xhr.onloadend = done;
					xhr.send('x=1&token=secret-token-2');
				});
				return text;
			});
			assert.match(read, /"ok":true/);
			const it = await report();
			const [yes, no, xhr] = of(it, '/json');
			assert.deepEqual(yes.request_headers, { 'x-asked': 'mine' });
			assert.deepEqual(yes.response_headers, { 'x-answer': 'yes' });
			assert.match(yes.request_body, /"name":"visible"/);
			assert.match(yes.response_body, /"ok":true/);
			assert.deepEqual([no.request_body, no.response_body], [undefined, undefined]);
			assert.deepEqual(xhr.request_headers, { 'x-asked': 'by xhr' });
			assert.match(xhr.response_body, /"ok":true/);
			assert.doesNotMatch(JSON.stringify(it), /secret-token|secret-cookie|hunter2|someone@example|unseen-request|x-other/);
		});

		it('hears every method of the console', async () => {
			await open();
			await begun();
			await page.evaluate(() => {
				console.log('%s has %d of %i, %f %o %%', 'one', 2.7, '3.9px', '1.5', { a: [1, new Map([['k', { b: 1 }]])] }, 'more');
				console.log('%cstyled', 'color: red', 1n, Symbol('s'), undefined, null, -0);
				for (let i = 0; i < 1000; i++) console.info('again');
				console.debug(document.createElement('section'), [1, , 3], new Set([1]), new Uint8Array(4), function named() {});
				const round = /** @type {any} */ ({ get trap() { throw new Error('a getter ran'); } });
				round.self = round;
				console.dir(round);
				console.dirxml(document.body);
				console.group('outer', 1);
				console.warn('inside');
				console.groupCollapsed('inner');
				console.table([{ a: 1, b: 'x' }, { a: 2, c: true }]);
				console.table([[1, 2]], ['0']);
				console.groupEnd();
				console.groupEnd();
				console.count();
				console.count();
				console.countReset();
				console.count();
				console.time('t');
				console.timeLog('t', { so: 'far' });
				console.timeEnd('t');
				console.timeEnd('t');
				console.assert(true, 'no');
				console.assert(false, 'held not');
				console.trace('here');
				console.error(new Error('outer', { cause: new TypeError('inner', { cause: 'text' }) }), new AggregateError([new RangeError('one of')], 'several'));
				const { proxy, revoke } = Proxy.revocable({}, {});
				revoke();
				console.log(proxy);
				console.clear();
			});
			const it = await report();
			const all = lines(it);
			const has = (/** @type {string} */ line) => assert.ok(all.includes(line), `${line}\n${all.join('\n')}`);
			has('log one has 2 of 3, 1.5 {a: [1, Map {"k" => Object {…}}]} % | more');
			has('log styled | 1n | Symbol(s) | undefined | null | 0');
			has('info again ×1000');
			has('debug <section> | [1, empty, 3] | Set {1} | Uint8Array(4 bytes) | ƒ named()');
			has('dir {trap: [getter], self: [circular]}');
			has('dir <body>');
			has('group outer | 1');
			has('  warn inside');
			has('  group_collapsed inner');
			has('    table (index)\ta\tb\tc | 0\t1\tx\t | 1\t2\t\ttrue');
			has('    table (index)\t0 | 0\t1');
			has('count default: 1');
			has('count default: 2');
			assert.equal(all.filter((/** @type {string} */ line) => line === 'count default: 1').length, 2);
			assert.equal(all.filter((/** @type {string} */ line) => /^time t: \d+(\.\d)? ms$/.test(line)).length, 1);
			assert.equal(all.filter((/** @type {string} */ line) => /^time t: .* ms \| \{so: "far"\}$/.test(line)).length, 1);
			has('assert held not');
			has('trace here');
			has('log [unreadable]');
			has('clear ');
			const error = it.console_logs.find((/** @type {any} */ line) => line.level === 'error');
			assert.match(error.args[0], /Error: outer[^]*Caused by: TypeError: inner[^]*Caused by: text/);
			assert.match(error.args[1], /AggregateError: several[^]*Caused by: RangeError: one of/);
			assert.ok(error.stack.length > 0);
			assert.doesNotMatch(error.stack, /rearview\.js/);
			assert.doesNotMatch(JSON.stringify(it), /a getter ran/);
		});

		it('tells errors, rejections, the policy\'s violations and the browser\'s own reports', async () => {
			await open({
				headers: { 'content-security-policy': "img-src 'self' data:" },
				tail: `<script>
					new Image().src = "https://blocked.invalid/x.png";
					window.heard = 0;
					addEventListener('unhandledrejection', () => heard++);
					addEventListener('error', () => heard++);
					addEventListener('securitypolicyviolation', () => heard++);
					setTimeout(() => { throw new Error('thrown', { cause: new Error('the cause') }); });
					Promise.reject({ code: 7 });
					Promise.reject(new Error('rejected'));
				</script>`,
			});
			await page.waitForFunction(() => /** @type {any} */ (window).heard === 4);
			const it = await report();
			const found = (/** @type {string} */ kind) => it.console_logs.filter((/** @type {any} */ line) => line.kind === kind);
			assert.match(found('uncaught')[0].args[0], /thrown/);
			assert.match(found('uncaught')[0].stack, /Caused by: Error: the cause/);
			assert.deepEqual(found('rejection').map((/** @type {any} */ line) => line.args[0]), ['{code: 7}', 'Error: rejected']);
			assert.match(found('csp')[0].args[0], /^img-src blocks https:\/\/blocked\.invalid/);
			assert.equal(found('csp')[0].level, 'error');
		});

		if (engine === 'chromium') it('says what the browser reports as deprecated, also from before it came', async () => {
			await open({ head: '<script>{ const early = new XMLHttpRequest(); early.open("GET", "/json?early", false); early.send(); }</script>' });
			await begun();
			await page.evaluate(async () => {
				const told = new Promise((done) => new ReportingObserver(done, { types: ['deprecation'] }).observe());
				/** @type {any} */ (document.createRange()).expand('word');
				await told;
			});
			const found = (await report()).console_logs.filter((/** @type {any} */ line) => line.kind === 'deprecation');
			assert.equal(found.length, 2, JSON.stringify(found));
			assert.match(found[0].args[0], /XMLHttpRequest/);
			assert.match(found[1].args[0], /expand/);
			assert.deepEqual(found.map((/** @type {any} */ line) => line.level), ['warn', 'warn']);
			assert.equal(new URL(found[0].source).origin, site.base);
		});

		it('puts long tasks and vitals on the time line', async () => {
			await open({ body: '<h1>Large enough to be the largest</h1><button>b</button>' });
			await begun();
			await page.evaluate(() => new Promise((done) => setTimeout(() => {
				const end = performance.now() + 120;
				while (performance.now() < end);
				setTimeout(done, 200);
			})));
			const it = await report();
			const vitals = it.performance.filter((/** @type {any} */ p) => p.kind === 'vital').map((/** @type {any} */ p) => p.name);
			for (const name of ['FCP', 'TTFB', 'LCP']) assert.ok(vitals.includes(name), `${name}: ${vitals}`);
			const lcp = it.performance.findLast((/** @type {any} */ p) => p.name === 'LCP');
			assert.ok(lcp.value > 0 && lcp.node > 0 && ['good', 'needs-improvement', 'poor'].includes(lcp.detail), JSON.stringify(lcp));
			if (engine === 'chromium') assert.ok(it.performance.some((/** @type {any} */ p) => p.kind === 'long_task' && p.value >= 100));
		});

		it('listens to nothing once it is destroyed, and again when it comes back', async () => {
			/* What observes, as long as it does. */
			const counted = `<script>window.observing = new Set(); for (const name of ['PerformanceObserver', 'ReportingObserver', 'MutationObserver', 'ResizeObserver', 'IntersectionObserver']) {
				const { prototype } = window[name] ?? {};
				if (!prototype) continue;
				const { observe, disconnect } = prototype;
				prototype.observe = function (...given) { observing.add(this); return observe.apply(this, given); };
				prototype.disconnect = function () { observing.delete(this); return disconnect.call(this); };
			}</script>`;
			await open({ head: counted, body: '<h1>Large enough to be the largest</h1>' });
			await begun();
			assert.ok(await page.evaluate(() => /** @type {any} */ (window).observing.size > 3));
			/** @returns {Promise<string[]>} types of listeners on the window and the document */
			const listeners = async () => {
				const cdp = await page.createCDPSession();
				const found = [];
				for (const expression of ['window', 'document']) {
					const { result } = await cdp.send('Runtime.evaluate', { expression });
					const { listeners } = await cdp.send('DOMDebugger.getEventListeners', { objectId: /** @type {string} */ (result.objectId) });
					found.push(...listeners.map(({ type }) => `${expression} ${type}`));
				}
				await cdp.detach();
				return found;
			};
			if (engine === 'chromium') assert.ok((await listeners()).includes('window visibilitychange'));
			await page.evaluate(() => /** @type {any} */ (window).Rearview.destroy());
			assert.equal(await page.evaluate(() => /** @type {any} */ (window).observing.size), 0);
			if (engine === 'chromium') assert.deepEqual(await listeners(), []);
			await page.evaluate((options) => /** @type {any} */ (window).Rearview.init(options), { projectKey: `pk${engine}${visits}`, endpoint: site.base });
			await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay().then(() => undefined));
			assert.ok(await page.evaluate(() => /** @type {any} */ (window).observing.size > 3));
			if (engine === 'chromium') assert.ok((await listeners()).includes('window visibilitychange'));
		});

		it('replaces nothing that a page could tell, and gives it all back', async () => {
			const natives = '<script>window.before = { fetch, WebSocket, EventSource, send: XMLHttpRequest.prototype.send, log: console.log, made: WebSocket.prototype.constructor };</script>';
			await open({ head: natives });
			const got = await page.evaluate(async () => {
				/** @type {any} */ const w = window;
				/** @type {any[]} */ const wrong = [];
				const is = (/** @type {string} */ what, /** @type {any} */ a, /** @type {any} */ b) => a === b || wrong.push([what, String(a), String(b)]);
				is('static', WebSocket.OPEN, 1);
				is('name', WebSocket.name, 'WebSocket');
				is('length', fetch.length, w.before.fetch.length);
				is('text', fetch.toString(), w.before.fetch.toString());
				is('console', console.log.toString(), w.before.log.toString());
				class Mine extends WebSocket {
					get mine() { return true; }
				}
				const socket = /** @type {any} */ (new Mine(`ws://${location.host}/socket`, []));
				is('instance', socket instanceof WebSocket && socket instanceof Mine && socket.mine, true);
				is('constructor', new WebSocket(`ws://${location.host}/socket`).constructor, WebSocket);
				is('new.target', Object.getPrototypeOf(socket), Mine.prototype);
				is('keys', Object.keys(new EventSource('/events')).length, 0);
				let threw = '';
				try { /** @type {any} */ (WebSocket)('ws://x'); } catch (error) { threw = /** @type {any} */ (error).name; }
				is('call', threw, 'TypeError');
				try { new WebSocket('nonsense:'); } catch (error) { threw = /** @type {any} */ (error).name; }
				is('throws', threw, 'SyntaxError');
				/* A wrapper's own promise and error are passed on as they are. */
				const inner = window.fetch;
				const special = Object.assign(Promise.resolve(new Response('made')), { cancel() {} });
				window.fetch = /** @type {any} */ (() => special);
				is('on top', window.fetch('/json'), special);
				window.fetch = inner;
				is('body', await (await fetch('/json')).text(), '{"ok":true,"mail":"someone@example.com"}');
				const failure = await fetch('http://127.0.0.1:1/').catch((error) => error);
				is('failure', failure instanceof TypeError, true);
				const unheard = new Promise((done) => addEventListener('unhandledrejection', (event) => {
					event.preventDefault();
					done(true);
				}, { once: true }));
				fetch('http://127.0.0.1:1/unheard');
				is('unhandled', await unheard, true);
				/* A wrapper that came later stays; ours below it is a plain passage. */
				const ours = console.log;
				let calls = 0;
				console.log = (...args) => { calls++; ours(...args); };
				const later = console.log;
				w.Rearview.destroy();
				is('theirs', console.log, later);
				console.log('after');
				is('calls', calls, 1);
				for (const name of ['fetch', 'WebSocket', 'EventSource']) is(name, w[name], w.before[name]);
				is('restored', WebSocket.prototype.constructor, w.before.made);
				is('xhr', XMLHttpRequest.prototype.send, w.before.send);
				is('late subclass', new Mine(`ws://${location.host}/socket`) instanceof WebSocket, true);
				return wrong;
			});
			assert.deepEqual(got, []);
		});

		it('passes a wrapper\'s promise through when the wrapper came first', async () => {
			await open({ head: '<script>window.special = Object.assign(Promise.resolve(new Response("made")), { cancel() {} }); window.fetch = () => special;</script>' });
			assert.equal(await page.evaluate(() => /** @type {any} */ (window).fetch('/x') === /** @type {any} */ (window).special), true);
			const it = await report();
			assert.deepEqual([one(it, '/x').status, one(it, '/x').state], [200, undefined]);
		});

		it('keeps nothing and asks for nothing before consent, and nothing of a pause', async () => {
			await open({ options: { consent: 'pending' }, head: '<script>localStorage.clear();</script>', tail: '<script>console.log("before-consent"); fetch("/json?before-consent").then((response) => response.text()); setTimeout(() => { throw new Error("before-consent") }); window.reject = () => { Promise.reject(new Error("while-paused")); };</script>' });
			await page.waitForFunction(() => performance.getEntriesByType('resource').some((entry) => /before-consent/.test(entry.name)));
			const stored = await page.evaluate(async () => [Object.keys(localStorage), Object.keys(sessionStorage), (await indexedDB.databases()).map((db) => db.name).filter((name) => name?.endsWith(location.pathname.slice(5))), performance.getEntriesByType('resource').filter((entry) => /rearview\.|v1\/widget/.test(entry.name)).map((entry) => entry.name.split('/').pop()?.split('?')[0])]);
			assert.deepEqual(stored, [[], [], [], ['rearview.js']]);
			await page.evaluate(async () => {
				/** @type {any} */ const w = window;
				const { Rearview } = w;
				Rearview.pause();
				Rearview.consent('granted');
				console.log('while-paused 1');
				Rearview.resume();
				await w.started;
				console.log('after-consent');
				w.late = fetch('/slow?late');
				Rearview.addBreadcrumb('paid', { amount: 3 });
				Rearview.setContext('cart', { items: 2 });
				Rearview.setContext('gone', 1);
				Rearview.setContext('gone', null);
			});
			await begun();
			await page.evaluate(async () => {
				/** @type {any} */ const w = window;
				const { Rearview } = w;
				await Rearview.exportReplay();
				Rearview.pause();
				console.log('while-paused 2');
				await fetch('/json?while-paused');
				await fetch('/broken?while-paused');
				document.body.append('while-paused');
				const rejected = new Promise((done) => addEventListener('unhandledrejection', done, { once: true }));
				w.reject();
				await rejected;
				await w.late;
				Rearview.resume();
				await fetch('/json?resumed');
				console.log('resumed');
			});
			const it = await report();
			const text = JSON.stringify(it);
			assert.doesNotMatch(text, /before-consent|while-paused/);
			assert.match(text, /after-consent/);
			assert.match(text, /json\?resumed/);
			assert.ok(lines(it).includes('breadcrumb paid | {"amount":3}'));
			assert.deepEqual(it.custom, { cart: { items: 2 } });
		});

		it('forgets all of it when consent is withdrawn', async () => {
			await open();
			await page.evaluate(async () => {
				console.log('to be forgotten');
				await /** @type {any} */ (window).Rearview.exportReplay();
			});
			const key = `rearview-pk${engine}${visits}`;
			const names = () => page.evaluate(async (key) => (await indexedDB.databases()).map((db) => db.name).filter((name) => name?.startsWith(key)), key);
			assert.deepEqual(await names(), [key]);
			assert.equal(await page.evaluate(() => localStorage.getItem('rearview.visitor') !== null), true);
			await page.evaluate(() => /** @type {any} */ (window).Rearview.consent('denied'));
			await page.waitForFunction(async (key) => !(await indexedDB.databases()).some((db) => db.name?.startsWith(key)), {}, key);
			assert.deepEqual(await page.evaluate(() => [localStorage.getItem('rearview.visitor'), sessionStorage.getItem('rearview.session'), /rearview/.test(String(fetch))]), [null, null, false]);
			/* Still gone after the worker has had its time. */
			await new Promise((done) => setTimeout(done, 1500));
			assert.deepEqual(await names(), []);
		});

		it('honours Global Privacy Control when it is told to', async () => {
			const gpc = '<script>Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true, configurable: true }); localStorage.clear(); sessionStorage.clear();</script>';
			await open({ head: gpc, config: { privacy: { honor_gpc: false } } });
			assert.ok((await report()).session_token);
			const path = `/page${visits + 1}`;
			await assert.rejects(open({ head: gpc, config: { privacy: { honor_gpc: true } } }), /Global Privacy Control/);
			assert.equal(new URL(page.url()).pathname, path);
			assert.deepEqual(await page.evaluate(() => [Object.keys(localStorage), Object.keys(sessionStorage)]), [[], []]);
			assert.equal(await page.evaluate(() => fetch.toString().includes('native code')), true);
		});
	});
}
