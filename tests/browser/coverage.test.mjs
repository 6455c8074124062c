// Every page of the table, recorded by the widget and played by rrweb's own Replayer, is what it was and
// looks as it did: at its end and in the middle, from the whole recording and from a window's part.
//   RV_PAGES=word  only pages whose name has the word; RV_PICTURES=folder  keeps events, and pictures that differ
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { digest } from './coverage_digest.mjs';
import { pages } from './coverage_pages.mjs';
import { launch, recording, root, serve } from './harness.mjs';

const SIZE = { width: 480, height: 360 };
const TOLERANCE = 0.01;
let recordings = 0;
/** Each with a key, and so a session, of its own. */
const WIDGET = (/** @type {any} */ config) => `<script src="/rearview/rearview.js"></script><script>window.degraded = []; Rearview.on('degrade', (d) => degraded.push(d)); window.started = Rearview.init(${JSON.stringify({ projectKey: `coverage-${++recordings}`, endpoint: null, config: { privacy: { level: 'none' }, ...config } })});</script>`;
/** No caret, no smooth scrolling, nothing that moves by itself. */
const STILL = '<style>* { caret-color: transparent; scroll-behavior: auto; }</style>';
const STAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/replay.css"><style>body { margin: 0; background: #fff } .replayer-wrapper { position: static } .replayer-mouse, .replayer-mouse-tail { display: none } iframe { border: 0; display: block }</style><body><script src="/replay.js"></script>';

const pageOf = (/** @type {import('./coverage_pages.mjs').CoveragePage} */ { html, head = '', body = '', config }) => html?.replace('{{widget}}', () => STILL + WIDGET(config))
	?? `<!doctype html>\n<html><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Coverage</title>${STILL}${head}${WIDGET(config)}</head><body>${body}</body></html>`;

/** Runs in a page: everything that was asked for is there and painted. */
const settled = async (/** @type {Document} */ doc) => {
	const done = (/** @type {any} */ d) => Promise.all([...d.images].map((image) => image.complete || new Promise((next) => image.addEventListener('load', next, { once: true }) ?? image.addEventListener('error', next, { once: true }))));
	/* In a document that was opened by a script Firefox never fulfils `fonts.ready`; the states, after a layout, are right. */
	await new Promise((next) => requestAnimationFrame(next));
	const fonts = Promise.all([...doc.fonts].filter(({ status }) => status === 'loading').map((font) => font.loaded.catch(() => {})));
	await Promise.race([Promise.all([done(doc), fonts]), new Promise((next) => setTimeout(next, 2000))]);
	/* Played, it scrolls smoothly. */
	const scrolled = () => [...doc.querySelectorAll('*')].map((element) => `${element.scrollLeft} ${element.scrollTop}`).join();
	for (let i = 0, last = scrolled(); i < 12; i++) {
		await new Promise((next) => requestAnimationFrame(next));
		const now = scrolled();
		if (now !== last) i = 0;
		last = now;
	}
	/* The Replayer draws a canvas when its picture is decoded, which nothing tells. */
	for (let i = doc.querySelector('canvas') ? 20 : 2; i > 0; i--) await new Promise((next) => requestAnimationFrame(next));
};

/** Runs in the stage: the share of pixels in which two pictures differ. */
async function differing(/** @type {string[]} */ pictures) {
	const [a, b] = await Promise.all(pictures.map(async (data) => {
		const image = new Image();
		image.src = `data:image/png;base64,${data}`;
		await image.decode();
		const canvas = document.createElement('canvas');
		canvas.width = image.width;
		canvas.height = image.height;
		const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
		context.drawImage(image, 0, 0);
		return context.getImageData(0, 0, image.width, image.height);
	}));
	if (a.width !== b.width || a.height !== b.height) return 1;
	let off = 0;
	for (let i = 0; i < a.data.length; i += 4) {
		const d = Math.max(Math.abs(a.data[i] - b.data[i]), Math.abs(a.data[i + 1] - b.data[i + 1]), Math.abs(a.data[i + 2] - b.data[i + 2]));
		if (d > 24) off++;
	}
	return off / (a.data.length / 4);
}

/** Where two lists of lines part, for the message. @param {string[]} shown @param {string[]} was */
function parting(shown, was) {
	const a = shown.map((line) => line.trimStart());
	const found = [];
	for (const line of was) if (!a.includes(line.trimStart())) found.push(`- ${line.trimStart()}`);
	const b = was.map((line) => line.trimStart());
	for (const line of shown) if (!b.includes(line.trimStart())) found.push(`+ ${line.trimStart()}`);
	return found.slice(0, 24).join('\n') || `order or depth:\n${shown.join('\n')}\n--- was\n${was.join('\n')}`;
}

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	if (process.env.RV_ENGINE && process.env.RV_ENGINE !== engine) continue;
	describe(`replay of pages recorded in ${engine}`, { timeout: 1_800_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {import('puppeteer-core').Page} */ let stage;
		before(async () => {
			site = await serve({
				'/stage': STAGE,
				'/replay.js': { type: 'text/javascript', body: readFileSync(join(root, 'node_modules/@rrweb/replay/dist/replay.umd.cjs')) },
				'/replay.css': readFileSync(join(root, 'node_modules/@rrweb/replay/dist/style.css')),
			});
			/* The Replayer's frame has no scroll bars, nor has Chromium without a screen. */
			browser = await launch(engine, { prefs: { 'ui.useOverlayScrollbars': 1, 'widget.gtk.overlay-scrollbars.enabled': true, 'general.smoothScroll': false } });
			stage = await browser.newPage();
			await stage.setViewport(SIZE);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
		});

		const picture = async (/** @type {import('puppeteer-core').Page} */ page) => /** @type {string} */ (await page.screenshot({ encoding: 'base64' }));

		/** Records the page: what it was at two times, and the events. @param {import('./coverage_pages.mjs').CoveragePage} entry */
		async function record(entry) {
			Object.assign(site.pages, entry.files);
			site.pages['/page'] = { type: entry.type, body: pageOf(entry) };
			const page = await browser.newPage();
			try {
				await page.setViewport(SIZE);
				await page.goto(`${site.base}/page`);
				await page.bringToFront();
				await recording(page);
				/* The first walk is over. */
				await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay({ format: 'native' }));
				const look = async (/** @type {'mid' | 'end'} */ when) => {
					const act = entry[when];
					if (act) await page.evaluate(`(${act.toString().replace(/^(async )?(?!async\b|function\b|\()(\w+)\(/, '$1function $2(')})()`);
					await entry.user?.[when]?.(page);
					await page.evaluate(`(${settled})(document)`);
					/* Everything until now is written down under a time before this one. */
					const at = await page.evaluate(async () => {
						await /** @type {any} */ (window).Rearview.exportReplay({ format: 'native' });
						const now = Date.now();
						while (Date.now() < now + 5) await new Promise((next) => setTimeout(next, 5));
						return now + 2;
					});
					const lines = /** @type {string[]} */ (await page.evaluate(`(${digest})(document, null)`));
					return { at, lines, picture: await picture(page) };
				};
				const mid = await look('mid');
				const end = await look('end');
				const [whole, part, degraded] = await page.evaluate(async (from) => {
					const w = /** @type {any} */ (window);
					return [await w.Rearview.exportReplay({ format: 'rrweb' }), await w.Rearview.exportReplay({ format: 'rrweb', from: new Date(from) }), w.degraded];
				}, mid.at);
				assert.deepEqual(degraded, []);
				return { mid, end, whole, part };
			} finally {
				await page.close();
			}
		}

		/** @param {any[]} events */
		async function play(events) {
			await stage.goto(`${site.base}/stage`);
			await stage.bringToFront();
			await stage.evaluate((list) => {
				const w = /** @type {any} */ (window);
				w.complaints = [];
				console.warn = (...args) => w.complaints.push(args.map((arg) => (arg && typeof arg === 'object' ? JSON.stringify(arg).slice(0, 200) : String(arg))).join(' ').slice(0, 400));
				w.list = list;
				const R = w.rrwebReplay ?? w.rrweb;
				w.replayer = new R.Replayer(list, { root: document.body, mouseTail: false, loadTimeout: 0 });
			}, events);
		}

		/** Shows a time, or the end by playing, and tells how it differs. @param {import('./coverage_pages.mjs').CoveragePage} entry @param {number | null} at @param {{lines: string[], picture: string}} was @param {string} what */
		async function compare(entry, at, was, what) {
			await stage.evaluate(async (time) => {
				const { replayer, list } = /** @type {any} */ (window);
				if (time !== null) replayer.pause(time - list[0].timestamp);
				else {
					await new Promise((done) => {
						replayer.on('finish', done);
						replayer.setConfig({ speed: 8 });
						replayer.play(0);
					});
				}
			}, at);
			await stage.evaluate(`(${settled})(replayer.iframe.contentDocument)`);
			const shown = /** @type {string[]} */ (await stage.evaluate(`(${digest})(replayer.iframe.contentDocument, (node) => replayer.getMirror().getId(node) > 0)`));
			const keep = (/** @type {string[]} */ lines) => lines.filter((line) => !entry.except?.test(line));
			const complaints = await stage.evaluate(() => /** @type {any} */ (window).complaints.splice(0));
			const [a, b] = [keep(shown), keep(was.lines)];
			if (a.join('\n') !== b.join('\n')) assert.fail(`${what}: the document differs (- was, + is shown)\n${[...complaints, parting(a, b)].join('\n')}`);
			const seen = await picture(stage);
			const off = await stage.evaluate(differing, [was.picture, seen]);
			if (off > (entry.tolerance ?? TOLERANCE)) {
				const to = process.env.RV_PICTURES;
				if (to) {
					const name = entry.name.replace(/\W+/g, '-');
					writeFileSync(join(to, `${name}-was.png`), Buffer.from(was.picture, 'base64'));
					writeFileSync(join(to, `${name}-is.png`), Buffer.from(seen, 'base64'));
				}
				assert.fail(`${what}: ${(off * 100).toFixed(2)} % of the pixels differ`);
			}
			assert.deepEqual(complaints, [], what);
		}

		for (const entry of pages) {
			if (entry.engines && !entry.engines.includes(engine)) continue;
			if (process.env.RV_PAGES && !process.env.RV_PAGES.split("|").some((word) => entry.name.includes(word))) continue;
			it(entry.name, async () => {
				const { mid, end, whole, part } = await record(entry);
				if (process.env.RV_PICTURES) writeFileSync(join(process.env.RV_PICTURES, `${entry.name.replace(/\W+/g, '-')}.json`), JSON.stringify({ mid, end, whole, part }, null, 1));
				assert.equal(whole.filter((/** @type {any} */ event) => event.type === 2).length, 1);
				for (let i = 1; i < whole.length; i++) assert.ok(whole[i].timestamp >= whole[i - 1].timestamp, 'times go back');
				await play(whole);
				await compare(entry, mid.at, mid, 'in the middle');
				await compare(entry, end.at, end, 'from there to the end');
				await play(whole);
				await compare(entry, end.at, end, 'at the end');
				await compare(entry, mid.at, mid, 'back in the middle');
				await compare(entry, null, end, 'played to the end');
				await play(part);
				await compare(entry, mid.at + 1, mid, "at the window's start");
				await compare(entry, end.at, end, "at the window's end");
			});
		}
	});
}
