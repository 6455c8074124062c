// The picture editor: every tool by pointer and by keys, undo, zoom, what the result's pixels are.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { launch, root, serve } from './harness.mjs';
import { markScript } from './mark_page.mjs';

const CSP = "default-src 'none'; script-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'";
const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`marking a picture in ${engine}`, { timeout: 180_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {import('puppeteer-core').Page} */ let page;
		/** @type {string[]} */ let said;
		before(async () => {
			const html = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>x</title><meta name="viewport" content="width=device-width"></head><body><script src="/m.js"></script></body></html>';
			site = await serve({
				'/m.js': { type: 'text/javascript', body: await markScript() },
				'/': { body: html, headers: { 'content-security-policy': CSP } },
				'/axe': html,
			});
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
		});
		async function open(path = '/', width = 1000, height = 700) {
			await page?.close();
			page = await browser.newPage();
			await page.setViewport({ width, height });
			said = [];
			page.on('console', (message) => said.push(message.text()));
			page.on('pageerror', (error) => said.push(String(error)));
			await page.goto(site.base + path);
			await page.evaluate(() => /** @type {any} */ (window).edit(600, 400));
			await frame();
		}
		beforeEach(() => open());
		const frame = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined)))));
		const tool = (/** @type {string} */ name) => page.evaluate((one) => /** @type {any} */ (window).q(`[data-tool=${one}]`).click(), name);
		const act = async (/** @type {string} */ name) => {
			await page.evaluate((one) => /** @type {any} */ (window).q(`[data-action=${one}]`).click(), name);
			await frame();
		};
		/** Where a pixel of the picture is on screen. */
		async function at(/** @type {number} */ x, /** @type {number} */ y) {
			return page.evaluate((px, py) => {
				const box = /** @type {any} */ (window).q('canvas').getBoundingClientRect();
				return { x: box.left + px * box.width / 600, y: box.top + py * box.height / 400 };
			}, x, y);
		}
		async function drag(/** @type {number[]} */ ...points) {
			for (let i = 0; i < points.length; i += 2) {
				const { x, y } = await at(points[i], points[i + 1]);
				await page.mouse.move(x, y, { steps: 3 });
				if (i === 0) await page.mouse.down();
			}
			await page.mouse.up();
			await frame();
		}
		const labels = async () => {
			await frame();
			return page.evaluate(() => /** @type {any} */ (window).qq('.mark').map((/** @type {Element} */ one) => one.getAttribute('aria-label')));
		};
		/** How many pixels of the result are others, and the box round them. */
		const result = () => page.evaluate(async () => {
			const w = /** @type {any} */ (window);
			const { width, height } = await w.finish();
			let n = 0;
			let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
			for (let i = 0; width === 600 && i < w.source.length; i += 4) {
				if ([0, 1, 2, 3].every((c) => w.source[i + c] === w.last.data[i + c])) continue;
				n++;
				const x = i / 4 % width;
				const y = Math.floor(i / 4 / width);
				[left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
			}
			return { width, height, n, box: [left, top, right, bottom], isChanged: w.editor.isChanged() };
		});
		const near = (/** @type {number[]} */ got, /** @type {number[]} */ wanted, by = 12) => assert.ok(got.every((value, i) => Math.abs(value - wanted[i]) <= by), `${got} is not near ${wanted}`);
		/** Keys go to the stage. */
		const stage = () => page.evaluate(() => /** @type {any} */ (window).q('.stage').focus());
		async function press(/** @type {any[]} */ ...keys) {
			for (const key of keys) {
				const parts = key.split('+');
				for (const held of parts.slice(0, -1)) await page.keyboard.down(held);
				await page.keyboard.press(parts.at(-1));
				for (const held of parts.slice(0, -1).reverse()) await page.keyboard.up(held);
			}
			await frame();
		}

		it('gives the very same pixels back when nothing is marked, under a strict policy', async () => {
			const { n, width, height, isChanged } = await result();
			assert.deepEqual({ n, width, height, isChanged }, { n: 0, width: 600, height: 400, isChanged: false });
			assert.deepEqual(said.filter((line) => !/favicon|404/.test(line)), []);
		});

		for (const [name, label] of [['rect', 'Rectangle'], ['arrow', 'Arrow'], ['pen', 'Pen'], ['hide', 'Black out'], ['blur', 'Blur']]) {
			it(`${name}: by pointer, by keys, and nothing else is touched`, async () => {
				await tool(name);
				await drag(100, 100, 150, 140, 200, 180);
				assert.deepEqual(await labels(), [`${label} 1 of 1`]);
				const drawn = await result();
				assert.ok(drawn.n > 100 && drawn.isChanged);
				near(drawn.box, [100, 100, 200, 180]);
				await act('remove');
				assert.equal((await result()).n, 0);
				await stage();
				await press('Enter');
				if (name === 'pen') await press('ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown', 'Alt+ArrowDown');
				else await press('ArrowRight', 'Shift+ArrowRight', 'Alt+ArrowUp');
				assert.equal((await result()).n, 0, 'a result takes nothing that is not kept');
				await press('Enter');
				if (name === 'pen') await press('ArrowRight', 'ArrowRight', 'ArrowDown');
				await press('Enter');
				assert.deepEqual(await labels(), [`${label} 1 of 1`]);
				assert.ok((await result()).n > 50);
				await press('Enter', 'Escape');
				assert.deepEqual(await labels(), [`${label} 1 of 1`], 'Escape gives up what was begun');
			});
		}

		it('hides so that nothing of what was there is left', async () => {
			const areas = await page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				const { annotate, hub, root: shadow, words } = w.mark;
				const out = [];
				for (const kind of ['hide', 'blur']) {
					/** @type {Uint8Array[]} */
					const results = [];
					for (const seed of [1, 2]) {
						/* Two pictures that differ only within the area. */
						const data = new Uint8ClampedArray(600 * 400 * 4).fill(255);
						for (let y = 100; y < 180; y++) for (let x = 100; x < 300; x++) data.fill((x * seed * 37 + y * 11) % 256, (y * 600 + x) * 4, (y * 600 + x) * 4 + 3);
						const layer = document.createElement('div');
						Object.assign(layer.style, { position: 'fixed', inset: '0', width: '1000px', height: '700px' });
						shadow.append(layer);
						const editor = annotate({ hub, root: shadow, words, pixels: { data: data.buffer, width: 600, height: 400 } });
						layer.append(editor.element);
						await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
						editor.element.querySelector(`[data-tool=${kind}]`).click();
						const stageElement = editor.element.querySelector('.stage');
						stageElement.setPointerCapture = () => {};
						const box = editor.element.querySelector('canvas').getBoundingClientRect();
						const send = (/** @type {string} */ type, /** @type {number} */ x, /** @type {number} */ y) => stageElement.dispatchEvent(new PointerEvent(type, { pointerId: 1, pointerType: 'pen', bubbles: true, clientX: box.left + x * box.width / 600, clientY: box.top + y * box.height / 400 }));
						send('pointerdown', 98, 98);
						send('pointermove', 302, 182);
						send('pointerup', 302, 182);
						results.push(new Uint8Array((await editor.result()).data));
						editor.destroy();
						layer.remove();
					}
					out.push(results[0].every((value, i) => value === results[1][i]));
				}
				return out;
			});
			assert.deepEqual(areas, [true, true]);
		});

		it('writes text, and changes it', async () => {
			await tool('text');
			await drag(200, 200, 200, 200);
			await page.keyboard.type('Broken here');
			await press('Enter');
			assert.deepEqual(await labels(), ['Text 1 of 1: Broken here']);
			assert.ok((await result()).n > 100);
			await stage();
			await press('Enter');
			await page.keyboard.type('By keys');
			await press('Enter');
			assert.deepEqual(await labels(), ['Text 1 of 2: Broken here', 'Text 2 of 2: By keys']);
			await stage();
			await press('Enter');
			await page.keyboard.type('never');
			await press('Escape');
			assert.equal((await labels()).length, 2);
		});

		it('crops to the pixel, by pointer and by keys', async () => {
			await tool('crop');
			await drag(100, 50, 400, 300);
			const { width, height } = await result();
			near([width, height], [300, 250], 3);
			const isSame = await page.evaluate(() => {
				const w = /** @type {any} */ (window);
				const row = (/** @type {number} */ y, /** @type {number} */ x) => w.source.slice((y * 600 + x) * 4, (y * 600 + x + w.last.width) * 4).join();
				const first = w.last.data.slice(0, w.last.width * 4).join();
				for (let y = 45; y < 56; y++) for (let x = 95; x < 106; x++) if (row(y, x) === first) return true;
				return false;
			});
			assert.ok(isSame);
			await act('undo');
			assert.equal((await result()).width, 600);
			await stage();
			await press('Enter', 'Shift+ArrowLeft', 'Enter');
			assert.ok((await result()).width < 600);
			await press('Delete');
			assert.equal((await result()).width, 600);
		});

		it('selects, moves, resizes, deletes, by pointer and by keys; undo and redo', async () => {
			await drag(100, 100, 200, 200);
			await tool('select');
			await drag(150, 150, 250, 170);
			near((await result()).box, [200, 120, 300, 220]);
			await drag(300, 220, 340, 260);
			near((await result()).box, [200, 120, 340, 260]);
			await stage();
			await press('ArrowLeft', 'ArrowLeft', 'Shift+ArrowDown');
			near((await result()).box, [188, 120, 328, 266]);
			/* Steps of the same kind are undone together. */
			await press('Control+z', 'Control+z', 'Control+z', 'Control+z');
			near((await result()).box, [100, 100, 200, 200]);
			await press('Control+Shift+z');
			near((await result()).box, [200, 120, 300, 220]);
			await act('undo');
			await act('undo');
			assert.equal((await result()).n, 0);
			await act('redo');
			await stage();
			await press('Tab');
			assert.match(await page.evaluate(() => /** @type {any} */ (window).mark.root.activeElement.getAttribute('aria-label')), /Rectangle 1 of 1/);
			await press('Delete');
			assert.deepEqual(await labels(), []);
			assert.equal(await page.evaluate(() => /** @type {any} */ (window).q('.say').textContent), 'Rectangle 1 of 1 removed');
		});

		it('takes letters for tools, colours for marks, keys and the wheel for zoom', async () => {
			await stage();
			for (const [key, name] of Object.entries({ v: 'select', a: 'arrow', p: 'pen', t: 'text', h: 'hide', b: 'blur', c: 'crop', r: 'rect' })) {
				await press(key);
				assert.equal(await page.evaluate(() => /** @type {any} */ (window).qq('[data-tool][aria-pressed=true]').map((/** @type {any} */ one) => one.dataset.tool).join()), name);
			}
			const dye = (/** @type {string} */ name) => page.evaluate((one) => /** @type {any} */ (window).q(`[data-color=${one}]`).click(), name);
			const colorAt = (/** @type {number} */ x, /** @type {number} */ y) => page.evaluate(async (px, py) => {
				const w = /** @type {any} */ (window);
				await w.finish();
				return [...w.last.data.slice((py * 600 + px) * 4, (py * 600 + px) * 4 + 3)];
			}, x, y);
			await drag(100, 100, 200, 200);
			await dye('green');
			await drag(300, 100, 400, 200);
			assert.deepEqual([await colorAt(150, 100), await colorAt(350, 100)], [[217, 45, 32], [18, 128, 60]], 'a colour is for what is drawn next');
			await tool('select');
			await drag(150, 100, 150, 100);
			await dye('blue');
			assert.deepEqual([await colorAt(150, 100), await colorAt(350, 100)], [[29, 91, 214], [18, 128, 60]], 'or for what was selected');
			await stage();
			const width = () => page.evaluate(() => /** @type {any} */ (window).q('canvas').getBoundingClientRect().width);
			const fit = await width();
			await press('=', '=');
			assert.ok(await width() > fit * 1.4);
			await press('0');
			assert.ok(Math.abs(await width() - fit) < 1);
			await page.evaluate(() => /** @type {any} */ (window).q('.stage').dispatchEvent(new WheelEvent('wheel', { deltaY: -200, ctrlKey: true, clientX: 500, clientY: 400, cancelable: true, bubbles: true })));
			await frame();
			assert.ok(await width() > fit * 1.4);
		});

		it('is one stop for Tab, arrow keys within', async () => {
			await page.evaluate(() => /** @type {any} */ (window).q('[data-tool=rect]').focus());
			await press('ArrowRight', 'ArrowRight', 'Enter');
			assert.equal(await page.evaluate(() => /** @type {any} */ (window).q('[data-tool=pen]').getAttribute('aria-pressed')), 'true');
			assert.equal(await page.evaluate(() => /** @type {any} */ (window).qq('.bar [tabindex="0"]').length), 1);
			await press('End');
			assert.equal(await page.evaluate(() => /** @type {any} */ (window).mark.root.activeElement.dataset.action), 'fit');
		});

		it('is drawn on by touch, and pinched', async () => {
			await page.evaluate(() => {
				const w = /** @type {any} */ (window);
				const box = w.q('canvas').getBoundingClientRect();
				const stageElement = w.q('.stage');
				stageElement.setPointerCapture = () => {};
				w.touch = (/** @type {string} */ type, /** @type {number} */ id, /** @type {number} */ x, /** @type {number} */ y) => stageElement.dispatchEvent(new PointerEvent(type, { pointerId: id, pointerType: 'touch', bubbles: true, clientX: box.left + x * box.width / 600, clientY: box.top + y * box.height / 400 }));
				w.touch('pointerdown', 1, 100, 100);
				w.touch('pointermove', 1, 200, 160);
				w.touch('pointerup', 1, 200, 160);
			});
			assert.deepEqual(await labels(), ['Rectangle 1 of 1']);
			const [before, after] = await page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				const width = w.q('canvas').getBoundingClientRect().width;
				w.touch('pointerdown', 1, 250, 200);
				w.touch('pointerdown', 2, 350, 200);
				w.touch('pointermove', 2, 351, 200);
				w.touch('pointermove', 2, 500, 200);
				w.touch('pointerup', 1, 250, 200);
				w.touch('pointerup', 2, 500, 200);
				return [width, w.q('canvas').getBoundingClientRect().width];
			});
			assert.ok(after > before * 1.5, `${before} ${after}`);
			assert.deepEqual(await labels(), ['Rectangle 1 of 1'], 'a pinch draws nothing');
		});

		it('has nothing that axe-core finds, at any width', async () => {
			for (const width of [1000, 360]) {
				await open('/axe', width, 640);
				await drag(100, 100, 200, 200);
				await page.evaluate(axe);
				const found = await page.evaluate(async () => {
					const w = /** @type {any} */ (window);
					/* axe does not see into a closed root: the same element in the page. */
					const sheets = w.mark.root.adoptedStyleSheets;
					document.adoptedStyleSheets = [...sheets];
					const holder = document.createElement('main');
					Object.assign(holder.style, { position: 'fixed', inset: '0' });
					document.body.append(holder);
					holder.append(w.editor.element);
					await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
					const { violations } = await w.axe.run(holder);
					return violations.map((/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => node.html).join(' ')}`.slice(0, 400));
				});
				assert.deepEqual(found, []);
				assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
			}
		});
	});
}
