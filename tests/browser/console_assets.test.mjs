// Pictures, fonts and style sheets of a recording: captured from a customer's page with its report, and
// shown in the console when the customer's site is gone.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, it } from 'node:test';
import { png, startWorld } from '../collector/world.mjs';
import { launch, serve, web } from './harness.mjs';

/** @type {any} */
let world;
/** @type {import('puppeteer-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */
let site;
/** Paths the customer's site was asked for by the worker or the page. @type {string[]} */
const asked = [];

const u16 = (/** @type {number} */ n) => Buffer.from([n >> 8 & 255, n & 255]);
const u32 = (/** @type {number} */ n) => Buffer.from([n >>> 24, n >> 16 & 255, n >> 8 & 255, n & 255]);

/** A TrueType font of one empty glyph, which every engine takes. */
function font() {
	const family = Buffer.from('T', 'utf16le').swap16();
	const names = [1, 2, 4, 6];
	const head = Buffer.concat([u32(0x10000), u32(0x10000), u32(0), u32(0x5f0f3cf5), u16(0), u16(1000), Buffer.alloc(16), u16(0), u16(0), u16(0), u16(0), u16(0), u16(8), u16(2), u16(0), u16(0)]);
	const glyph = Buffer.concat([u16(1), u16(0), u16(0), u16(500), u16(500), u16(2), u16(0), Buffer.from([1, 1, 1]), u16(0), u16(500), u16(0), u16(0), u16(0), u16(500)]);
	const padded = Buffer.concat([glyph, Buffer.alloc((4 - glyph.length % 4) % 4)]);
	const cmap = Buffer.concat([u16(0), u16(1), u16(3), u16(1), u32(12), u16(4), u16(32), u16(0), u16(4), u16(4), u16(1), u16(0), u16(0x41), u16(0xffff), u16(0), u16(0x41), u16(0xffff), u16(0x10000 - 0x40), u16(1), u16(0), u16(0)]);
	/** @type {Record<string, Buffer>} */
	const tables = {
		'OS/2': Buffer.concat([u16(4), u16(500), u16(400), u16(5), u16(0), Buffer.alloc(20), u16(0), Buffer.alloc(10), Buffer.alloc(16), Buffer.from('test'), u16(0x40), u16(0x41), u16(0x41), u16(800), u16(0xff38), u16(0), u16(800), u16(200), Buffer.alloc(8), u16(500), u16(700), u16(0), u16(0x20), u16(0)]),
		cmap,
		glyf: padded,
		head,
		hhea: Buffer.concat([u32(0x10000), u16(800), u16(0xff38), u16(0), u16(500), Buffer.alloc(6), u16(1), Buffer.alloc(14), u16(2)]),
		hmtx: Buffer.concat([u16(500), u16(0), u16(500), u16(0)]),
		loca: Buffer.concat([u16(0), u16(padded.length / 2), u16(padded.length / 2)]),
		maxp: Buffer.concat([u32(0x10000), u16(2), u16(4), u16(1), u16(0), u16(0), u16(1), u16(0), u16(0), u16(0), u16(0), u16(0), u16(0), u16(0), u16(0)]),
		name: Buffer.concat([u16(0), u16(names.length), u16(6 + 12 * names.length), ...names.map((id) => Buffer.concat([u16(3), u16(1), u16(0x409), u16(id), u16(family.length), u16(0)])), family]),
		post: Buffer.concat([u32(0x30000), Buffer.alloc(28)]),
	};
	const tags = Object.keys(tables);
	const sum = (/** @type {Buffer} */ bytes) => { let all = 0; for (let i = 0; i < bytes.length; i += 4) all = all + bytes.readUInt32BE(i) >>> 0; return all; };
	let at = 12 + 16 * tags.length;
	const list = [], bodies = [];
	for (const tag of tags) {
		const bytes = Buffer.concat([tables[tag], Buffer.alloc((4 - tables[tag].length % 4) % 4)]);
		list.push(Buffer.from(tag), u32(sum(bytes)), u32(at), u32(tables[tag].length));
		bodies.push(bytes);
		at += bytes.length;
	}
	return Buffer.concat([u32(0x10000), u16(tags.length), u16(128), u16(3), u16(tags.length * 16 - 128), ...list, ...bodies]);
}

const cors = { 'access-control-allow-origin': '*' };
const kept = { 'cache-control': 'max-age=3600' };
const noisy = (/** @type {string} */ path, /** @type {any} */ answer) => (/** @type {import('node:http').IncomingMessage} */ request) => { asked.push(path); return answer; };

before(async () => {
	world = await startWorld({ args: ['--widget-dir', web] });
	browser = await launch('chromium');
	const script = `${world.url}/${world.first.workspace_id}/rearview.js`;
	site = await serve({});
	const page = (/** @type {string} */ body) => `<!doctype html><html><head><meta charset="utf-8"><title>Shop</title>
		<link rel="stylesheet" href="${site.other}/cors.css">
		<style>@font-face { font-family: T; src: url(/font.ttf?v=1#x) } .back { background: url("/back.png"); width: 20px; height: 20px } p { font: 20px T }</style>
		<script src="${script}"></script>
		<script>window.started = Rearview.init({ projectKey: ${JSON.stringify(world.first.project_key)}, endpoint: ${JSON.stringify(world.url)} });</script></head><body>${body}</body></html>`;
	Object.assign(site.pages, {
		'/': page(`<img id="picture" src="/shown.png?size=2"><div class="back"></div><p>ABC</p><div class="far">far</div><svg width="9" height="9"><image href="/drawn.svg" width="9" height="9"/></svg>
			<img id="secret" src="/private.png?token=tk_live_8f3b2c9d1e"><img id="blocked" data-rv-block src="/blocked.png"><img id="html" src="/page.html">`),
		'/second': page('<img id="picture" src="/shown.png?size=2">'),
		'/shown.png': noisy('/shown.png', { body: png(5, 4), headers: kept }),
		'/back.png': noisy('/back.png', { body: png(6, 6), headers: kept }),
		'/private.png': noisy('/private.png', { body: png(7, 7), headers: kept }),
		'/blocked.png': noisy('/blocked.png', { body: png(8, 8), headers: kept }),
		'/page.html': noisy('/page.html', { type: 'text/html', body: '<script>alert(1)</script>' }),
		'/drawn.svg': noisy('/drawn.svg', { body: '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="red"/></svg>', headers: kept }),
		'/font.ttf': noisy('/font.ttf', { type: 'font/ttf', body: font(), headers: { ...kept, ...cors } }),
		'/cors.css': noisy('/cors.css', { type: 'text/css', body: '.far { width: 33px; background: url(far.png) }', headers: { ...kept, ...cors } }),
		'/far.png': noisy('/far.png', { body: png(9, 9), headers: { ...kept, ...cors } }),
	});
});
after(async () => {
	await browser?.close();
	await site?.close().catch(() => {});
	await world?.stop();
});

/** Reads with the API key until the answer suits. @param {string} path @param {(answer: any) => unknown} fits */
async function until(path, fits) {
	for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
		const answer = await world.ask(path, { headers: { 'x-rearview-api-key': world.first.api_key } });
		if (fits(answer)) return answer;
	}
	return assert.fail(`${path} never was as awaited`);
}

/** @param {string} path @returns {Promise<string>} the report's id */
async function record(path) {
	const page = await browser.newPage();
	await page.setViewport({ width: 400, height: 300 });
	await page.goto(site.base + path);
	await page.evaluate(() => /** @type {any} */ (window).started);
	await page.waitForFunction(() => document.fonts.status === 'loaded' && [...document.images].every((image) => image.complete));
	const report = await page.evaluate(() => /** @type {any} */ (window).Rearview.saveReport({ title: 'with assets' }));
	assert.ok(report?.id, JSON.stringify(report));
	/* The worker goes on after the report; the page stays until all is there. */
	await until(`/api/v1/reports/${report.id}/replay`, (answer) => answer.text.includes('/assets/'));
	await page.close();
	return report.id;
}

/** Contents in the collector's folder. */
const stored = (/** @type {string} */ text) => [...new Set([...text.matchAll(/\/assets\/([0-9a-f]{64})/g)].map((match) => match[1]))];

it('shows pictures, fonts and sheets when the site is gone, and asks it for nothing', { timeout: 120_000 }, async () => {
	const first = await record('/');
	const before = asked.length;
	const second = await record('/second');
	const one = (await world.report(first, undefined, '/replay')).text, two = (await world.report(second, undefined, '/replay')).text;
	assert.ok(before > 0);
	const shared = stored(two).filter((hash) => stored(one).includes(hash));
	assert.ok(shared.length >= 2, 'the same picture and sheet have the same address in both');
	assert.ok(one.includes('token='), 'the address with a secret is there, redacted');
	assert.doesNotMatch(one, /tk_live/);
	assert.doesNotMatch(one, /blocked\.png/, 'what is blocked has no address in the recording');
	for (const path of ['/private.png', '/blocked.png', '/shown.png']) assert.equal(asked.filter((it) => it === path).length, 1, `${path} was fetched by the page alone`);

	await site.close();
	/* In its place somebody who only counts who comes. */
	let calls = 0;
	const nobody = createServer((socket) => { calls++; socket.destroy(); }).listen(Number(new URL(site.base).port), '127.0.0.1');
	await once(nobody, 'listening');
	const context = await browser.createBrowserContext();
	const page = await context.newPage();
	const login = await world.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: world.credentials });
	await context.setCookie({ name: 'rv_login', value: /rv_login=([^;]+)/.exec(login.headers.get('set-cookie') ?? '')?.[1] ?? '', domain: '127.0.0.1', path: '/', httpOnly: true, secure: false });
	await page.setViewport({ width: 1200, height: 800 });
	await page.goto(`${world.url}/r/${first}`);
	await page.waitForSelector('.controls .primary:not(:disabled)', { timeout: 30_000 });
	/** @type {any} */
	let shown;
	for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
		const inner = page.frames().find((frame) => frame.url().includes('/console/player-'))?.childFrames()[0];
		shown = await inner?.evaluate(() => ({
			picture: /** @type {HTMLImageElement | null} */ (document.querySelector('#picture'))?.naturalWidth,
			back: getComputedStyle(/** @type {Element} */ (document.querySelector('.back'))).backgroundImage,
			far: getComputedStyle(/** @type {Element} */ (document.querySelector('.far'))).width,
			farBack: getComputedStyle(/** @type {Element} */ (document.querySelector('.far'))).backgroundImage,
			fonts: [...document.fonts].map((face) => face.status),
			drawn: document.querySelector('svg image')?.getAttribute('href'),
			secret: /** @type {HTMLImageElement | null} */ (document.querySelector('#secret'))?.naturalWidth,
			html: document.querySelector('#html')?.getAttribute('src'),
		})).catch(() => undefined);
		if (shown?.picture && shown.fonts[0] === 'loaded' && shown.far === '33px') break;
	}
	assert.equal(shown.picture, 5);
	assert.match(shown.back, /\/assets\/[0-9a-f]{64}/);
	assert.equal(shown.far, '33px', 'the sheet of another origin');
	assert.match(shown.farBack, /\/assets\/[0-9a-f]{64}/, 'and what it refers to');
	assert.deepEqual(shown.fonts, ['loaded']);
	assert.match(shown.drawn, /\/assets\//);
	assert.equal(shown.secret, 0);
	assert.match(shown.html, /\/page\.html$/, 'what is no picture is not captured');
	assert.equal(calls, 0, 'the customer\'s host is asked for nothing');
	nobody.close();
	await context.close();
});
