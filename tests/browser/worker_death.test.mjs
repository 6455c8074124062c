// A worker that dies or hangs is replaced: the window goes on with what came before, a noted gap and a
// new document; nothing else is lost, and a request that was under way is answered.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, serve } from './harness.mjs';
import { startWorld } from './worker_page.mjs';

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`a worker that ends in ${engine}`, { timeout: 180_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {any} */ let world;

		before(async () => {
			world = await startWorld();
			site = await serve({
				'/mortal.js': {
					type: 'text/javascript',
					body: `new BroadcastChannel('end').onmessage = ({ data }) => {
						if (data === 'dead') close();
						else for (;;);
					};
					importScripts('/rearview/rearview.worker.js');`,
				},
			});
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
			await world?.stop();
		});

		/** A page whose list grows by a numbered item at each call of `grow`. */
		async function open(/** @type {string} */ key) {
			site.pages['/page'] = pageWith('<ul id="u"></ul>', {
				options: { projectKey: world.first.project_key, endpoint: world.url, config: {}, workerUrl: '/mortal.js' },
				head: '<script>window.broken = []; addEventListener("error", (e) => broken.push(e.message)); addEventListener("unhandledrejection", (e) => broken.push(String(e.reason)));</script>',
			});
			const page = await (await browser.createBrowserContext()).newPage(); // storage of its own
			await page.goto(`${site.base}/page?${key}`);
			await recording(page);
			await page.evaluate(() => {
				/** @type {any} */ (window).restarted = new Promise((done) => {
					const { Rearview } = /** @type {any} */ (window);
					Rearview.on('degrade', (/** @type {any} */ d) => d.what === 'restarted' && done(d));
				});
			});
			return page;
		}
		const grow = (/** @type {import('puppeteer-core').Page} */ page, /** @type {string} */ text) =>
			page.evaluate((t) => {
				document.getElementById('u')?.append(Object.assign(document.createElement('li'), { textContent: t }));
			}, text);
		const exported = (/** @type {import('puppeteer-core').Page} */ page) => page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay());

		/** @param {import('puppeteer-core').Page} page @param {() => Promise<any>} kill */
		async function survives(page, kill) {
			await grow(page, 'before the end');
			await exported(page); // so the worker has it
			await page.waitForFunction(async () => {
				const [{ name }] = await indexedDB.databases();
				const db = await new Promise((done) => Object.assign(indexedDB.open(/** @type {string} */ (name)), { onsuccess: (/** @type {any} */ e) => done(e.target.result) }));
				const keys = await new Promise((done) => Object.assign(db.transaction('rows').objectStore('rows').count(IDBKeyRange.bound(['ring'], ['ring', []])), { onsuccess: (/** @type {any} */ e) => done(e.target.result) }));
				db.close();
				return keys > 0;
			}, { polling: 100 });
			await page.evaluate(() => new Promise((done) => setTimeout(done, 700))); // a tail row is half a second old at most
			await kill();
			await grow(page, 'while nobody listens');
			await page.evaluate(() => /** @type {any} */ (window).restarted);
			await grow(page, 'after the restart');
			const events = await exported(page);
			const text = JSON.stringify(events);
			assert.match(text, /before the end/);
			assert.deepEqual(events.filter((/** @type {any} */ e) => e.type === 2).length, 2);
			const second = events.findLastIndex((/** @type {any} */ e) => e.type === 2);
			assert.match(JSON.stringify(events[second]), /before the end.*while nobody listens/);
			assert.match(JSON.stringify(events.slice(second)), /after the restart/); // in the new document, if that was still being read
			const gaps = events.filter((/** @type {any} */ e) => e.type === 5 && e.data.tag.endsWith('gap'));
			assert.equal(gaps.length, 1, JSON.stringify(events.filter((/** @type {any} */ e) => e.type === 5)));
			const saved = await page.evaluate(() => /** @type {any} */ (window).Rearview.saveReport({ title: 'survived' }));
			const { json } = await world.report(saved.id);
			assert.deepEqual([json.capture.order_violations, json.capture.resyncs], [0, 0]);
			assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).broken), []);
			await page.close();
		}
		/** The worker's end. */
		const end = (/** @type {import('puppeteer-core').Page} */ page, /** @type {'dead' | 'stalled'} */ how) =>
			page.evaluate((word) => new BroadcastChannel('end').postMessage(word), how);

		for (const how of /** @type {const} */ (['dead', 'stalled'])) {
			it(how, async () => {
				const page = await open(how);
				await survives(page, () => end(page, how));
			});
		}

		it('dead while a report is under way: the caller is told soon', async () => {
			const page = await open('asked');
			await grow(page, 'reported');
			await exported(page);
			await end(page, 'dead');
			const ask = (/** @type {string} */ title) => page.evaluate((t) => /** @type {any} */ (window).Rearview.saveReport({ title: t }).catch((/** @type {Error} */ e) => e.message), title);
			assert.equal(await ask('asked'), 'The worker was restarted.');
			await page.evaluate(() => /** @type {any} */ (window).restarted);
			const saved = await ask('asked again');
			const { json } = await world.report(saved.id);
			assert.deepEqual([json.capture.order_violations, json.capture.resyncs], [0, 0]);
			await page.close();
		});
	});
}
