// Copies of the recipes, with the packed tarball installed in each, and what serves them.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const root = resolve(import.meta.dirname, '../..');
export const recipes = join(root, 'tests/recipes');
export const run = promisify(execFile);

/** The tarball, made of what is built. */
export async function pack() {
	await run(process.execPath, [join(root, 'scripts/pack.mjs')]);
	const name = readdirSync(join(root, 'build/npm')).find((file) => file.endsWith('.tgz'));
	return join(root, 'build/npm', name ?? '');
}

/** A project with the package installed from the tarball, and the rest found above it. @param {string} name @param {string} tarball */
export async function project(name, tarball) {
	const folder = join(recipes, '.work', name);
	rmSync(folder, { recursive: true, force: true });
	const installed = join(folder, 'node_modules/rearview');
	mkdirSync(installed, { recursive: true });
	if (existsSync(join(recipes, name))) cpSync(join(recipes, name), folder, { recursive: true });
	await run('tar', ['xzf', tarball, '-C', installed, '--strip-components=1']);
	return folder;
}

const TYPES = /** @type {Record<string, string>} */ ({ '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' });

/** Serves a folder. @param {string} folder @param {Record<string, string>} [headers] */
export async function serveFolder(folder, headers = {}) {
	const server = createServer((request, response) => {
		const { pathname } = new URL(request.url ?? '/', 'http://x');
		const file = join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
		if (!file.startsWith(folder) || !existsSync(file)) return void response.writeHead(404).end();
		response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', ...headers }).end(readFileSync(file));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		base: `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}
