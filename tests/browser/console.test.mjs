// The console against a real collector: signing in, the list, a report with its replay, settings; by
// mouse and by keyboard, in both schemes; and a forged recording that must not get out of its frame.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildConsole } from '../../web/console/build.mjs';
import { png, startWorld } from '../collector/world.mjs';
import { forged, recording } from './console_recording.mjs';
import { launch, root } from './harness.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
const out = mkdtempSync(join(tmpdir(), 'rv-console-'));
/** @type {any} */
let world;
/** @type {import('puppeteer-core').Browser} */
let browser;
/** A login's token. */
let cookie = '';
/** What the console must never say. @type {string[]} */
const complaints = [];
const NOW = Date.now();

/** @param {{engine?: import('puppeteer-core').Browser, width?: number, height?: number, scheme?: string, signedIn?: boolean}} [options] */
async function open({ engine = browser, width = 1440, height = 900, scheme = 'light', signedIn = true } = {}) {
	const context = await engine.createBrowserContext();
	const page = await context.newPage();
	await page.setViewport({ width, height });
	if (engine === browser) await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
	page.on('pageerror', (error) => complaints.push(`${page.url()}: ${/** @type {Error} */ (error).message}`));
	page.setDefaultTimeout(20_000);
	if (signedIn) {
		await context.setCookie({ name: 'rv_login', value: cookie, domain: '127.0.0.1', path: '/', httpOnly: true, secure: false });
		await page.goto(world.url);
		await page.waitForSelector('h1::-p-text(Reports)');
	}
	return Object.assign(page, { done: () => context.close() });
}

/** @param {Page} page @param {string} password */
async function signIn(page, password) {
	await page.$eval('[name=name]', (it) => { /** @type {HTMLInputElement} */ (it).value = ''; });
	await page.type('[name=name]', world.user.name);
	await page.type('[name=password]', password);
	await page.keyboard.press('Enter');
}

const text = (/** @type {Page} */ page, /** @type {string} */ selector) => page.$eval(selector, (it) => it.textContent ?? '');
const focused = (/** @type {Page} */ page) => page.evaluate(() => document.activeElement?.textContent ?? '');
/** Waits until the function answers with something true in the page. */
const until = (/** @type {Page} */ page, /** @type {any} */ fn, /** @type {any[]} */ ...args) => page.waitForFunction(fn, { polling: 50, timeout: 20_000 }, ...args);
const total = (/** @type {Page} */ page, /** @type {string} */ words) => until(page, (/** @type {string} */ it) => document.querySelector('.list-total')?.textContent === it, words);
/** Waits until the player's time, "−0:12.3", is about that many seconds from the report. */
const at = (/** @type {Page} */ page, /** @type {number} */ wanted) => until(page, (/** @type {number} */ it) => {
	const said = document.querySelector('.controls-time')?.textContent ?? '', [minutes, rest] = said.replace('−', '').split(':');
	return Math.abs((said.startsWith('−') ? -1 : 1) * (Number(minutes) * 60 + Number(rest)) - it) < 0.25;
}, wanted);
const toast = (/** @type {Page} */ page, /** @type {string} */ words) => until(page, (/** @type {string} */ it) => document.querySelector('.toasts')?.textContent?.includes(it), words);
/** @param {Page} page @param {string} words */
const press = (page, words) => page.locator(`button::-p-text(${words})`).click();
const playable = async (/** @type {Page} */ page) => { await page.waitForSelector('.playhead:not([hidden])'); await page.waitForSelector('.controls .primary:not(:disabled)'); };
/** The document that is replayed. @param {Page} page @returns {Promise<import('puppeteer-core').Frame>} */
async function recorded(page) {
	const player = page.frames().find((frame) => frame.url().includes('/console/player-'));
	const inner = player?.childFrames()[0];
	assert.ok(inner, 'the Replayer has its frame');
	return inner;
}

/** Waits until the recorded page is as the function says; asked from outside, since the Replayer opens that document anew. @param {Page} page @param {() => boolean} fn */
async function shows(page, fn) {
	for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((done) => setTimeout(done, 50))) if (await (await recorded(page)).evaluate(fn).catch(() => false)) return;
	assert.fail(`the replay does not show ${fn}`);
}

/** Makes a report; returns its id. @param {Record<string, unknown>} body @param {{replay?: Buffer, picture?: Buffer}} [files] */
async function report(body, { replay, picture } = {}) {
	const attachment_ids = [];
	if (replay) attachment_ids.push((await world.upload(replay, { kind: 'replay', type: 'application/vnd.rearview.replay' })).json.attachment_id);
	if (picture) attachment_ids.push((await world.upload(picture)).json.attachment_id);
	const answer = await world.submit({ ...body, attachment_ids });
	assert.equal(answer.status, 201, answer.text);
	return answer.json.id;
}

const remove = async (/** @type {string} */ id) => assert.equal((await world.ask(`/api/console/reports/${id}`, { method: 'DELETE', headers: { cookie: `rv_login=${cookie}`, 'x-rearview-console': '1' } })).status, 204);

const LOGS = {
	console_logs: [
		{ ts: NOW - 28_800, level: 'warn', args: ['rows: 2'], count: 3 },
		{ ts: NOW - 20_000, level: 'log', args: ['<img src=x onerror="window.stolen=1"><b>plain</b>', '{"deep":{"a":1}}'] },
		{ ts: NOW - 10_000, level: 'error', args: ['TypeError: cart is undefined'], stack: 'TypeError: cart is undefined\n    at pay (https://shop.example/app.js:10:5)' },
	],
	network_logs: [
		{ ts: NOW - 29_500, method: 'GET', url: 'https://shop.example/api/rows?page=1', status: 200, duration_ms: 120, response_bytes: 5120, type: 'application/json' },
		{ ts: NOW - 9_000, method: 'POST', url: 'https://shop.example/api/pay', status: 503, duration_ms: 900, request_bytes: 44, type: 'application/json', response_headers: { 'x-request-id': 'r-17' } },
	],
};
/** @type {Record<string, string>} */
const ids = {};

before(async () => {
	await buildConsole(out);
	world = await startWorld({ args: ['--console-dir', join(out, 'console')] });
	for (let i = 1; i <= 56; i++) await report({ title: `Older report ${i}`, url: `https://shop.example/page/${i}` });
	ids.forged = await report({ title: 'Forged' }, { replay: forged(NOW, 'http://127.0.0.1:1') });
	ids.many = await report({ title: 'Ten thousand rows', console_logs: Array.from({ length: 10_000 }, (_, i) => ({ ts: NOW - 30_000 + i * 3, level: i % 10 ? 'log' : 'warn', args: [`row ${i}`] })) }, { replay: recording(NOW) });
	ids.bare = await report({ title: 'Only words', description: 'The button does nothing.\nTwice.' });
	ids.still = await report({ title: 'Only a picture' }, { picture: png(60, 40) });
	ids.full = await report({ title: 'Checkout fails', item_type: 'bug', trigger: 'widget', user: { id: 'u1', email: 'ada@example.com', firstName: 'Ada', lastName: 'Okafor', plan: 'trail' }, url: 'https://shop.example/pay', page_title: 'Payment', viewport: { width: 500, height: 700 }, browser: { name: 'Chrome', version: '141.0' }, platform: 'Linux', description: 'I pressed Pay.', ...LOGS }, { replay: recording(NOW), picture: png(60, 40) });
	const login = await world.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: world.credentials });
	assert.equal(login.status, 200, login.text);
	cookie = /rv_login=([^;]+)/.exec(login.headers.get('set-cookie') ?? '')?.[1] ?? '';
	browser = await launch('chromium');
});
after(async () => {
	await browser?.close();
	await world?.stop();
	rmSync(out, { recursive: true, force: true });
	assert.deepEqual(complaints, []);
});

describe('signing in', () => {
	it('leads to the page that was asked for, refuses a wrong password, and ends', async () => {
		const page = await open({ signedIn: false });
		await page.goto(`${world.url}/r/${ids.bare}`);
		await page.waitForSelector('[name=password]');
		assert.equal(new URL(page.url()).pathname, '/login');
		await signIn(page, 'wrong');
		await page.waitForSelector('#login-problem:not(:empty)');
		assert.match(await text(page, '#login-problem'), /do not go together/);
		await signIn(page, world.user.password);
		await page.waitForSelector('h1::-p-text(Only words)');
		assert.equal(new URL(page.url()).pathname, `/r/${ids.bare}`);
		await page.click('.top-end .menu-root > button');
		await press(page, 'Sign out');
		await page.waitForSelector('[name=password]');
		await page.goto(`${world.url}/`);
		await page.waitForSelector('[name=password]');
		await page.done();
	});
});

describe('the report list', () => {
	it('is moved through, searched, filtered and paged, with the filter in the address', async () => {
		const page = await open();
		await total(page, '61 reports');
		await page.keyboard.press('j');
		assert.match(await focused(page), /Checkout fails/);
		await page.keyboard.press('j');
		await page.keyboard.press('k');
		await page.keyboard.press('j');
		assert.match(await focused(page), /Only a picture/);
		await page.keyboard.press('/');
		await page.keyboard.type('cart is undefined');
		await total(page, '1 report found');
		assert.equal(new URL(page.url()).searchParams.get('search'), 'cart is undefined');
		await page.keyboard.press('Escape');
		await total(page, '61 reports');
		await press(page, 'Replay');
		await total(page, '3 reports found');
		assert.equal(new URL(page.url()).searchParams.get('has'), 'replay');
		await page.reload();
		await total(page, '3 reports found');
		assert.equal(await page.$eval('.chip::-p-text(Replay)', (it) => it.getAttribute('aria-pressed')), 'true');
		await press(page, 'Done');
		await page.waitForSelector('h2::-p-text(No report matches)');
		await page.goto(`${world.url}/`);
		await total(page, '61 reports');
		await page.locator('.list-end button').click();
		await until(page, () => document.querySelectorAll('.report-rows > li').length === 61);
		assert.equal(await page.$('.list-end button'), null);
		await page.done();
	});

	it('shows new reports when asked to, without moving a row, and keeps its place', async () => {
		const page = await open();
		await total(page, '61 reports');
		await page.locator('.list-end button').click();
		await until(page, () => document.querySelectorAll('.report-rows > li').length === 61);
		await page.$eval('.report-rows > li:nth-child(55)', (it) => it.scrollIntoView({ block: 'center' }));
		const place = () => page.$eval('.report-rows > li:nth-child(55)', (it) => it.getBoundingClientRect().top);
		const was = await place();
		const made = [await report({ title: 'Fresh one' }), await report({ title: 'Fresh two' })];
		await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
		await page.waitForSelector('.pill::-p-text(2 new reports)');
		assert.equal(await place(), was);
		await page.$eval('.report-rows > li:nth-child(55) a', (it) => /** @type {HTMLElement} */ (it).click());
		await page.waitForSelector('h1::-p-text(Older report)');
		await page.goBack();
		await page.waitForSelector('.pill');
		assert.equal(await place(), was);
		assert.match(await focused(page), /Older report/);
		await page.click('.pill');
		await until(page, () => document.activeElement?.textContent === 'Fresh two');
		for (const id of made) await remove(id);
		await page.done();
	});

	it('says how to get the first report, with the snippet at hand', async () => {
		const page = await open();
		await page.select('.workspace select', world.other.workspace_id);
		await page.waitForSelector('h2::-p-text(Reports will appear here)');
		await until(page, (/** @type {string} */ key) => document.querySelector('.first pre')?.textContent?.includes(key), world.other.project_key);
		assert.ok((await text(page, '.first')).includes(`"workspaceId":"${world.other.workspace_id}"`));
		await page.done();
	});

	it('does not load the player', async () => {
		const page = await open();
		/** @type {string[]} */
		const asked = [];
		page.on('request', (request) => asked.push(new URL(request.url()).pathname));
		await page.reload();
		await total(page, '61 reports');
		assert.ok(!asked.some((it) => /frame-|player-|report-|settings-/.test(it)), asked.join(' '));
		await page.done();
	});

	it('says what failed and tries again', async () => {
		const page = await open();
		await total(page, '61 reports');
		await page.setRequestInterception(true);
		let broken = true;
		page.on('request', (request) => broken && request.url().includes('/api/console/reports?') ? request.abort() : request.continue());
		await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
		await page.waitForSelector('.pill-note');
		await press(page, 'Open');
		await page.waitForSelector('[role=alert] h2::-p-text(could not be loaded)');
		broken = false;
		await press(page, 'Try again');
		await total(page, '61 reports found');
		await page.done();
	});
});

describe('a report', () => {
	it('plays, seeks, and keeps logs and player at one time', async () => {
		const page = await open();
		await page.goto(`${world.url}/r/${ids.full}`);
		await playable(page);
		assert.match(await text(page, 'h1'), /#61 Checkout fails/);
		assert.match(await text(page, '.report-facts'), /Ada Okafor.*\/pay.*Chrome 141 on Linux/);
		await at(page, -30);
		await shows(page, () => document.querySelector('h1')?.textContent === 'Shopping list');
		// Events, one after the other: click, warning has none, second click.
		await page.keyboard.press(']');
		await at(page, -29);
		await page.keyboard.press('ArrowRight');
		await at(page, -24);
		await until(page, () => document.querySelector('.virtual-item.current')?.textContent?.includes('rows: 2'));
		await shows(page, () => document.querySelectorAll('.row').length === 2 && /Milk/.test(document.body.textContent ?? ''));
		await page.keyboard.press('[');
		await at(page, -27);
		await page.keyboard.press('ArrowLeft');
		await at(page, -30);
		await shows(page, () => document.querySelectorAll('.row').length === 1);
		// A row of the console seeks, and is then the current one.
		await page.click('.virtual-item ::-p-text(cart is undefined)');
		await at(page, -10);
		assert.match(await text(page, '.virtual-item.current'), /cart is undefined/);
		await page.keyboard.press('e');
		await page.waitForSelector('.log-detail pre::-p-text(app.js:10:5)');
		await page.keyboard.press('ArrowUp');
		await until(page, () => document.activeElement?.textContent?.includes('<img src=x'));
		assert.equal(await page.evaluate(() => /** @type {any} */ (window).stolen), undefined);
		// The other page of the recording has its own size.
		await page.focus('[role=slider]');
		await page.keyboard.press('End');
		await shows(page, () => document.querySelector('h1')?.textContent === 'Payment');
		const player = /** @type {import('puppeteer-core').Frame} */ (page.frames().find((frame) => frame.url().includes('/console/player-')));
		assert.deepEqual(await player.$eval('.replayer-wrapper iframe', (it) => [it.getAttribute('width'), it.getAttribute('height')]), ['500', '700']);
		assert.equal(await page.$eval('[role=slider]', (it) => it.getAttribute('aria-valuenow')), '30');
		await shows(page, () => document.querySelector('input')?.value === 'Ada');
		await page.done();
	});

	it('skips idle time and stops at the end', async () => {
		const page = await open();
		await page.goto(`${world.url}/r/${ids.full}`);
		await playable(page);
		await page.keyboard.press('3');
		assert.equal(await page.$eval('.segments input:checked', (it) => it.parentElement?.textContent), '4×');
		const from = Date.now();
		await page.keyboard.press(' ');
		await page.waitForSelector('.controls .primary[aria-label=Pause]');
		await page.waitForSelector('.stage-note');
		await page.waitForSelector('.controls .primary[aria-label=Play]');
		await at(page, 0);
		assert.ok(Date.now() - from < 7000, 'half of it is idle');
		await page.keyboard.press(' ');
		await until(page, () => document.querySelector('.controls-time')?.textContent?.startsWith('−0:2'));
		await page.keyboard.press(' ');
		await page.waitForSelector('.controls .primary[aria-label=Play]');
		await page.done();
	});

	it('has a time line whose marks name what happened', async () => {
		const page = await open();
		await page.goto(`${world.url}/r/${ids.full}`);
		await playable(page);
		for (const [lane, n] of /** @type {[string, number][]} */ ([['actions', 4], ['pages', 2], ['errors', 1], ['console', 2], ['network', 2]])) assert.equal((await page.$$(`.lane-${lane} .tick`)).length, n, lane);
		assert.ok((await page.$$('.idles i')).length >= 1);
		const box = await (await page.$('.lane-actions .tick'))?.boundingBox();
		assert.ok(box);
		await page.mouse.move(box.x + 4, box.y + 4);
		await page.waitForSelector('.timeline-tip::-p-text(Click on “Add a row”)');
		const bad = await (await page.$('.lane-network .tick.bad'))?.boundingBox();
		assert.ok(bad);
		await page.mouse.click(bad.x + 4, bad.y + 4);
		await at(page, -9);
		await page.waitForSelector('.drawer ::-p-text(x-request-id)');
		assert.equal(new URL(page.url()).searchParams.get('tab'), 'network');
		await page.done();
	});

	it('has tabs for the keyboard, a panel whose width is kept, and every fact', async () => {
		const page = await open();
		await page.goto(`${world.url}/r/${ids.full}`);
		await playable(page);
		await page.focus('[role=tab][aria-selected=true]');
		await page.keyboard.press('ArrowRight');
		assert.match(await focused(page), /^Network/);
		assert.match(await text(page, '[role=tabpanel]:not([hidden])'), /503/);
		await page.keyboard.press('ArrowRight');
		assert.match(await text(page, '[role=tabpanel]:not([hidden])'), /ada@example\.com.*trail/);
		await page.keyboard.press('ArrowRight');
		assert.match(await text(page, '[role=tabpanel]:not([hidden])'), /Payment.*3 pages in the replay/);
		await page.keyboard.press('ArrowRight');
		assert.match(await text(page, '[role=tabpanel]:not([hidden])'), /I pressed Pay\./);
		await page.keyboard.press('End');
		assert.match(await text(page, '[role=tabpanel]:not([hidden])'), /Picture.*SHA-256/);
		await until(page, () => /** @type {HTMLImageElement|null} */ (document.querySelector('.preview img'))?.naturalWidth === 60);
		await page.keyboard.press('Home');
		assert.match(await focused(page), /^Console/);
		const width = () => page.$eval('.split-start', (it) => /** @type {HTMLElement} */ (it).offsetWidth);
		const wide = await width();
		await page.focus('.split-bar');
		await page.keyboard.press('ArrowLeft');
		assert.ok(await width() < wide);
		await page.reload();
		await playable(page);
		assert.ok(await width() < wide);
		await page.done();
	});

	it('changes state, is deleted and comes back', async () => {
		const page = await open();
		await page.goto(`${world.url}/r/${ids.bare}`);
		await page.waitForSelector('.state-select.state-open');
		await page.select('.state-select select', 'done');
		await until(page, () => !document.querySelector('.state-select select:disabled'));
		await page.reload();
		await page.waitForSelector('.state-select.state-done');
		await page.click('[aria-label="Delete the report"]');
		await toast(page, 'was deleted');
		await total(page, '60 reports');
		await press(page, 'Undo');
		await page.waitForSelector('h1::-p-text(Only words)');
		await page.select('.state-select select', 'open');
		await until(page, () => !document.querySelector('.state-select select:disabled'));
		await page.done();
	});

	it('shows the picture, or says what is missing, when there is no replay', async () => {
		const page = await open();
		await page.goto(`${world.url}/r/${ids.still}`);
		await until(page, () => /** @type {HTMLImageElement|null} */ (document.querySelector('.still-picture img'))?.naturalWidth === 60);
		await page.goto(`${world.url}/r/${ids.bare}`);
		await page.waitForSelector('h2::-p-text(No replay and no picture)');
		assert.match(await text(page, '[role=tabpanel]:not([hidden])'), /The button does nothing\./);
		await page.goto(`${world.url}/r/rep_missing`);
		await page.waitForSelector('h2::-p-text(There is no such report)');
		await page.done();
	});

	it('stays quick with 10,000 rows', async () => {
		const page = await open();
		await page.goto(`${world.url}/r/${ids.many}`);
		await playable(page);
		assert.equal(await page.$eval('.virtual-all', (it) => it.querySelector('[aria-setsize]')?.getAttribute('aria-setsize')), '10000');
		assert.ok(await page.$$eval('*', (all) => all.length) < 3000);
		await page.focus('[role=slider]');
		await page.keyboard.press('End');
		await until(page, () => document.querySelector('.virtual-item.current')?.textContent?.includes('row 9999'));
		await page.focus('.virtual-item.current [data-main]');
		await page.keyboard.press('Home');
		await until(page, () => document.activeElement?.textContent?.includes('row 0'));
		await page.waitForSelector('.follow');
		await page.click('.follow');
		await until(page, () => document.querySelector('.virtual-item.current')?.textContent?.includes('row 9999'));
		await page.type('.search.small input', 'row 777');
		await until(page, () => document.querySelector('[aria-setsize]')?.getAttribute('aria-setsize') === '11');
		await page.done();
	});

	it('plays in Firefox', async () => {
		const firefox = await launch('firefox');
		try {
			const page = await open({ engine: firefox });
			await page.goto(`${world.url}/r/${ids.full}`);
			await playable(page);
			await page.keyboard.press(' ');
			await page.waitForSelector('.controls .primary[aria-label=Pause]');
			await until(page, () => /of 0:30/.test(document.querySelector('.controls-total')?.textContent ?? '') && !document.querySelector('.controls-total')?.textContent?.startsWith('0:00'));
		} finally { await firefox.close(); }
	});
});

describe('a forged recording', () => {
	it('runs no script, asks nobody else, and leaves the keyboard alone', async () => {
		/** @type {string[]} */
		const asked = [];
		const evil = createServer((request, response) => { asked.push(String(request.url)); response.end(); }).listen(0, '127.0.0.1');
		evil.on('connection', () => asked.push('a connection'));
		await once(evil, 'listening');
		const { port } = /** @type {import('node:net').AddressInfo} */ (evil.address());
		const id = await report({ title: 'Forged' }, { replay: forged(NOW, `http://127.0.0.1:${port}`) });
		const page = await open();
		/** @type {string[]} */
		const api = [];
		page.on('request', (request) => { const url = new URL(request.url()); if (url.pathname.startsWith('/api/')) api.push(url.pathname); });
		await page.goto(`${world.url}/r/${id}`);
		await playable(page);
		const mine = api.length;
		await shows(page, () => document.body?.textContent?.includes('Forged') === true);
		await page.keyboard.press('4');
		await page.keyboard.press(' ');
		await page.waitForSelector('.controls .primary[aria-label=Pause]');
		await page.waitForSelector('.controls .primary[aria-label=Play]');
		for (const frame of page.frames()) assert.equal(await frame.evaluate(() => /** @type {any} */ (window).stolen).catch(() => undefined), undefined, frame.url());
		assert.deepEqual(asked, []);
		assert.deepEqual(api.slice(mine).filter((it) => it.endsWith('/me')), []);
		assert.equal(new URL(page.url()).pathname, `/r/${id}`);
		assert.ok(await page.evaluate(() => document.hasFocus() && document.activeElement?.tagName !== 'IFRAME'));
		const player = /** @type {import('puppeteer-core').Frame} */ (page.frames().find((frame) => frame.url().includes('/console/player-')));
		assert.deepEqual(await player.$eval('.replayer-wrapper iframe', (it) => [it.getAttribute('sandbox'), /** @type {HTMLElement} */ (it).inert]), ['allow-same-origin', true]);
		await page.done();
		await remove(id);
		await fetch(`http://127.0.0.1:${port}/`);
		assert.equal(asked.length, 2, 'whoever is asked would be seen here');
		evil.close();
	});

	it('is shown under the policies of docs/ARCHITECTURE.md', async () => {
		const index = await world.ask('/');
		assert.match(index.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
		const page = await open();
		await page.goto(`${world.url}/r/${ids.full}`);
		await page.waitForSelector('.stage iframe');
		const src = await page.$eval('.stage iframe', (it) => /** @type {HTMLIFrameElement} */ (it).src);
		const player = await world.ask(new URL(src).pathname);
		const policy = player.headers.get('content-security-policy') ?? '';
		assert.match(policy, /^default-src 'none'/);
		assert.doesNotMatch(policy, /connect-src|frame-src|object-src|script-src[^;]*unsafe/);
		assert.equal(player.headers.get('x-dns-prefetch-control'), 'off');
		assert.match(player.text, /http-equiv="Content-Security-Policy" content="default-src 'none'/);
		await page.done();
	});
});

describe('settings', () => {
	it('show the snippets, every key with words of its own, and check what is entered', async () => {
		const page = await open();
		await page.goto(`${world.url}/settings`);
		await page.waitForSelector('.setting-key');
		assert.ok((await text(page, '#install')).includes(world.first.project_key));
		const { keys } = (await (await world.login())('GET', `workspaces/${world.first.workspace_id}/settings`)).json;
		const named = await page.$$eval('.setting:has(.setting-key)', (all) => all.map((it) => [it.querySelector('.setting-key')?.textContent, it.querySelector('.setting-name')?.textContent]));
		assert.deepEqual(named.map(([key]) => key).sort(), keys.map((/** @type {any} */ it) => it.key).sort());
		for (const [key, name] of named) assert.notEqual(key, name, 'a key without a label');

		await page.click('[id="key-actions.always_connect"]');
		await page.waitForSelector('.save-bar.shown::-p-text(1 change not saved)');
		await page.$eval('[id="key-capture.window_ms"]', (it) => /** @type {HTMLInputElement} */ (it).select());
		await page.type('[id="key-capture.window_ms"]', '5');
		await press(page, 'Save');
		await page.waitForSelector('.has-problem::-p-text(from 10 to 3,600 seconds)');
		await page.$eval('[id="key-capture.window_ms"]', (it) => /** @type {HTMLInputElement} */ (it).select());
		await page.type('[id="key-capture.window_ms"]', '120');
		await page.type('[id="key-privacy.mask_selectors"]', '.ok\nbad{');
		await press(page, 'Save');
		await page.waitForSelector('.has-problem [role=alert]');
		assert.match(await text(page, '.has-problem [role=alert]'), /^Line 2: This /);
		await page.waitForFunction(() => document.activeElement?.id === 'key-privacy.mask_selectors'); // in the next frame
		await page.keyboard.press('Backspace');
		await press(page, 'Save');
		await toast(page, 'Saved');
		const config = async () => (await (await world.login())('GET', `workspaces/${world.first.workspace_id}/settings`)).json.config;
		let now = await config();
		assert.deepEqual([now.actions.always_connect, now.capture.window_ms, now.privacy.mask_selectors], [true, 120_000, ['.ok', 'bad']]);
		await press(page, 'Undo');
		await toast(page, 'as they were');
		now = await config();
		assert.deepEqual([now.actions.always_connect, now.capture.window_ms, now.privacy.mask_selectors], [false, 600_000, []]);
		await page.done();
	});

	it('make an API key that is shown once and works until it is revoked', async () => {
		const page = await open();
		await page.goto(`${world.url}/settings`);
		await press(page, 'Make an API key');
		await page.waitForSelector('.callout code');
		const key = await text(page, '.callout code');
		assert.equal((await world.report(ids.full, key)).status, 200);
		await page.reload();
		await page.waitForSelector('.keys-list li:nth-child(2)');
		assert.ok(!(await page.content()).includes(key));
		const hints = await page.$$eval('.keys-list code', (all) => all.map((it) => it.textContent ?? ''));
		const mine = hints.findIndex((hint) => key.startsWith(hint.slice(0, -1)));
		assert.ok(mine >= 0, hints.join(' '));
		await (await page.$$('.keys-list li > button'))[mine].click();
		await page.locator('.asking .danger').click();
		await toast(page, 'was revoked');
		assert.equal((await world.report(ids.full, key)).status, 401);
		await page.done();
	});
});

describe('every page', () => {
	const pages = () => /** @type {[string, string, string][]} */ ([
		['list', '/', '.report-row:not(.skeleton)'], ['report', `/r/${ids.full}`, '.playhead:not([hidden])'], ['network', `/r/${ids.full}?tab=network`, '.playhead:not([hidden])'], ['user', `/r/${ids.full}?tab=user`, '.playhead:not([hidden])'],
		['page', `/r/${ids.full}?tab=page`, '.playhead:not([hidden])'], ['notes', `/r/${ids.full}?tab=notes`, '.playhead:not([hidden])'], ['attachments', `/r/${ids.full}?tab=attachments`, '.preview img'], ['still', `/r/${ids.still}`, '.still-picture img'], ['bare', `/r/${ids.bare}`, '.stage.still'], ['settings', '/settings', '.setting-key'],
	]);
	for (const [scheme, width] of /** @type {[string, number][]} */ ([['light', 1440], ['dark', 1440], ['dark', 390]])) {
		it(`has no accessibility fault that axe knows, ${scheme}, ${width} pixels wide`, async () => {
			const page = await open({ scheme, width });
			await page.setBypassCSP(true);
			for (const [name, path, ready] of pages()) {
				await page.goto(world.url + path);
				await page.waitForSelector(ready);
				await page.evaluate(axe);
				const found = await page.evaluate(async () => (await /** @type {any} */ (window).axe.run(document, { iframes: false })).violations.map((/** @type {any} */ it) => `${it.id}: ${it.nodes.map((/** @type {any} */ node) => node.html.slice(0, 120)).join(' | ')}`));
				assert.deepEqual(found, [], name);
			}
			await page.done();
			const login = await open({ scheme, signedIn: false });
			await login.setBypassCSP(true);
			await login.goto(`${world.url}/login`);
			await login.waitForSelector('form');
			await login.evaluate(axe);
			assert.deepEqual(await login.evaluate(async () => (await /** @type {any} */ (window).axe.run()).violations.map((/** @type {any} */ it) => it.id)), []);
			await login.done();
		});
	}

	it('fits 320 pixels', async () => {
		const page = await open({ width: 320, height: 640 });
		for (const [name, path, ready] of pages()) {
			await page.goto(world.url + path);
			await page.waitForSelector(ready);
			assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, name);
		}
		await page.done();
	});

	it('opens the keys with ?, and gives the focus back', async () => {
		const page = await open();
		await total(page, '61 reports');
		await page.keyboard.press('j');
		await page.keyboard.press('?');
		await page.waitForSelector('dialog[open] ::-p-text(Play, pause)');
		await page.keyboard.press('Escape');
		await until(page, () => !document.querySelector('dialog'));
		assert.match(await focused(page), /Checkout fails/);
		await page.done();
	});
});
