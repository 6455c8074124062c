// Pages that hand things out: a link to one report, the install page with its pinned tag, the fields of the panel.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { png, startWorld } from '../collector/world.mjs';
import { recording } from './console_recording.mjs';
import { launch, root } from './harness.mjs';

const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
/** Where pictures of the pages go, for whoever wants to look at them. */
const pictures = process.env.RV_PICTURES;
/** @type {any} */ let world;
/** @type {import('puppeteer-core').Browser} */ let browser;
/** @type {any} */ let report;
let cookie = '';
/** @type {string[]} */ const complaints = [];

before(async () => {
	world = await startWorld({ args: ['--widget-dir', join(root, 'build/web'), '--console-dir', join(root, 'build/web/console')] });
	const login = await world.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: world.credentials });
	cookie = /rv_login=([^;]+)/.exec(login.headers.get('set-cookie'))?.[1] ?? '';
	const picture = (await world.upload(png(400, 300))).json.attachment_id, film = (await world.upload(recording(Date.now()), { kind: 'replay', type: 'application/vnd.rearview.replay' })).json.attachment_id;
	report = (await world.submit({ title: 'The cart is empty', attachment_ids: [film, picture] })).json;
	if (pictures) mkdirSync(pictures, { recursive: true });
	browser = await launch('chromium');
});
after(async () => { await browser?.close(); await world?.stop(); });

/** @param {string} path @param {{width?: number, scheme?: string, signedIn?: boolean}} [options] */
async function open(path, { width = 1200, scheme = 'light', signedIn = true } = {}) {
	const context = await browser.createBrowserContext(), page = await context.newPage();
	page.setDefaultTimeout(20_000);
	await page.setViewport({ width, height: 900 });
	await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
	page.on('pageerror', (error) => complaints.push(/** @type {Error} */ (error).message));
	if (signedIn) await context.setCookie({ name: 'rv_login', value: cookie, domain: '127.0.0.1', path: '/', httpOnly: true, secure: false });
	await page.goto(new URL(path, world.url).href);
	return Object.assign(page, { done: () => context.close() });
}

/** @param {import('puppeteer-core').Page} page @param {string} name */
async function check(page, name) {
	if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
	await page.evaluate(axe);
	assert.deepEqual(await page.evaluate(async () => (await /** @type {any} */ (window).axe.run(document, { iframes: false })).violations.map((/** @type {any} */ it) => `${it.id}: ${it.nodes.map((/** @type {any} */ node) => node.html.slice(0, 120)).join(' | ')}`)), [], name);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
}

it('a link is made, opens the report to a stranger, and is revoked', async () => {
	const page = await open(`/r/${report.id}`);
	await page.locator('button::-p-text(Share)').click();
	await page.locator('button::-p-text(Make a link)').click();
	const link = await page.$eval('.share .callout code', (it) => it.textContent ?? '').catch(async () => { await page.waitForSelector('.share .callout code'); return page.$eval('.share .callout code', (it) => it.textContent ?? ''); });
	await page.waitForSelector('.share li button');
	await check(page, 'share');
	const stranger = await open(new URL(link).pathname, { signedIn: false });
	await stranger.waitForSelector('h1::-p-text(The cart is empty)');
	await stranger.waitForSelector('.playhead:not([hidden])');
	assert.deepEqual(await stranger.$$eval('.report-actions > *', (all) => all.map((it) => it.textContent?.includes('Download'))), [true], 'nothing that changes it');
	await check(stranger, 'shared');
	await page.locator('.share li button').click();
	await page.waitForSelector('.share li.none');
	await stranger.reload();
	await stranger.waitForSelector('::-p-text(This link does not work any more)');
	await page.done();
	await stranger.done();
});

for (const [width, scheme] of /** @type {[number, string][]} */ ([[1200, 'light'], [360, 'dark']])) it(`the new pages at ${width} pixels, ${scheme}`, async () => {
	const page = await open('/install', { width, scheme });
	await page.waitForSelector('h2::-p-text(npm)');
	assert.match(await page.$eval('main', (it) => it.textContent ?? ''), /connect-src http:\/\/127\.0\.0\.1:\d+ ws:\/\/127\.0\.0\.1/);
	await check(page, `install-${scheme}`);
	await page.goto(new URL('/settings', world.url).href);
	await page.locator('button::-p-text(Add a field)').click();
	await page.locator('.fields-editor select').fill('select');
	await page.waitForSelector('.fields-editor textarea');
	await page.$eval('.fields-editor', (it) => it.scrollIntoView());
	await check(page, `settings-${scheme}`);
	await page.done();
});

it('a field of the panel is made, and what is wrong with it is said', async () => {
	const page = await open('/settings');
	await page.locator('button::-p-text(Add a field)').click();
	await page.locator('.save-bar .primary').click();
	await page.waitForSelector('.problem::-p-text(Field 1)');
	await page.locator('.fields-editor input').fill('Order number');
	await page.locator('.save-bar .primary').click();
	await page.waitForSelector('.toasts ::-p-text(Saved)');
	const config = (await world.ask(`/v1/widget/config?key=${world.first.project_key}`)).json;
	assert.deepEqual(config.modules.feedback.fields, [{ key: 'field_1', label: 'Order number', type: 'text', required: false, options: [] }]);
	await page.done();
});

it('a page with the pinned tag records, and one with another hash does not run it', async () => {
	const page = await open('/install');
	await page.waitForSelector('#form-pinned');
	const tag = await page.$eval('#form-pinned ~ figure code', (it) => it.textContent ?? '');
	assert.match(tag, /rearview\.js\?v=[0-9a-f]{12}" data-project="pk_\w+" integrity="sha384-[A-Za-z0-9+/]{64}" crossorigin="anonymous"/);
	const src = /src="([^"]+)"/.exec(tag)?.[1] ?? '';
	assert.match((await world.ask(src.slice(world.url.length))).headers.get('cache-control'), /immutable/);
	const server = createServer((request, response) => response.setHeader('content-type', 'text/html').end(`<!doctype html><html lang="en"><title>t</title><h1>Pinned</h1>${request.url === '/bad' ? tag.replace('sha384-', 'sha384-A') : tag}`));
	await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
	const origin = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
	await page.goto(origin);
	await page.waitForFunction(() => /** @type {any} */ (window).Rearview?.exportReplay);
	const events = await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay({ format: 'rrweb' }));
	assert.ok(JSON.stringify(events).includes('Pinned'));
	await page.goto(`${origin}/bad`);
	assert.equal(await page.evaluate(() => typeof /** @type {any} */ (window).Rearview), 'undefined');
	await page.done();
	server.close();
});

it('no page complained', () => assert.deepEqual(complaints, []));
