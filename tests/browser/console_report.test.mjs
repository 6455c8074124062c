// What a report holds besides its replay: a screen recording, pictures, the element that was marked, the
// form's fields, what the recorder had to leave out; none of it ever more than text.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { buildConsole } from '../../web/console/build.mjs';
import { png, startWorld } from '../collector/world.mjs';
import { recording } from './console_recording.mjs';
import { launch, root } from './harness.mjs';

const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
/** Where pictures of the pages go, for whoever wants to look at them. */
const pictures = process.env.RV_PICTURES;
const out = mkdtempSync(join(tmpdir(), 'rv-console-'));
const HOSTILE = '<img src=x onerror="window.stolen=1">';
/** @type {any} */ let world;
/** @type {import('puppeteer-core').Browser} */ let browser;
/** @type {Record<string, string>} */ const ids = {};
let cookie = '';
/** @type {string[]} */ const complaints = [];

/** A film of two seconds, written to a pipe as browsers write theirs: without a length. */
function film() {
	const made = spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x200:rate=10:duration=2', '-c:v', 'libvpx', '-f', 'webm', '-'], { maxBuffer: 1 << 24 });
	assert.equal(made.status, 0, String(made.stderr));
	return made.stdout;
}

before(async () => {
	await buildConsole(out);
	world = await startWorld({ args: ['--console-dir', join(out, 'console')] });
	const login = await world.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: world.credentials });
	cookie = /rv_login=([^;]+)/.exec(login.headers.get('set-cookie'))?.[1] ?? '';
	const put = async (/** @type {Buffer} */ bytes, /** @type {string} */ kind, /** @type {string} */ type) => (await world.upload(bytes, { kind, type })).json.attachment_id;
	const replay = await put(recording(Date.now()), 'replay', 'application/vnd.rearview.replay');
	const told = {
		title: 'Pay does nothing', item_type: 'idea', trigger: 'widget', user: { id: 'u1', email: 'ada@example.com' }, url: 'https://shop.example/pay', viewport: { width: 800, height: 600 },
		custom: { 'Order number': '17', [HOSTILE]: HOSTILE }, capture: { notes: ['recording_without_voice', 'screenshot: the page was gone', 'events_lost: 3', HOSTILE, 'constructor'] },
		element: { selector: `#pay > ${HOSTILE}`, tag: 'button', text: HOSTILE, rect: { x: 200, y: 150, width: 400, height: 150 }, outer_html: `<button onclick="window.stolen=1">${HOSTILE}</button>` },
	};
	ids.full = (await world.submit({ ...told, attachment_ids: [replay, await put(png(400, 300), 'screenshot', 'image/png'), await put(png(300, 300), 'screenshot', 'image/png'), await put(film(), 'recording', 'video/webm')] })).json.id;
	ids.film = (await world.submit({ ...told, attachment_ids: [await put(film(), 'recording', 'video/webm')] })).json.id;
	ids.still = (await world.submit({ ...told, attachment_ids: [await put(png(400, 300), 'screenshot', 'image/png')] })).json.id;
	ids.cropped = (await world.submit({ ...told, attachment_ids: [await put(png(300, 300), 'screenshot', 'image/png')] })).json.id;
	ids.broken = (await world.submit({ ...told, attachment_ids: [await put(Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 1, 2, 3]), 'recording', 'video/webm')] })).json.id;
	if (pictures) mkdirSync(pictures, { recursive: true });
	browser = await launch('chromium');
});
after(async () => { await browser?.close(); await world?.stop(); rmSync(out, { recursive: true, force: true }); });

/** @param {string} path @param {{width?: number, scheme?: string}} [options] */
async function open(path, { width = 1200, scheme = 'light' } = {}) {
	const context = await browser.createBrowserContext(), page = await context.newPage();
	page.setDefaultTimeout(20_000);
	await page.setViewport({ width, height: 900 });
	await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
	page.on('pageerror', (error) => complaints.push(/** @type {Error} */ (error).message));
	page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) complaints.push(message.text()); });
	await context.setCookie({ name: 'rv_login', value: cookie, domain: '127.0.0.1', path: '/', httpOnly: true, secure: false });
	await page.goto(new URL(path, world.url).href);
	return Object.assign(page, { done: () => context.close() });
}

/** @param {import('puppeteer-core').Page} page @param {string} name */
async function check(page, name) {
	if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
	await page.evaluate(axe);
	assert.deepEqual(await page.evaluate(async () => (await /** @type {any} */ (window).axe.run(document, { iframes: false, /* what was filmed has no words to caption */ rules: { 'video-caption': { enabled: false } } })).violations.map((/** @type {any} */ it) => `${it.id}: ${it.nodes.map((/** @type {any} */ node) => node.html.slice(0, 120)).join(' | ')}`)), [], name);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
	assert.equal(await page.evaluate(() => /** @type {any} */ (window).stolen), undefined);
	assert.equal(await page.$$eval('img[src="x"]', (all) => all.length), 0);
}
const words = (/** @type {import('puppeteer-core').Page} */ page, /** @type {string} */ selector) => page.$eval(selector, (it) => it.textContent ?? '');
/** Plays to a film's real length, from its beginning. @param {import('puppeteer-core').Page} page */
const knows = (page) => page.waitForFunction(() => { const it = document.querySelector('video'); return it && Math.abs(it.duration - 2) < 0.3 && it.currentTime === 0 && it.readyState > 1; });

it('a film beside a replay: one at a time, with its length, and back', async () => {
	const page = await open(`/r/${ids.full}`);
	await page.waitForSelector('.playhead:not([hidden])');
	assert.match(await words(page, '.report-facts'), /idea.*Sent by the user/);
	await page.locator('.views label:last-child input').click();
	await knows(page);
	assert.equal(await page.$('.timeline'), null);
	assert.ok(await page.$eval('.filmed video', (it) => it.clientHeight > 200));
	await check(page, 'report-film');
	await page.locator('.views label:first-child input').click();
	await page.waitForSelector('.playhead:not([hidden])');
	assert.equal(await page.$('.filmed'), null);
	await page.done();
});

for (const [width, scheme] of /** @type {[number, string][]} */ ([[1200, 'light'], [1200, 'dark'], [360, 'light']])) it(`what came with it, at ${width} pixels, ${scheme}`, async () => {
	const page = await open(`/r/${ids.full}?tab=attachments`, { width, scheme });
	await page.waitForSelector('.attachments .mark');
	await knows(page);
	assert.deepEqual(await page.$$eval('.attachments b', (all) => all.map((it) => it.textContent)), ['Replay', 'Picture 1', 'Picture 2', 'Screen recording']);
	assert.equal(await page.$$eval('.attachments .mark', (all) => all.length), 1, 'only on the picture of the viewport');
	const [line, img] = await page.$eval('.attachments li:has(.mark)', (it) => ['.mark-line', 'img'].map((one) => { const { left, top, width, height } = /** @type {Element} */ (it.querySelector(one)).getBoundingClientRect(); return { left, top, width, height }; }));
	for (const [what, is, wanted] of /** @type {[string, number, number][]} */ ([['left', line.left - img.left, img.width / 4], ['top', line.top - img.top, img.height / 4], ['width', line.width, img.width / 2], ['height', line.height, img.height / 4]])) assert.ok(Math.abs(is - wanted) < 4, `${what}: ${is}, not ${wanted}`);
	await page.$eval('.attachments .mark', (it) => it.scrollIntoView({ block: 'center' }));
	await check(page, `report-attachments-${width}-${scheme}`);
	await page.$eval('.attachments video', (it) => it.scrollIntoView({ block: 'center' }));
	await check(page, `report-attached-film-${width}-${scheme}`);
	await page.goto(new URL(`/r/${ids.full}?tab=page`, world.url).href);
	await page.waitForSelector('.marked .long');
	assert.equal(await words(page, '.marked .long pre'), `<button onclick="window.stolen=1">${HOSTILE}</button>`);
	assert.match(await words(page, '.marked'), /400 × 150 at 200, 150/);
	await page.$eval('.marked', (it) => it.scrollIntoView({ block: 'center' }));
	await check(page, `report-element-${width}-${scheme}`);
	await page.goto(new URL(`/r/${ids.full}?tab=user`, world.url).href);
	await page.waitForSelector('h2::-p-text(Custom fields)');
	assert.ok((await words(page, '.facts-panel')).includes(HOSTILE));
	await check(page, `report-fields-${width}-${scheme}`);
	await page.goto(new URL(`/r/${ids.full}?tab=notes`, world.url).href);
	await page.waitForSelector('.said');
	assert.deepEqual(await page.$$eval('.said li', (all) => all.map((it) => it.textContent)), ['The microphone was not there or not allowed: the recording has no voice.', 'There is no picture: the page was gone', '3 events found no room and were left out.', HOSTILE, 'constructor']);
	await check(page, `report-notes-${width}-${scheme}`);
	await page.done();
});

it('without a replay the film or the picture stands in its place', async () => {
	const page = await open(`/r/${ids.film}`);
	await page.waitForSelector('.filmed video');
	await knows(page);
	assert.equal(await page.$('.views'), null);
	await check(page, 'report-only-film');
	await page.goto(new URL(`/r/${ids.still}`, world.url).href);
	await page.waitForSelector('.still-picture .mark');
	await check(page, 'report-still');
	await page.goto(new URL(`/r/${ids.cropped}`, world.url).href);
	await page.waitForFunction(() => document.querySelector('img')?.complete);
	assert.equal(await page.$('.mark'), null, 'a cropped picture has other coordinates');
	await page.goto(new URL(`/r/${ids.broken}`, world.url).href);
	await page.waitForSelector('::-p-text(cannot play the recording)');
	await page.done();
});

it('no page complained', () => assert.deepEqual(complaints, []));
