// takeScreenshot() beside the browser's own picture of the same page, one feature a page; what it leaves
// out, what it covers, and what happens where something cannot be had.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, serve } from './harness.mjs';
import { rgbOf } from '../png.mjs';
import { VIEW, difference, openPage, ours } from './shot_compare.mjs';
import { pages } from './shot_pages.mjs';

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`screenshots in ${engine}`, { timeout: 600_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */
		let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */
		let site;
		/** @type {string} */
		let folder;
		before(async () => {
			browser = await launch(engine);
			site = await serve({});
			folder = mkdtempSync(join(tmpdir(), 'rv-shot-'));
		});
		after(async () => {
			await browser?.close();
			await site?.close();
			rmSync(folder, { recursive: true, force: true });
		});

		for (const [name, { skip = [], ratio = 1, media = [], of = 1 }] of Object.entries(pages)) {
			if (skip.includes(engine) || (engine === 'firefox' && (ratio !== 1 || media.length))) continue;
			it(name, async () => {
				const page = await browser.newPage();
				try {
					await openPage(page, site, name, engine);
					const theirs = Buffer.from(await page.screenshot());
					const mine = await ours(page);
					const off = difference(theirs, mine);
					assert.ok(off <= of, `${off.toFixed(2)} % of the pixels differ`);
					const file = join(folder, 'a.png');
					writeFileSync(file, mine);
					const { status, stdout } = spawnSync('pngcheck', ['-q', file], { encoding: 'utf8' });
					assert.equal(status, 0, stdout);
				} finally {
					await page.close();
				}
			});
		}

		/** @param {Uint8Array} data @param {number} width @param {number} x @param {number} y */
		const at = (data, width, x, y) => [...data.slice((y * width + x) * 3, (y * width + x) * 3 + 3)];

		it('draws the whole page or one element', async () => {
			site.pages['/whole'] = pageWith('<style>body{margin:0}div{height:500px}</style><div style="background:#f00"></div><div style="background:#0f0"></div><div style="background:#00f" id="e"></div><div style="background:#ff0;width:100px;height:60px" id="s"></div>');
			const page = await browser.newPage();
			await page.setViewport(VIEW);
			await page.goto(`${site.base}/whole`);
			await recording(page);
			await page.evaluate(() => scrollTo(0, 200));
			const width = await page.evaluate(() => document.documentElement.clientWidth);
			const whole = rgbOf(await ours(page, { mode: 'page' }));
			assert.deepEqual([whole.width, whole.height], [width, 1560]);
			assert.deepEqual([5, 700, 1200, 1555].map((y) => at(whole.data, width, 5, y)), [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]]);
			const one = rgbOf(Buffer.from(await page.evaluate(async () => {
				const blob = await /** @type {any} */ (window).Rearview.takeScreenshot({ mode: 'element', element: document.getElementById('s') });
				return [...new Uint8Array(await blob.arrayBuffer())];
			})));
			assert.deepEqual([one.width, one.height, at(one.data, 100, 50, 30)], [100, 60, [255, 255, 0]]);
			await page.close();
		});

		it('masks what is masked, blocks what is blocked, canvases in it too', async () => {
			site.pages['/masked'] = pageWith('<style>body{margin:0}canvas,div{display:block;width:200px;height:100px}</style><div data-rv-block style="background:#f00"><canvas id="a"></canvas></div><canvas id="b" data-rv-block></canvas><div data-rv-mask><canvas id="c"></canvas></div><input id="i" style="font:40px monospace;width:600px">');
			const page = await browser.newPage();
			await page.setViewport(VIEW);
			await page.goto(`${site.base}/masked`);
			await recording(page);
			const shoot = (/** @type {string} */ value) => page.evaluate((text) => {
				for (const id of ['a', 'b', 'c']) {
					const context = /** @type {any} */ (document.getElementById(id)).getContext('2d');
					context.fillStyle = '#f00';
					context.fillRect(0, 0, 999, 999);
				}
				/** @type {any} */ (document.getElementById('i')).value = text;
			}, value).then(() => ours(page));
			const first = await shoot('secret-one');
			const { data } = rgbOf(first);
			for (let i = 0; i < data.length; i += 3) assert.ok(!(data[i] > 200 && data[i + 1] < 60 && data[i + 2] < 60), 'something red is to be seen');
			const second = await shoot('wholly-two');
			assert.equal(difference(first, second, 0), 0, 'values of the same length look the same');
			await page.close();
		});

		it('puts something neutral in place of what it may not read, and says so in the report', async () => {
			site.pages['/taint'] = pageWith('<style>body{margin:0}img,canvas{display:block;width:100px;height:100px}</style><img src="OTHER" id="i"><canvas id="c" width="100" height="100"></canvas><p>text</p>'.replace('OTHER', `${site.other}/red.svg`));
			site.pages['/red.svg'] = { type: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="100" height="100" fill="#f00"/></svg>' };
			const page = await browser.newPage();
			await page.setViewport(VIEW);
			await page.goto(`${site.base}/taint`);
			await recording(page);
			await page.evaluate(() => /** @type {any} */ (document.getElementById('c')).getContext('2d').drawImage(document.getElementById('i'), 0, 0));
			const { data } = rgbOf(await ours(page));
			assert.deepEqual([at(data, 800, 50, 50), at(data, 800, 50, 150)], [[228, 230, 235], [228, 230, 235]]);
			await page.close();
		});
	});
}
