// Frames of another origin that carry the widget: recorded into their parent's recording when both sides
// say so, and by themselves when not. Real origins, real worker and core.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, root, serve } from './harness.mjs';

const replayerScript = readFileSync(join(root, 'node_modules/@rrweb/replay/dist/replay.umd.cjs'), 'utf8');

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`frames of another origin in ${engine}`, { timeout: 240_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let second;
		/** @type {import('puppeteer-core').Page} */ let page;
		before(async () => {
			site = await serve({});
			second = await serve({});
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
			await second?.close();
		});

		/** The text that the frames' documents show in an rrweb Replayer at the end. */
		async function replayed() {
			const events = await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay());
			const replay = await browser.newPage();
			try {
				await replay.goto(`${site.base}/replay`);
				await replay.addScriptTag({ content: replayerScript });
				return await replay.evaluate((all) => {
					const { Replayer } = /** @type {any} */ (window).rrwebReplay ?? /** @type {any} */ (window).rrweb;
					const replayer = new Replayer(all, { showWarning: false });
					replayer.pause(1e9);
					const inside = (/** @type {Document} */ doc) => [...doc.querySelectorAll('iframe')].map((frame) => {
						const { body } = /** @type {any} */ (frame.contentDocument ?? {});
						return { text: body?.innerText.trim().replace(/\s+/g, ' ') ?? '', classes: body?.className ?? '', value: body?.querySelector('input')?.value ?? '', frames: body ? /** @type {any} */ (inside)(frame.contentDocument) : [] };
					});
					return inside(replayer.iframe.contentDocument);
				}, events);
			} finally {
				await replay.close();
			}
		}
		const frameAt = async (/** @type {string} */ url) => {
			const found = await page.waitForFrame((frame) => frame.url() === url, { timeout: 60_000 });
			await found.waitForFunction(() => 'started' in window, { timeout: 60_000, polling: 50 });
			return found;
		};
		const widget = (/** @type {string} */ base) => `<script src="${base}/rearview/rearview.js"></script>`;

		/** A page with a frame; options of both. */
		async function open(/** @type {any} */ own, /** @type {any} */ child, { body = '<p>child text</p><input id="i">', markup = '' } = {}) {
			site.pages['/replay'] = '<!doctype html><body></body>';
			site.pages['/page'] = pageWith('<p>parent text</p><main></main>', { options: own });
			second.pages['/child'] = pageWith(body, { options: child, tag: widget(second.base) });
			await page?.close();
			page = await browser.newPage();
			await page.goto(`${site.base}/page`);
			await recording(page);
			await page.evaluate((html) => {
				/** @type {any} */ (document.querySelector('main')).innerHTML = html;
			}, markup || `<iframe id="f" src="${second.base}/child"></iframe>`);
			const frame = await frameAt(`${second.base}/child`);
			await frame.evaluate(() => /** @type {any} */ (window).started);
			return frame;
		}
		const resources = (/** @type {any} */ frame) => frame.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname.split('/').pop()));

		it('are recorded into their parent, without a worker of their own', async () => {
			const frame = await open({ frames: [second.base] }, { frames: [site.base] });
			await frame.evaluate(() => {
				const { body } = document;
				body.className = 'changed';
				body.append('added later');
				/** @type {any} */ (document.getElementById('i')).value = 'secret';
				const sheet = new CSSStyleSheet();
				sheet.replaceSync('p { color: red }');
				document.adoptedStyleSheets = [sheet];
			});
			const [shown] = await replayed();
			assert.equal(shown.text, 'child text added later');
			assert.equal(shown.classes, 'changed');
			assert.equal(shown.value, '******');
			const loaded = await resources(frame);
			assert.ok(loaded.includes('rearview.frame.js'));
			assert.ok(!loaded.some((/** @type {string} */ name) => /worker|wasm/.test(name)), loaded.join());
			await assert.rejects(frame.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay()), /parent/);
		});

		it('record by themselves when one of both says nothing of the other', async () => {
			for (const [own, child] of [[{}, { frames: [site.base] }], [{ frames: [second.base] }, {}], [{ frames: [site.other] }, { frames: [site.base] }], [{ frames: [second.base] }, { frames: [second.other] }], [{ frames: [second.base], projectKey: 'another' }, { frames: [site.base] }]]) {
				const frame = await open(own, child);
				assert.match(JSON.stringify(await frame.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay())), /child text/);
				assert.deepEqual((await replayed()).map(({ text }) => text), ['']);
			}
		});

		it('mask as strictly as the stricter of both', async () => {
			for (const [own, child, markup] of [['strict', 'inputs', ''], ['inputs', 'strict', ''], ['inputs', 'none', `<div data-rv-mask><iframe src="${second.base}/child"></iframe></div>`]]) {
				await open({ frames: [second.base], config: { privacy: { level: own } } }, { frames: [site.base], config: { privacy: { level: child } } }, { markup });
				const [shown] = await replayed();
				assert.equal(shown.text, '***** ****');
			}
		});

		it('are not recorded below a blocked element, and by themselves then', async () => {
			const frame = await open({ frames: [second.base] }, { frames: [site.base] }, { markup: `<iframe data-rv-block src="${second.base}/child"></iframe>` });
			assert.match(JSON.stringify(await frame.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay())), /child text/);
			assert.equal((await replayed()).map(({ text }) => text).join(''), '');
		});

		it('follow a navigation, a removal, and the parent that begins anew', async () => {
			const frame = await open({ frames: [second.base] }, { frames: [site.base] });
			second.pages['/next'] = pageWith('<p>next page</p>', { options: { frames: [site.base] }, tag: widget(second.base) });
			await frame.evaluate(() => location.assign('/next'));
			const next = await frameAt(`${second.base}/next`);
			await next.evaluate(() => /** @type {any} */ (window).started);
			assert.deepEqual((await replayed()).map(({ text }) => text), ['next page']);

			await page.evaluate(() => {
				/** @type {any} */ (window).Rearview.pause();
				/** @type {any} */ (window).Rearview.resume();
			});
			const begun = async () => (await replayed()).map(({ text }) => text).join();
			for (let i = 0; await begun() !== 'next page'; i++) assert.ok(i < 40, 'the frame came back');

			await page.evaluate(() => document.querySelector('iframe')?.remove());
			assert.deepEqual(await replayed(), []);
		});

		it('may hold frames of their own', async () => {
			site.pages['/inner'] = pageWith('<p>innermost</p>', { options: { frames: [second.base] } });
			const frame = await open({ frames: [second.base] }, { frames: [site.base] }, { body: `<p>child text</p><iframe src="${site.base}/inner"></iframe>` });
			const inner = await frameAt(`${site.base}/inner`);
			await inner.evaluate(() => /** @type {any} */ (window).started);
			const [shown] = await replayed();
			assert.equal(shown.text, 'child text');
		});

		it('harm nothing when they lie', async () => {
			/* A page that speaks the protocol and sends what it likes. */
			site.pages['/page'] = pageWith('<p>parent text</p><main></main>', { options: { frames: [second.base] } });
			second.pages['/liar'] = { body: `<!doctype html><body><script type="module">
				const {ABI_HASH: abi, BATCH_MAGIC, REC_REMOVE, REC_EPOCH, REC_DOCUMENT, REC_TEXT_SET} = await (await fetch('/records')).json();
				const send = bodies => new Promise(done => {
					const timer = setInterval(() => parent.postMessage({rearview: 'join', key: 'test', abi, level: 'none'}, '*'), 50);
					addEventListener('message', ({data, ports: [port]}) => {
						if (data?.rearview !== 'joined') return;
						clearInterval(timer);
						let left = bodies.length;
						port.onmessage = ({data}) => {
							if (data.t === 'joined') for (const body of bodies) port.postMessage(body);
							else if (data.t === 'ack' && !--left) done();
						};
					}, {once: true});
				});
				const batch = (seq, words, strings = []) => {
					const all = Uint32Array.from([BATCH_MAGIC, abi, seq, 0, 1, 0, strings.length, words.length + 8, ...words]);
					return {t: 'batch', seq, buf: all.buffer, n: all.length, strings};
				};
				const wall = new Uint32Array(Float64Array.of(9e15).buffer);
				const begin = [REC_EPOCH | 9 << 8, ...wall, 1, 1, 1, 0, 0, 1, REC_DOCUMENT | 5 << 8, 1, 0, 0, 0];
				for (const bodies of [
					[{t: 'batch', seq: 1, buf: new ArrayBuffer(7), n: 9e9, strings: 5}],
					[batch(1, [REC_REMOVE | 2 << 8, 2])],
					[batch(1, begin), batch(2, [REC_REMOVE | 2 << 8, 2147483650])],
					[batch(1, begin), batch(2, [REC_TEXT_SET | 3 << 8, 5, 2147483648], ['from the liar']), batch(3, [REC_REMOVE | 2 << 8, 3])],
					[null, 5, {t: 'export', id: 1, format: 'rrweb'}, {t: 'report', id: 2}, {t: '__proto__'}, {t: 'constructor'}, {t: 'stop', port: 1}, {t: 'batch'}, batch(1, begin, [{length: 1e9}])],
					[batch(1, begin, ['x'.repeat(40_000_000)])],
				].slice(0, 6)) await Promise.race([send(bodies), new Promise(done => setTimeout(done, 2000))]);
				document.title = 'done';
			</script></body>` };
			const records = await import(join(root, 'build/web-types/records.js'));
			second.pages['/records'] = { type: 'application/json', body: JSON.stringify(Object.fromEntries(Object.entries(records).filter(([, value]) => typeof value === 'number'))) };
			await page?.close();
			page = await browser.newPage();
			await page.goto(`${site.base}/page`);
			await recording(page);
			await page.evaluate((src) => {
				const frame = document.createElement('iframe');
				frame.src = src;
				document.querySelector('main')?.append(frame);
			}, `${second.base}/liar`);
			const liar = await page.waitForFrame((frame) => frame.url() === `${second.base}/liar`);
			await liar.waitForFunction(() => document.title === 'done', { timeout: 60_000, polling: 50 });
			await page.evaluate(() => document.body.append('after the lies'));
			const events = JSON.stringify(await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay()));
			assert.match(events, /parent text/);
			assert.match(events, /after the lies/);
			assert.doesNotMatch(events, /from the liar/);
		});
	});
}
