// A customer's page becomes installed step by step, wrongly first; the console's page follows along and says what is missing.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { buildConsole } from '../../web/console/build.mjs';
import { startWorld } from '../collector/world.mjs';
import { launch, root } from './harness.mjs';

const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
/** Where pictures of the pages go, for whoever wants to look at them. */
const pictures = process.env.RV_PICTURES;
const out = mkdtempSync(join(tmpdir(), 'rv-console-'));
/** @type {any} */ let world;
/** @type {import('puppeteer-core').Browser} */ let browser;
/** @type {any} */ let page;
/** @type {any} */ let console_;
/** The customer's site: what it serves now. */
const site = { policy: '', html: '' };
const server = createServer((_, response) => {
	response.setHeader('content-type', 'text/html');
	if (site.policy) response.setHeader('content-security-policy', site.policy);
	response.end(`<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>${site.html}`);
});
let origin = '', cookie = '', tag = '';
/** @type {Record<string, string>} */ let csp;
/** @type {string[]} */ const complaints = [];

before(async () => {
	await buildConsole(out);
	world = await startWorld({ args: ['--widget-dir', join(root, 'build/web'), '--console-dir', join(out, 'console')] });
	const login = await world.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: world.credentials });
	cookie = /rv_login=([^;]+)/.exec(login.headers.get('set-cookie'))?.[1] ?? '';
	console_ = await world.login();
	({ csp, snippet_csp: tag } = (await console_('GET', `workspaces/${world.first.workspace_id}/settings`)).json);
	await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
	origin = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
	if (pictures) mkdirSync(pictures, { recursive: true });
	browser = await launch('chromium');
	page = await open('/verify');
});
after(async () => { await browser?.close(); server.close(); await world?.stop(); rmSync(out, { recursive: true, force: true }); });

/** @param {string} path @param {{width?: number, scheme?: string}} [options] */
async function open(path, { width = 1200, scheme = 'light' } = {}) {
	const context = await browser.createBrowserContext(), page = await context.newPage();
	page.setDefaultTimeout(30_000);
	await page.setViewport({ width, height: 1000 });
	await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
	page.on('pageerror', (error) => complaints.push(/** @type {Error} */ (error).message));
	await context.setCookie({ name: 'rv_login', value: cookie, domain: '127.0.0.1', path: '/', httpOnly: true, secure: false });
	await page.goto(new URL(path, world.url).href);
	return Object.assign(page, { done: () => context.close() });
}

/** The customer opens the page in a private window. */
async function visit() {
	const context = await browser.createBrowserContext(), visitor = await context.newPage();
	visitor.setDefaultTimeout(30_000);
	await visitor.goto(origin);
	await page.bringToFront();
	return Object.assign(visitor, { done: () => context.close() });
}

/** @param {any} page @param {string} name */
async function check(page, name) {
	if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
	await page.evaluate(axe);
	assert.deepEqual(await page.evaluate(async () => (await /** @type {any} */ (window).axe.run(document)).violations.map((/** @type {any} */ it) => `${it.id}: ${it.nodes.map((/** @type {any} */ node) => node.html.slice(0, 120)).join(' | ')}`)), [], name);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
}
/** Waits for a line to be so, and to say that. @param {string} id @param {string} state @param {string} [words] */
const becomes = (id, state, words = '') => page.waitForFunction((/** @type {string} */ line, /** @type {string} */ kind, /** @type {string} */ said) => { const it = document.querySelector(line); return it?.classList.contains(kind) && it.textContent?.includes(said); }, {}, `#check-${id}`, `check-${state}`, words);
const startOver = async () => { await page.locator('button::-p-text(Start over)').click(); await becomes('script', 'open'); };

it('nothing is there yet', async () => {
	await becomes('script', 'open', 'Is the tag in the page');
	await becomes('socket', 'off', 'Not used');
	assert.match(await page.$eval('.verify-head', (/** @type {Element} */ it) => it.textContent), /0 of 6 done/);
	await check(page, 'verify-empty');
});

it('the script comes, and may not connect', async () => {
	site.html = tag;
	site.policy = `script-src ${csp.script_src}; connect-src 'none'; worker-src blob:`;
	const visitor = await visit();
	await becomes('script', 'done', `from ${origin}`);
	await becomes('config', 'open', `connect-src ${csp.connect_src}`);
	await becomes('recording', 'open');
	await check(page, 'verify-connect');
	await visitor.done();
});

it('its origin is not allowed', async () => {
	const path = `workspaces/${world.first.workspace_id}/settings`;
	assert.equal((await console_('PUT', path, { config: { allowed_origins: ['https://shop.example'] } })).status, 200);
	site.policy = '';
	const visitor = await visit();
	await becomes('config', 'warn', `Pages of ${origin} are refused`);
	await check(page, 'verify-refused');
	await visitor.done();
	assert.equal((await console_('PUT', path, { config: { allowed_origins: null } })).status, 200);
});

it('no worker and no WebAssembly: it records, and the page says at what cost', async () => {
	await startOver();
	site.policy = `script-src ${csp.script_src.replace(" 'wasm-unsafe-eval'", '')}; connect-src ${csp.connect_src}; worker-src 'none'`;
	const visitor = await visit();
	await becomes('config', 'done');
	await becomes('recording', 'warn', `worker-src ${csp.worker_src};\nscript-src ${csp.script_src};`);
	await check(page, 'verify-slow');
	await visitor.done();
});

it('all of it: recorded, identified, connected, reported with a picture', async () => {
	/* A visit that is in order ends what was said of the last. */
	assert.equal((await console_('PUT', `workspaces/${world.first.workspace_id}/settings`, { config: { actions: { always_connect: true } } })).status, 200);
	await page.reload();
	await becomes('socket', 'open');
	site.policy = `script-src ${csp.script_src}; connect-src ${csp.connect_src}; worker-src ${csp.worker_src}; img-src data:`;
	const visitor = await visit();
	await becomes('recording', 'done');
	await becomes('socket', 'done');
	await becomes('identify', 'open', 'Rearview.identify');
	await visitor.evaluate(() => /** @type {any} */ (window).Rearview.identify({ id: '42', email: 'ada@example.com' }));
	await becomes('identify', 'done');
	await becomes('report', 'open', 'Rearview.saveReport');
	await visitor.bringToFront();
	await visitor.evaluate(() => /** @type {any} */ (window).Rearview.saveReport({ title: 'Verification' }, { screenshot: true }));
	await page.bringToFront();
	await becomes('report', 'done', 'Open #1');
	await becomes('picture', 'done');
	await page.waitForSelector('.verify-head ::-p-text(Everything works.)');
	await check(page, 'verify-done');
	await visitor.done();
	for (const [width, scheme] of /** @type {[number, string][]} */ ([[1200, 'dark'], [360, 'light']])) {
		const other = await open('/verify', { width, scheme });
		await other.waitForSelector('.verify-head ::-p-text(Everything works.)');
		await check(other, `verify-${width}-${scheme}`);
		await other.done();
	}
});

it('a report says why it has no picture', async () => {
	await world.submit({ title: 'Without', capture: { notes: ['screenshot: <b>no img-src</b>'] } });
	await becomes('picture', 'warn', '<b>no img-src</b>');
	assert.equal(await page.$eval('#check-picture', (/** @type {Element} */ it) => it.querySelectorAll('b').length), 1, 'the title alone');
});

it('no page complained', () => assert.deepEqual(complaints, []));
