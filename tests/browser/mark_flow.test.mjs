// From the panel to the collector with the built files: a picture blurred before it is sent keeps nothing of
// what was there, an element picked in the page stands in the report.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startCollector } from '../collector/server.mjs';
import { keepRoot, launch, serve } from './harness.mjs';

const PICTURES = process.env.RV_PICTURES;
const BODY = `<style>body { margin: 0; font: 16px sans-serif } .square { position: absolute; width: 120px; height: 80px; background: #f0f; color: #000 }</style>
<div class="square" id="secret" style="left:80px;top:100px">Card 4111</div><div class="square" style="left:500px;top:300px">Open</div><button id="pay" type="button" style="position:absolute;left:80px;top:320px">Pay now</button>`;

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`marks and picks on their way to the collector in ${engine}`, { timeout: 300_000 }, () => {
		/** @type {Awaited<ReturnType<typeof startCollector>>} */ let collector;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {import('puppeteer-core').Browser} */ let browser;
		if (PICTURES) mkdirSync(PICTURES, { recursive: true });
		before(async () => {
			collector = await startCollector();
			const html = (/** @type {string} */ lang) => `<!doctype html><html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Pay</title><body>${BODY}
				<script src="${collector.baseUrl}/${collector.workspace.id}/rearview.js"></script><script>window.started = Rearview.init({projectKey: ${JSON.stringify(collector.workspace.projectKey)}}); Rearview.on('submit', (detail) => { window.sent = detail; });</script>`;
			site = await serve({ '/': () => html('en'), '/de': () => html('de') });
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
			await collector?.stop();
		});

		/** A page whose panel is open and can be looked into: its closed root is kept for the test. */
		async function open(path = '/') {
			const page = await browser.newPage();
			page.setDefaultTimeout(120_000);
			await page.setViewport({ width: 800, height: 600 });
			await keepRoot(page);
			await page.goto(site.base + path);
			await page.evaluate(async () => {
				await /** @type {any} */ (window).started;
				await /** @type {any} */ (window).Rearview.open();
			});
			return page;
		}
		/** Where that is, once it is there. @param {import('puppeteer-core').Page} page @param {string} selector */
		async function boxOf(page, selector) {
			const found = await page.waitForFunction((name) => {
				const box = /** @type {any} */ (window).shown?.querySelector(name)?.getBoundingClientRect();
				return box?.width > 0 && { x: box.x, y: box.y, width: box.width, height: box.height };
			}, {}, selector);
			return /** @type {{x: number, y: number, width: number, height: number}} */ (await found.jsonValue());
		}
		/** @param {import('puppeteer-core').Page} page @param {string} selector */
		async function click(page, selector) {
			const isThere = await page.waitForFunction((name) => {
				const element = /** @type {any} */ (window).shown?.querySelector(name);
				element?.scrollIntoView({ block: 'nearest', behavior: 'instant' });
				return !!element;
			}, {}, selector);
			await isThere.dispose();
			const { x, y, width, height } = await boxOf(page, selector);
			await page.mouse.click(x + width / 2, y + height / 2);
		}
		/** Sends what the panel holds. @param {import('puppeteer-core').Page} page @returns {Promise<any>} the report as the collector has it */
		async function send(page) {
			await click(page, '[name=title]');
			await page.keyboard.type('It does not pay');
			await click(page, '#send');
			const sent = await (await page.waitForFunction(() => /** @type {any} */ (window).sent)).jsonValue();
			return (await get(`/api/v1/reports/${sent.id}`)).json();
		}
		const get = (/** @type {string} */ path) => fetch(new URL(path, collector.baseUrl), { headers: { 'x-rearview-api-key': collector.workspace.apiKey } });

		it('a blurred picture arrives without what was blurred', async () => {
			const page = await open();
			await click(page, '#mark');
			const tool = '.rv-mark [data-tool=blur]';
			await click(page, tool);
			await boxOf(page, `${tool}[aria-pressed=true]`);
			const { x, y, width } = await boxOf(page, '.rv-mark canvas');
			const scale = width / 800;
			await page.mouse.move(x + 70 * scale, y + 90 * scale);
			await page.mouse.down();
			await page.mouse.move(x + 210 * scale, y + 190 * scale, { steps: 4 });
			await page.mouse.up();
			if (PICTURES) await page.screenshot({ path: join(PICTURES, `flow-blur-${engine}.png`) });
			await click(page, '#finish');
			const report = await send(page);
			const picture = report.attachments.find((/** @type {any} */ it) => it.kind === 'screenshot');
			const png = Buffer.from(await (await get(picture.url)).arrayBuffer());
			const { magenta, hidden, size } = await page.evaluate(async (text) => {
				const image = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]));
				const canvas = document.createElement('canvas');
				[canvas.width, canvas.height] = [image.width, image.height];
				const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
				context.drawImage(image, 0, 0);
				/* How many pixels of a part are as red and blue as they are not green. */
				const count = (/** @type {number} */ left, /** @type {number} */ top, /** @type {number} */ w, /** @type {number} */ h) => {
					const { data } = context.getImageData(left, top, w, h);
					let n = 0;
					for (let i = 0; i < data.length; i += 4) if (data[i] - data[i + 1] > 40 && data[i + 2] - data[i + 1] > 40) n++;
					return n;
				};
				return { size: [image.width, image.height], hidden: count(60, 80, 160, 120), magenta: count(500, 300, 120, 80) };
			}, png.toString('base64'));
			assert.deepEqual(size, [800, 600]);
			assert.ok(magenta > 7000, `the rest is as it was: ${magenta}`);
			assert.equal(hidden, 0, 'no pixel is left of what was blurred');
			await page.close();
		});

		it('a picked element stands in the report; the page speaks German, the picker too', async () => {
			const page = await open('/de');
			await click(page, '#pick');
			assert.match(await page.evaluate(() => /** @type {any} */ (window).shown.querySelector('.rv-pick .hint').textContent, await boxOf(page, '.rv-pick .hint')), /Wählen Sie ein Element/);
			const { x, y } = await page.evaluate(() => {
				const box = /** @type {Element} */ (document.querySelector('#pay')).getBoundingClientRect();
				return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
			});
			await page.mouse.move(x, y);
			if (PICTURES) await page.screenshot({ path: join(PICTURES, `flow-pick-${engine}.png`) });
			await page.mouse.click(x, y);
			const report = await send(page);
			const { selector, tag, text, outer_html } = report.element;
			assert.deepEqual({ selector, tag, text }, { selector: '#pay', tag: 'button', text: 'Pay now' });
			assert.match(outer_html, /^<button id="pay" type="button"/);
			await page.close();
		});
	});
}
