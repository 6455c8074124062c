/// <reference path="./worker_client.d.ts" />
// Configuration and storage: cached and revalidated, never trusted with names that reach prototypes;
// storage that is missing, hangs or is full costs survival and nothing else.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { launch } from './harness.mjs';
import { servePage, startSwitch, startWorld } from './worker_page.mjs';

const CONFIG = '/v1/widget/config';

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`configuration and storage in ${engine}`, { timeout: 180_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof servePage>>} */ let site;
		/** @type {any} */ let world;
		/** @type {(method: string, path: string, body?: object) => Promise<any>} */ let ask;
		/** @type {Awaited<ReturnType<typeof startSwitch>>} */ let road;

		before(async () => {
			world = await startWorld();
			ask = await world.login();
			road = await startSwitch(world.url);
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await road?.stop();
			await site?.stop();
			await world?.stop();
		});
		beforeEach(async () => {
			road.set('open');
			await site?.stop();
			site = await servePage({
				'/bare.js': ["Object.defineProperty(self, 'indexedDB', {value: undefined}); importScripts('/rearview.worker.js');", 'text/javascript'],
				'/lockless.js': ["Object.defineProperty(navigator, 'locks', {value: undefined}); importScripts('/rearview.worker.js');", 'text/javascript'],
				'/trap.js': [
					`const real = WebAssembly.instantiate;
					let batches = 0;
					WebAssembly.instantiate = async (...args) => {
						const { exports } = await real(...args);
						/* The functions have short names: a batch is what takes four arguments. */
						const trapping = f => (...words) => {
							if (++batches === 3) throw new WebAssembly.RuntimeError('trap');
							return f(...words);
						};
						return { exports: Object.fromEntries(Object.entries(exports).map(([name, f]) => [name, f.length === 4 ? trapping(f) : f])) };
					};
					importScripts('/rearview.worker.js');`,
					'text/javascript',
				],
			});
		});

		async function tab(options = {}, /** @type {import('puppeteer-core').Page | null} */ page = null, before = () => {}) {
			if (page) await page.reload();
			else {
				page = await browser.newPage();
				await page.goto(site.url);
			}
			await page.waitForFunction('globalThis.start');
			await page.evaluate(before);
			const ready = await page.evaluate((all) => globalThis.start(all), { projectKey: world.first.project_key, endpoint: road.url, ...options });
			return { page, ready };
		}
		const titled = async (/** @type {string} */ title) => (await ask('GET', `reports?workspace=${world.first.workspace_id}&limit=100`)).json.reports.filter((/** @type {any} */ r) => r.title === title);
		/** Records, reports and exports as if nothing was wrong. */
		async function works(/** @type {import('puppeteer-core').Page} */ page, /** @type {string} */ title) {
			await page.evaluate(() => globalThis.h.begin());
			await page.evaluate(() => globalThis.h.mark('kept'));
			assert.deepEqual(await page.evaluate(() => globalThis.h.marks()), ['kept']);
			const saved = await page.evaluate((all) => globalThis.h.report(all), { title });
			assert.ok(saved.id);
			assert.equal((await titled(title)).length, 1);
		}
		async function setWindow(/** @type {number} */ ms) {
			const path = `workspaces/${world.first.workspace_id}/settings`;
			const { config } = (await ask('GET', path)).json;
			config.capture = { ...config.capture, window_ms: ms };
			assert.equal((await ask('PUT', path, { config })).status, 200);
		}

		it('waits for the first configuration, then revalidates by ETag and applies a change at the next page', async () => {
			await setWindow(300_000);
			let from = road.requests.length;
			const first = await tab();
			assert.equal(first.ready.config.capture.window_ms, 300_000);
			assert.deepEqual(first.ready.degraded, []);
			assert.equal((await road.passed(CONFIG, from)).status, 200);

			from = road.requests.length;
			const second = await tab({}, first.page);
			assert.equal(second.ready.config.capture.window_ms, 300_000);
			const again = await road.passed(CONFIG, from);
			assert.ok(again.headers['if-none-match']);
			assert.equal(again.status, 304);

			await setWindow(240_000);
			from = road.requests.length;
			const third = await tab({}, first.page);
			assert.equal(third.ready.config.capture.window_ms, 300_000);
			assert.equal((await road.passed(CONFIG, from)).status, 200);
			await first.page.waitForFunction(() => globalThis.h.rows(true).then((/** @type {any} */ rows) => rows.kv.some((/** @type {any} */ value) => `${value}`.includes('240000'))), { polling: 50 });
			const fourth = await tab({}, first.page);
			assert.equal(fourth.ready.config.capture.window_ms, 240_000);
			await first.page.close();
		});

		it('starts with the cached configuration while the collector is away', async () => {
			const first = await tab();
			road.set('offline');
			const second = await tab({}, first.page);
			assert.deepEqual(second.ready.config, first.ready.config);
			await first.page.close();
		});

		it('gives a first visit five seconds, then starts with the defaults and says so', async () => {
			road.set('silent');
			const at = Date.now();
			const { page, ready } = await tab();
			assert.ok(Date.now() - at >= 4900);
			assert.deepEqual(ready.config, {});
			assert.deepEqual(ready.degraded, ['config']);
			road.set('open');
			await works(page, 'defaults');
			await page.close();
		});

		it('lets no name through that reaches a prototype', async () => {
			const page = await browser.newPage();
			await page.goto(site.url);
			await page.waitForFunction('globalThis.start');
			const keys = await page.evaluate(async (options) => {
				const config = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"capture":{"__proto__":{"window_ms":1},"window_ms":60000}}');
				const ready = await globalThis.start({ ...options, config });
				return [Object.getOwnPropertyNames(ready.config), Object.getOwnPropertyNames(ready.config.capture), 'polluted' in {}];
			}, { projectKey: world.first.project_key, endpoint: road.url });
			assert.deepEqual(keys, [['capture'], ['window_ms'], false]);
			await page.close();
		});

		it('masks strictly when a setting is not understood', async () => {
			const { page, ready } = await tab({ config: { capture: { window_ms: 'long' } } });
			assert.equal(ready.degraded.length, 1);
			assert.match(ready.degraded[0], /window_ms/);
			await works(page, 'misconfigured');
			await page.close();
		});

		it('works without IndexedDB', async () => {
			const { page, ready } = await tab({ worker: '/bare.js', config: {} });
			assert.deepEqual(ready.degraded, ['storage']);
			await works(page, 'bare');
			road.set('offline');
			assert.deepEqual(await page.evaluate(() => globalThis.h.report({ title: 'in memory' })), { queued: true });
			road.set('open');
			await page.evaluate(() => globalThis.h.event('submit', (/** @type {any} */ d) => d.number > 1 && globalThis.h.messages.filter((/** @type {any} */ m) => m.name === 'submit').length > 1));
			assert.equal((await titled('in memory')).length, 1);
			await page.close();
		});

		for (const worker of ['blob:', 'page:']) {
			it(`works from ${worker}`, async () => {
				const { page, ready } = await tab({ worker, config: {} });
				assert.deepEqual(ready.degraded, []);
				await works(page, `from ${worker}`);
				await page.close();
			});
		}

		it('works without Web Locks: a session is taken up once it was left', async () => {
			const first = await tab({ worker: '/lockless.js', config: {} });
			assert.deepEqual(first.ready.degraded, ['locks']);
			await works(first.page, 'lockless');
			const other = await tab({ worker: '/lockless.js', config: {} });
			assert.notEqual(other.ready.session, first.ready.session);
			await other.page.close();
			const second = await tab({ worker: '/lockless.js', config: {} }, first.page);
			assert.equal(second.ready.session, first.ready.session);
			assert.deepEqual(await second.page.evaluate(() => globalThis.h.marks()), ['kept']);
			await second.page.close();
		});

		it('replaces a core that trapped, with the window that was stored', async () => {
			const { page, ready } = await tab({ worker: '/trap.js', config: {} });
			await page.evaluate(() => globalThis.h.begin());
			await page.evaluate(() => globalThis.h.mark('before'));
			await page.waitForFunction((id) => globalThis.h.rows().then((/** @type {any} */ rows) => rows.ring.some((/** @type {any} */ key) => key[0] === id)), { polling: 50 }, ready.session);
			await page.evaluate(() => globalThis.h.mark('trapped'));
			await page.evaluate(() => globalThis.h.seen((/** @type {any} */ m) => m.t === 'reject' && m.seq === 0));
			await page.evaluate(() => globalThis.h.begin());
			await page.evaluate(() => globalThis.h.mark('after'));
			assert.deepEqual(await page.evaluate(() => globalThis.h.marks()), ['before', 'after']);
			await page.close();
		});

		it('leaves a database that hangs for another, and later rescues its reports', async () => {
			const first = await tab({ config: {} });
			await first.page.evaluate(() => globalThis.h.begin());
			road.set('offline');
			assert.deepEqual(await first.page.evaluate(() => globalThis.h.report({ title: 'rescued' })), { queued: true });
			/* An upgrade that never ends keeps every other connection waiting. */
			const second = await tab({ config: {} }, first.page, () => {
				const scope = /** @type {any} */ (globalThis);
				return new Promise((resolve) => {
					indexedDB.databases().then(([{ name }]) => {
						const open = indexedDB.open(/** @type {string} */ (name), 2);
						open.onupgradeneeded = () => {
							const { transaction } = open;
							const spin = () => {
								if (scope.release) transaction?.abort();
								else /** @type {IDBTransaction} */ (transaction).objectStore('rows').get('x').onsuccess = spin;
							};
							spin();
							resolve(undefined);
						};
						open.onerror = (event) => event.preventDefault();
					});
				});
			});
			assert.deepEqual(second.ready.degraded, ['storage_hung']);
			road.set('open');
			await works(second.page, 'beside');
			await second.page.evaluate(() => {
				/** @type {any} */ (globalThis).release = true;
			});
			await second.page.evaluate(() => globalThis.h.event('submit', () => globalThis.h.messages.filter((/** @type {any} */ m) => m.name === 'submit').length > 1));
			assert.equal((await titled('rescued')).length, 1);
			const third = await tab({ config: {} }, second.page);
			assert.deepEqual(third.ready.degraded, []);
			assert.equal(third.ready.session, second.ready.session);
			await third.page.close();
		});

		it('full storage costs survival, not the recording', { skip: engine !== 'chromium' && 'the quota is set through the DevTools protocol' }, async () => {
			const page = await browser.newPage();
			const cdp = await page.createCDPSession();
			/* Before the database is opened: what was free then counts for a while. */
			await cdp.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 50_000 });
			await page.goto(site.url);
			await tab({ config: {} }, page);
			await page.evaluate(() => globalThis.h.begin());
			/* What does not compress. */
			await page.evaluate(() => globalThis.h.mark(Array.from(crypto.getRandomValues(new Uint32Array(16_000)), (n) => n.toString(36)).join(' ')));
			const detail = await page.evaluate(() => globalThis.h.event('degrade'));
			assert.match(detail.what, /^storage/);
			await page.evaluate(() => globalThis.h.mark('small'));
			assert.equal((await page.evaluate(() => globalThis.h.marks())).length, 2);
			const saved = await page.evaluate(() => globalThis.h.report({ title: 'full' }));
			assert.ok(saved.id);
			await page.close();
		});
	});
}
