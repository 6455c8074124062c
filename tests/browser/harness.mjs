// Browsers and pages for the browser tests: Chromium and Firefox as Debian has them, fixtures and the
// built widget served from loopback.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import puppeteer from 'puppeteer-core';

export const root = resolve(import.meta.dirname, '../..');
export const web = join(root, 'build/web');

const CHROMIUM = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const TYPES = /** @type {Record<string, string>} */ ({
	'.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css',
	'.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.json': 'application/json', '.png': 'image/png',
});

/** A port of loopback that was free a moment ago. */
export async function freePort() {
	const probe = createServer().listen(0, '127.0.0.1');
	await once(probe, 'listening');
	const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
	probe.close();
	await once(probe, 'close');
	return port;
}

/**
 * A browser with a profile of its own, which goes when it is closed.
 * @param {'chromium' | 'firefox'} engine
 * @param {{args?: string[], prefs?: Record<string, unknown>, profile?: string}} [options]  prefs: Firefox's; profile: a folder that stays
 * @returns {Promise<import('puppeteer-core').Browser>}
 */
export async function launch(engine, { args = [], prefs = {}, profile: given } = {}) {
	const profile = given ?? mkdtempSync(join(tmpdir(), `rv-${engine}-`));
	const browser = await puppeteer.launch(
		engine === 'firefox'
			? { browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, userDataDir: profile, args, extraPrefsFirefox: prefs, protocolTimeout: 120_000 }
			: { executablePath: '/usr/bin/chromium', userDataDir: profile, args: [...CHROMIUM, ...args], protocolTimeout: 120_000 },
	);
	const close = browser.close.bind(browser);
	browser.close = async () => {
		await close();
		if (!given) rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	};
	return browser;
}

/**
 * @typedef {string | Buffer | {type?: string, body?: string | Buffer, headers?: Record<string, string | string[]>, status?: number, delay?: number}} Answer
 * @typedef {Answer | ((request: import('node:http').IncomingMessage, body: Buffer) => Answer | Promise<Answer>)} Page
 */

/**
 * Serves pages by path, and build/web under /rearview/.
 * @param {Record<string, Page>} pages
 */
export async function serve(pages) {
	const server = createServer(async (request, response) => {
		const { pathname } = new URL(request.url ?? '/', 'http://x');
		/** @type {Buffer[]} */
		const chunks = [];
		for await (const chunk of request) chunks.push(chunk);
		let page = pages[pathname];
		if (typeof page === 'function') page = await page(request, Buffer.concat(chunks));
		if (page === undefined && pathname.startsWith('/rearview/')) {
			const file = join(web, pathname.slice('/rearview/'.length));
			if (file.startsWith(web) && existsSync(file)) page = { body: readFileSync(file), headers: { 'access-control-allow-origin': '*' } };
		}
		if (page === undefined) return response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
		const { type, body = '', headers = {}, status = 200, delay = 0 } = typeof page === 'string' || Buffer.isBuffer(page) ? { body: page } : page;
		if (delay) await new Promise((done) => setTimeout(done, delay));
		response.writeHead(status, { 'content-type': type ?? TYPES[extname(pathname)] ?? 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers }).end(body);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
	return {
		base: `http://127.0.0.1:${port}`,
		/** The same server by another name: another origin. */
		other: `http://localhost:${port}`,
		pages,
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

/** An HTML page with the widget: `head` before its script, init with these options. */
export const pageWith = (/** @type {string} */ body, { head = '', options = {}, tag = '<script src="/rearview/rearview.js"></script>' } = {}) => `<!doctype html>
<html><head><meta charset="utf-8"><title>Fixture</title>${head}${tag}
<script>window.started = Rearview.init(${JSON.stringify({ projectKey: 'test', endpoint: null, ...options })});</script>
</head><body>${body}</body></html>`;

/** Waits until the widget records. */
export const recording = (/** @type {import('puppeteer-core').Page} */ page) => page.evaluate(() => /** @type {any} */ (window).started);

/** Waits until the widget records and what it fetches later looks at the page too. */
export async function observing(/** @type {import('puppeteer-core').Page} */ page) {
	await recording(page);
	/* An export asks for what comes later and, when it is loaded, waits until it has begun. */
	await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay());
	await page.waitForFunction(() => ['extras', 'styles', 'logs'].every((name) => performance.getEntriesByType('resource').some((entry) => entry.name.includes(`/rearview.${name}.js`))), { polling: 50 });
	await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay());
}

/** Keeps the widget's closed root for the test, as `window.shown` of the pages to come. */
export const keepRoot = (/** @type {import('puppeteer-core').Page} */ page) => page.evaluateOnNewDocument(() => {
	const attach = Element.prototype.attachShadow;
	Element.prototype.attachShadow = function (init) {
		const root = attach.call(this, init);
		if (this.localName === 'rearview-ui') /** @type {any} */ (window).shown = root;
		return root;
	};
});
