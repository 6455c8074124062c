// @ts-nocheck a test's client, put together from parts
/* A collector of its own for each test file, with two workspaces and small clients. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { crc32OfBytes, deflate, deflateRaw } from './bytes.mjs';
import { assertSilent, runCollector, startCollector } from './server.mjs';

/** @param {{args?: string[]}} [options] more arguments for rearviewd */
export async function startWorld({ args = [] } = {}) {
	const server = await startCollector({ workspaceName: 'First', args: ['--requests-per-minute-per-key', '0', ...args] });
	const made = runCollector(['workspace', 'add', '--name', 'Other', '--json', '--data-dir', server.dataDir]);
	if (made.code !== 0) throw new Error(made.stderr);
	const { id, projectKey, apiKey } = server.workspace;
	const first = { workspace_id: id, project_key: projectKey, api_key: apiKey };
	const other = JSON.parse(made.stdout);
	const credentials = JSON.stringify(server.user);
	/** @type {any} */
	const world = {
		dir: server.dataDir, first, other, credentials, user: server.user, start: server.restart, kill9: server.kill9,
		get url() { return server.baseUrl; },
		end: () => server.stop({ keep: true }),
		stop: () => server.stop(),
		assertSilent: () => assertSilent(server.stderr),
	};

	/** fetch with the body read: {status, headers, text, json} */
	world.ask = async (path, init = {}) => {
		const response = await fetch(world.url + path, { redirect: 'manual', ...init });
		const bytes = Buffer.from(await response.arrayBuffer());
		const text = bytes.toString();
		let json = null;
		try { json = JSON.parse(text); } catch { /* not JSON */ }
		return { status: response.status, headers: response.headers, bytes, text, json };
	};
	world.submit = (body, headers = {}, key = first.project_key) =>
		world.ask('/v1/widget/submit', { method: 'POST', headers: { 'content-type': 'application/json', 'x-project-key': key, ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
	world.upload = (bytes, { kind = 'screenshot', type = 'image/png', token, key = first.project_key, headers = {}, name = 'file' } = {}) => {
		const form = new FormData();
		if (kind !== null) form.set('kind', kind);
		if (token) form.set('session_token', token);
		if (bytes) form.set(name, new Blob([bytes], { type }), 'x');
		return world.ask(`/v1/widget/upload?key=${key}`, { method: 'POST', body: form, headers });
	};
	world.act = (body, headers = {}) =>
		world.ask('/api/v1/action', { method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': 'test', 'x-rearview-api-key': first.api_key, ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
	world.report = (id, key = first.api_key, more = '') => world.ask(`/api/v1/reports/${id}${more}`, { headers: { 'x-rearview-api-key': key } });
	world.login = async () => {
		const answer = await world.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: credentials });
		const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0];
		return (method, path, body) =>
			world.ask(`/api/console/${path}`, { method, headers: { cookie, ...(method === 'GET' ? {} : { 'x-rearview-console': '1' }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, body: body === undefined ? undefined : JSON.stringify(body) });
	};
	world.socket = (options) => openSocket(world.url, { key: first.project_key, ...options });
	world.tab = async (user, options = {}) => {
		const socket = await world.socket(options);
		if (!socket.next) throw new Error(`the socket was refused with ${socket.status}`);
		socket.say({ t: 'hello', visitor: 'v', session: 's', user, url: 'https://a.de/', visible: options.visible ?? true, v: 1 });
		const welcome = await socket.next();
		if (welcome.t !== 'welcome') throw new Error('no welcome');
		return socket;
	};
	return world;
}

/* ---- a WebSocket client that can also misbehave ---- */

/** @returns {Promise<any>} {status} when refused, else {say, raw, next, close, destroy, closed} */
function openSocket(url, { key, origin, protocol = 'rearview.v1', path = '/v1/widget/actions', headers = {} }) {
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	const lines = [
		`GET ${path}?key=${key} HTTP/1.1`, `Host: ${hostname}:${port}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
		...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []), ...(origin === undefined ? [] : [`Origin: ${origin}`]), ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
	];
	socket.write(`${lines.join('\r\n')}\r\n\r\n`);
	return new Promise((done, failed) => {
		let buffer = Buffer.alloc(0);
		let status = 0;
		const queue = [];
		const waiting = [];
		let closeCode = 0;
		let over;
		const closed = new Promise((resolve) => (over = resolve));
		const put = (message) => (waiting.length ? waiting.shift().resolve(message) : queue.push(message));
		const frame = (opcode, payload) => {
			const mask = randomBytes(4);
			const head = payload.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | payload.length]) : payload.length < 65536
				? Buffer.from([0x80 | opcode, 0x80 | 126, payload.length >> 8, payload.length & 255]) : Buffer.concat([Buffer.from([0x80 | opcode, 0xff]), (() => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(payload.length)); return b; })()]);
			return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i & 3])]);
		};
		const client = {
			status: 101,
			say: (message) => socket.write(frame(1, Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)))),
			raw: (opcode, payload) => socket.write(frame(opcode, payload)),
			/** The next message but pings; fails after ms. */
			next: (ms = 5000) => queue.length ? Promise.resolve(queue.shift()) : new Promise((resolve, reject) => {
				const timer = setTimeout(() => { waiting.splice(waiting.indexOf(entry), 1); reject(new Error('no message')); }, ms);
				const entry = { resolve: (message) => { clearTimeout(timer); resolve(message); } };
				waiting.push(entry);
			}),
			pending: () => queue.length,
			close: () => { socket.end(frame(8, Buffer.from([3, 232]))); return closed; },
			destroy: () => { socket.destroy(); return closed; },
			closed,
		};
		const parse = () => {
			for (;;) {
				if (!status) {
					const end = buffer.indexOf('\r\n\r\n');
					if (end < 0) return;
					status = Number(buffer.toString('latin1', 9, 12));
					if (status !== 101) {
						socket.destroy();
						done({ status });
						return;
					}
					buffer = buffer.subarray(end + 4);
					done(client);
				}
				if (buffer.length < 2) return;
				let len = buffer[1] & 127;
				let at = 2;
				if (len === 126) { if (buffer.length < 4) return; len = buffer.readUInt16BE(2); at = 4; }
				if (buffer.length < at + len) return;
				const payload = buffer.subarray(at, at + len);
				const opcode = buffer[0] & 15;
				buffer = buffer.subarray(at + len);
				if (opcode === 8) { closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005; socket.end(); }
				else if (opcode === 9) socket.write(frame(10, payload));
				else if (opcode === 1) {
					const message = JSON.parse(payload.toString());
					if (message.t === 'ping') client.say({ t: 'pong' });
					else put(message);
				}
			}
		};
		socket.on('data', (chunk) => { buffer = Buffer.concat([buffer, chunk]); parse(); });
		socket.on('error', failed);
		socket.on('close', () => over(closeCode));
	});
}

/* ---- files ---- */

const chunk = (type, data) => {
	const body = Buffer.concat([Buffer.from(type), data]);
	const out = Buffer.alloc(8 + body.length);
	out.writeUInt32BE(data.length);
	body.copy(out, 4);
	out.writeUInt32BE(crc32OfBytes(body), 4 + body.length);
	return out;
};

/** A grey picture; or only the claim of one of that size. */
export function png(width = 2, height = 2, claim = false) {
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width);
	head.writeUInt32BE(height, 4);
	head[8] = 8;
	const rows = claim ? Buffer.alloc(0) : Buffer.alloc(height * (width + 1), 0x10);
	if (!claim) for (let y = 0; y < height; y++) rows[y * (width + 1)] = 0;
	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflate(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** Numbers of record.def that a small recording needs. */
const EPOCH = 2, SNAPSHOT_DONE = 3, DOCUMENT = 10, ELEMENT = 12, TEXT = 13, POINTER = 40, CONSOLE = 60;

/** A native stream of one page: <html><body>text, a click, a console error. */
export function replay(wall = 1_700_000_000_000, text = 'Hello') {
	const strings = [];
	const varint = (value) => { const out = []; for (value >>>= 0; value > 127; value >>>= 7) out.push(value & 127 | 128); out.push(value); return Buffer.from(out); };
	const u = (value) => varint(value);
	const i = (value) => varint(value << 1 ^ value >> 31);
	const f = (value) => { const out = Buffer.alloc(8); out.writeDoubleLE(value); return out; };
	const s = (value) => { if (value === null) return varint(0); let at = strings.indexOf(value); if (at < 0) at = strings.push(value) - 1; return varint(at + 1); };
	let last = 0;
	let n = 0;
	const record = (type, at, values) => { const bytes = Buffer.concat(values); const out = Buffer.concat([Buffer.from([type]), varint(at - last), varint(bytes.length), bytes]); last = at; n++; return out; };
	const records = Buffer.concat([
		record(EPOCH, 0, [f(wall), u(800), u(600), u(1000), s('https://shop.example/cart'), s(''), u(1)]),
		record(DOCUMENT, 0, [u(1), u(0), u(0), s('https://shop.example/cart')]),
		record(ELEMENT, 0, [u(2), u(1), u(0), u(0), s('html')]),
		record(ELEMENT, 0, [u(3), u(2), u(0), u(0), s('body')]),
		record(TEXT, 0, [u(4), u(3), u(0), u(3), s(text)]),
		record(SNAPSHOT_DONE, 1, []),
		record(POINTER, 500, [u(2), u(3), i(10), i(20), u(0)]),
		record(CONSOLE, 900, [u(4), u(1), s(null), s('it broke')]),
	]);
	const table = Buffer.concat([varint(strings.length), ...strings.flatMap((value) => [varint(Buffer.byteLength(value)), Buffer.from(value)])]);
	const raw = Buffer.concat([table, records]);
	const stored = deflateRaw(raw);
	const head = Buffer.alloc(52);
	head.write('RVS1');
	head[4] = 1;
	head[5] = 1;
	head.writeDoubleLE(wall, 8);
	head.writeUInt32LE(1, 16);
	head.writeUInt32LE(last, 32);
	head.writeUInt32LE(n, 36);
	head.writeUInt32LE(raw.length, 40);
	head.writeUInt32LE(stored.length, 44);
	head.writeUInt32LE(crc32OfBytes(stored), 48);
	return Buffer.concat([Buffer.from('RVR1'), Buffer.from([1, 0, 0, 0]), head, stored]);
}

/** A generator of numbers in [0, n) that is the same for the same seed. */
export function randomFrom(seed) {
	let state = seed >>> 0 || 1;
	return (n) => {
		state ^= state << 13;
		state >>>= 0;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state % n;
	};
}
