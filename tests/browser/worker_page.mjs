// What the worker's tests stand on: a page of its own origin that starts the built worker, and a
// switch between it and a real collector that can be offline, or lose answers.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';

/* Through a variable: the collector's helper is not type-checked. */
const collector = '../collector/world.mjs';
export const startWorld = async () => (await import(collector)).startWorld();

const root = resolve(import.meta.dirname, '../..');
const files = /** @type {Record<string, [string, string]>} */ ({
	'/rearview.worker.js': ['build/web/rearview.worker.js', 'text/javascript'],
	'/rearview.later.js': ['build/web/rearview.later.js', 'text/javascript'],
	'/rearview.flat.js': ['build/web/rearview.flat.js', 'text/javascript'],
	'/rearview.page.js': ['build/web/rearview.page.js', 'text/javascript'],
	'/rearview.wasm.js': ['build/web/rearview.wasm.js', 'text/javascript'],
	'/rearview.tools.wasm.js': ['build/web/rearview.tools.wasm.js', 'text/javascript'],
	'/rearview.wasm': ['build/web/rearview.wasm', 'application/wasm'],
	'/rearview.tools.wasm': ['build/web/rearview.tools.wasm', 'application/wasm'],
	'/records.js': ['build/web-types/records.js', 'text/javascript'],
	'/client.js': ['tests/browser/worker_client.js', 'text/javascript'],
});

async function listen(/** @type {import('node:http').Server} */ server) {
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

/** @param {Record<string, [body: string | Buffer, type: string]>} [more] further files by path */
export async function servePage(more = {}) {
	const server = createServer((req, res) => {
		const path = new URL(req.url ?? '/', 'http://x').pathname;
		if (Object.hasOwn(more, path)) {
			res.writeHead(200, { 'content-type': more[path][1] }).end(more[path][0]);
		} else if (Object.hasOwn(files, path)) {
			res.writeHead(200, { 'content-type': files[path][1] }).end(readFileSync(join(root, files[path][0])));
		} else {
			res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><title>Worker</title><script type="module" src="/client.js"></script>');
		}
	});
	const port = await listen(server);
	return {
		url: `http://127.0.0.1:${port}/`,
		async stop() {
			server.closeAllConnections();
			server.close();
		},
	};
}

/**
 * Passes requests on to a collector. `mode` says what becomes of them: 'open', 'offline' (connections
 * are cut), 'mute' (the collector does its work, its answers to POST never arrive), 'silent' (nothing
 * is passed on, nothing answered), 'busy' (503, Retry-After).
 * @param {string} upstream
 */
export async function startSwitch(upstream) {
	const to = new URL(upstream);
	/** @type {{method: string, path: string, headers: import('node:http').IncomingHttpHeaders, status: number}[]} */
	const requests = [];
	const sockets = new Set();
	const state = { mode: 'open', seconds: 0 };
	const server = createServer((req, res) => {
		if (state.mode === 'offline') return void req.socket.destroy();
		if (state.mode === 'silent') return;
		if (state.mode === 'busy' && req.method === 'POST') {
			req.resume();
			res.writeHead(503, { 'retry-after': String(state.seconds), 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' }).end();
			return;
		}
		const entry = { method: req.method ?? '', path: (req.url ?? '').split('?')[0], headers: req.headers, status: 0 };
		const muted = state.mode === 'mute' && req.method === 'POST';
		const onward = request({ host: to.hostname, port: to.port, method: req.method, path: req.url, headers: { ...req.headers, host: to.host } }, (answer) => {
			entry.status = answer.statusCode ?? 0;
			requests.push(entry);
			server.emit('passed', entry);
			if (muted) answer.resume();
			else answer.pipe(res.writeHead(entry.status, answer.headers));
		});
		onward.on('error', () => res.destroy());
		req.pipe(onward);
	});
	server.on('upgrade', (req, socket, head) => {
		sockets.add(socket);
		if (state.mode === 'offline') return void socket.destroy();
		const onward = connect(Number(to.port), to.hostname, () => {
			const lines = req.rawHeaders.reduce((all, value, i) => (i % 2 ? `${all}: ${value}\r\n` : all + value), '');
			onward.write(`${req.method} ${req.url} HTTP/1.1\r\n${lines}\r\n`);
			onward.write(head);
			onward.pipe(socket).pipe(onward);
		});
		const end = () => {
			onward.destroy();
			socket.destroy();
		};
		onward.on('error', end).on('close', end);
		socket.on('error', end).on('close', end);
	});
	const port = await listen(server);
	return {
		url: `http://127.0.0.1:${port}`,
		requests,
		/** @param {'open' | 'offline' | 'mute' | 'silent'} mode */
		set(mode) {
			state.mode = mode;
			if (mode === 'offline') {
				server.closeAllConnections();
				for (const socket of sockets) socket.destroy();
			}
		},
		/** Sheds load from now on. @param {number} seconds of Retry-After */
		busy(seconds) {
			Object.assign(state, { mode: 'busy', seconds });
		},
		/** The next answered request of that path. @param {string} path @param {number} [from] index in requests to start at */
		async passed(path, from = requests.length) {
			for (;;) {
				const found = requests.slice(from).find((entry) => entry.path === path && entry.method !== 'OPTIONS');
				if (found) return found;
				await once(server, 'passed', { signal: AbortSignal.timeout(30_000) });
			}
		},
		async stop() {
			for (const socket of sockets) socket.destroy();
			server.closeAllConnections();
			server.close();
		},
	};
}
