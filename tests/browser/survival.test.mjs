// The window over navigation, reload, kill -9 and restart, several tabs, logout; storage that is bounded,
// old, hung or of another version. The real widget, real browsers, a real collector for the reports.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, serve } from './harness.mjs';
import { startWorld } from './worker_page.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

/** What runs in every page: says things, and looks into the storage. */
const TOOLS = `<script>
	window.say = (text) => { document.getElementById('u').append(Object.assign(document.createElement('li'), { textContent: '<' + text + '>' })); };
	window.rows = async (kind) => {
		const out = [];
		for (const { name } of await indexedDB.databases()) {
			const db = await new Promise((done, failed) => Object.assign(indexedDB.open(name), { onsuccess: (e) => done(e.target.result), onerror: failed }));
			const store = db.transaction('rows').objectStore('rows');
			const range = IDBKeyRange.bound([kind], [kind, []]);
			const [keys, values] = await Promise.all([store.getAllKeys(range), store.getAll(range)].map((r) => new Promise((done) => (r.onsuccess = () => done(r.result)))));
			keys.forEach((key, i) => out.push({ key, bytes: values[i].byteLength ?? 0 }));
			db.close();
		}
		return out;
	};
</script>`;

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`survival in ${engine}`, { timeout: 600_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {any} */ let world;

		before(async () => {
			world = await startWorld();
			site = await serve({});
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
			await world?.stop();
		});

		const html = (options = {}, script = '') =>
			pageWith(`<ul id="u"></ul><script>${script}</script>`, { head: TOOLS, options: { projectKey: world.first.project_key, endpoint: world.url, config: {}, ...options } });
		/** A tab with storage of its own. */
		const fresh = async () => (await browser.createBrowserContext()).newPage();
		async function visit(/** @type {Page} */ page, path = '/one') {
			site.pages[path] ??= html();
			await page.goto(site.base + path);
			await recording(page);
			return page;
		}
		const say = (/** @type {Page} */ page, /** @type {string} */ text) => page.evaluate((t) => /** @type {any} */ (window).say(t), text);
		/** What is in the window, in order, each once: the items of the documents. */
		const heard = async (/** @type {Page} */ page) => {
			const events = await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay());
			return [...new Set(JSON.stringify(events).match(/<[\w -]+>/g) ?? [])].map((item) => item.slice(1, -1)).filter((item) => !/^(li|ul|script)$/.test(item));
		};
		const sessionOf = (/** @type {Page} */ page) => page.evaluate(() => sessionStorage.getItem('rearview.session'));
		/** The tail row is there, and has what was said. */
		const stored = (/** @type {Page} */ page) => page.waitForFunction(async () => (await /** @type {any} */ (window).rows('ring')).length > 0, { polling: 100 });
		/** Nothing was out of order, nothing had to be repaired. */
		async function sound(/** @type {Page} */ page) {
			const saved = await page.evaluate(() => /** @type {any} */ (window).Rearview.saveReport({ title: 'sound' }));
			assert.ok(saved.id, JSON.stringify(saved));
			const { json } = await world.report(saved.id);
			assert.deepEqual([json.capture.order_violations, json.capture.resyncs, json.replay.order_violations, json.replay.resyncs], [0, 0, 0, 0]);
			return json;
		}

		it('navigation and reload: nothing is lost, up to the last event', async () => {
			const page = await fresh();
			const last = "addEventListener('beforeunload', () => say(`unload ${location.pathname.slice(1)}`), true); addEventListener('pagehide', () => say(`hide ${location.pathname.slice(1)}`), true);";
			for (const path of ['north', 'east', 'south']) {
				/* Before the widget's own listeners. */
				site.pages[`/${path}`] = html().replace(TOOLS, `${TOOLS}<script>${last}</script>`);
			}
			await visit(page, '/north');
			const session = await sessionOf(page);
			/** @type {string[]} */ const wanted = [];
			for (const [from, to] of [['north', 'east'], ['east', 'south'], ['south', 'south'], ['south', 'north']]) {
				/** @type {string[]} */ const words = [`${from} a ${wanted.length}`, `${from} b ${wanted.length}`];
				await say(page, words[0]);
				await Promise.all([
					page.waitForNavigation(),
					page.evaluate((word, path) => {
						/** @type {any} */ (window).say(word);
						if (location.pathname === path) location.reload();
						else location.href = path;
					}, words[1], `/${to}`),
				]);
				wanted.push(...words, `unload ${from}`, ...(engine === 'chromium' ? [`hide ${from}`] : []));
				await recording(page);
				assert.equal(await sessionOf(page), session);
			}
			const got = await heard(page);
			assert.deepEqual([...new Set(wanted)].filter((word) => !got.includes(word)), []);
			const report = await sound(page);
			assert.equal(report.replay.pages.length, 5);
			await page.close();
		});

		it('back and forward: the page from the cache goes on', async () => {
			const page = await fresh();
			await visit(page, '/one');
			await say(page, 'first');
			await visit(page, '/two');
			await say(page, 'second');
			await page.goBack();
			await recording(page);
			await say(page, 'back again');
			await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay());
			const got = await heard(page);
			assert.ok(got.includes('back again'), got.join());
			assert.ok(got.includes('first'), got.join());
			await sound(page);
			await page.close();
		});

		it('kill -9 of the browser: at most the last second is lost', async () => {
			const profile = mkdtempSync(join(tmpdir(), `rv-kill-${engine}-`));
			/** @type {[n: number, at: number][]} */ const ticks = [];
			site.pages['/tick'] = (request) => {
				ticks.push([Number(new URL(request.url ?? '', 'http://x').searchParams.get('n')), Date.now()]);
				return 'ok';
			};
			site.pages['/kill'] = html();
			const first = await launch(engine, { profile });
			try {
				const page = await first.newPage();
				await visit(page, '/kill');
				await page.evaluate(() => {
					let n = 0;
					setInterval(() => {
						/** @type {any} */ (window).say(`tick ${++n}`);
						fetch(`/tick?n=${n}`);
					}, 50);
				});
				await page.waitForFunction(() => document.querySelectorAll('li').length > 60, { polling: 50 });
				const child = /** @type {import('node:child_process').ChildProcess} */ (first.process());
				const gone = once(child, 'exit');
				child.kill('SIGKILL');
				await gone;
			} finally {
				await first.disconnect().catch(() => {});
			}
			const [lastTick, lastAt] = ticks.reduce((a, b) => (b[0] > a[0] ? b : a));
			const second = await launch(engine, { profile });
			try {
				const page = await second.newPage();
				await visit(page, '/kill');
				await say(page, 'after the restart');
				const got = await heard(page);
				const kept = Math.max(...got.map((item) => Number(/^tick (\d+)$/.exec(item)?.[1] ?? 0)));
				assert.ok(kept > 0, 'the window of the killed browser is there');
				const keptAt = /** @type {[number, number]} */ (ticks.find(([n]) => n === kept))[1];
				assert.ok(lastAt - keptAt <= 1000, `${lastTick - kept} ticks, ${lastAt - keptAt} ms`);
				for (let n = 1; n <= kept; n++) assert.ok(got.includes(`tick ${n}`), `tick ${n} of ${kept}`);
				assert.ok(got.includes('after the restart'));
				await sound(page);
			} finally {
				await second.close();
				rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
			}
		});

		it('tabs do not mix, nor a tab and the one it opened', async () => {
			const one = await fresh();
			await visit(one, '/one');
			await say(one, 'of the first tab');
			await stored(one);
			const context = one.browserContext();
			const two = await visit(await context.newPage(), '/one');
			await say(two, 'of the second tab');
			const popup = new Promise((resolve) => one.once('popup', resolve));
			await one.evaluate(() => {
				window.open('/one');
			});
			const opened = /** @type {Page} */ (await popup);
			await opened.waitForFunction('!!window.started', { polling: 50 });
			await recording(opened);
			await say(opened, 'of the opened tab');
			const sessions = await Promise.all([one, two, opened].map(sessionOf));
			assert.equal(new Set(sessions).size, 3);
			assert.deepEqual(await heard(one), ['of the first tab']);
			assert.deepEqual(await heard(two), ['of the second tab']);
			assert.deepEqual(await heard(opened), ['of the opened tab']);
			for (const page of [one, two, opened]) await sound(page);
			/* Each keeps its own over a reload, all at once. */
			await Promise.all([one, two, opened].map((page) => page.reload().then(() => recording(page))));
			assert.deepEqual(await Promise.all([one, two, opened].map(sessionOf)), sessions);
			assert.deepEqual(await heard(opened), ['of the opened tab']);
			await Promise.all([one, two, opened].map((page) => page.close()));
		});

		it('logout ends session and window', async () => {
			const page = await fresh();
			await visit(page, '/one');
			await say(page, 'before logout');
			await stored(page);
			const session = await sessionOf(page);
			await page.evaluate(() => {
				document.getElementById('u')?.replaceChildren();
				/** @type {any} */ (window).Rearview.logout();
			});
			await page.waitForFunction((old) => sessionStorage.getItem('rearview.session') !== old, { polling: 50 }, session);
			await say(page, 'after logout');
			assert.deepEqual(await heard(page), ['after logout']);
			await page.waitForFunction(async (old) => (await /** @type {any} */ (window).rows('ring')).every((/** @type {any} */ row) => row.key[1] !== old), { polling: 50 }, session);
			await page.reload();
			await recording(page);
			assert.deepEqual(await heard(page), ['after logout']);
			await sound(page);
			await page.close();
		});

		it('what is stored is bounded, in bytes and in sessions', async () => {
			site.pages['/small'] = html({ config: { capture: { max_bytes: 1 << 20, window_ms: 600_000, checkpoint_bytes: 200_000 } } });
			const page = await fresh();
			await visit(page, '/small');
			const total = await page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				let most = 0;
				for (let i = 0; i < 60; i++) {
					/* What does not compress. */
					const text = Array.from(crypto.getRandomValues(new Uint32Array(8000)), (n) => n.toString(36)).join('');
					/** @type {any} */ (document.getElementById('u')).replaceChildren(text);
					await w.Rearview.exportReplay({ format: 'native', from: Date.now() });
				}
				const until = Date.now() + 1500;
				while (Date.now() < until) {
					most = Math.max(most, (await w.rows('ring')).reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row.bytes, 0));
					await new Promise((done) => setTimeout(done, 100));
				}
				return most;
			});
			assert.ok(total > 100_000 && total < (1 << 20) + 400_000, `${total} bytes`);
			await sound(page);

			const context = page.browserContext();
			const many = [];
			for (let i = 0; i < 8; i++) many.push(await visit(await context.newPage(), '/small'));
			for (const other of many) await say(other, 'x');
			await many[7].waitForFunction(async () => (await /** @type {any} */ (window).rows('session')).length >= 9, { polling: 100 });
			for (const other of many) await other.close();
			await page.reload();
			await recording(page);
			await page.waitForFunction(async () => (await /** @type {any} */ (window).rows('session')).length <= 6, { polling: 100, timeout: 60_000 });
			const rows = await page.evaluate(async () => [await /** @type {any} */ (window).rows('session'), await /** @type {any} */ (window).rows('ring')]);
			const kept = new Set(rows[0].map((/** @type {any} */ row) => row.key[1]));
			assert.deepEqual(rows[1].filter((/** @type {any} */ row) => !kept.has(row.key[1])), []);
			await page.close();
		});

		it('rows of an older version are passed over', async () => {
			const page = await fresh();
			site.pages['/seed'] = '<!doctype html><title>seed</title>';
			await page.goto(`${site.base}/seed`);
			await page.evaluate((key) => new Promise((done, failed) => {
				const open = indexedDB.open(`rearview-${key}`, 1);
				open.onupgradeneeded = () => open.result.createObjectStore('rows');
				open.onerror = failed;
				open.onsuccess = () => {
					const tx = open.result.transaction('rows', 'readwrite');
					const store = tx.objectStore('rows');
					store.put({ id: 'old-session-1', at: Date.now(), left: 1 }, ['session', 'old-session-1']);
					store.put(new TextEncoder().encode('RVS0 of a version that is long gone'), ['ring', 'old-session-1', 1]);
					store.put('text', ['ring', 'old-session-1', 2]);
					store.put(new Uint8Array(5000), ['ring', 'old-session-1', 3]);
					store.put({ nothing: 'known' }, ['session', 'odd']);
					store.put('{"capture":', ['kv', 'config x']);
					store.put({ at: 'yesterday' }, ['report', 'odd']);
					tx.oncomplete = () => {
						open.result.close();
						done(undefined);
					};
					tx.onabort = failed;
				};
			}), world.first.project_key);
			await visit(page, '/one');
			await say(page, 'new words');
			assert.deepEqual(await heard(page), ['new words']);
			await sound(page);
			await page.close();
		});

		it('a database of a newer version is left alone', async () => {
			const page = await fresh();
			site.pages['/seed'] = '<!doctype html><title>seed</title>';
			await page.goto(`${site.base}/seed`);
			await page.evaluate((key) => new Promise((done, failed) => {
				const open = indexedDB.open(`rearview-${key}`, 7);
				open.onupgradeneeded = () => open.result.createObjectStore('something');
				open.onerror = failed;
				open.onsuccess = () => {
					open.result.close();
					done(undefined);
				};
			}), world.first.project_key);
			await visit(page, '/one');
			await say(page, 'beside it');
			await page.waitForFunction(async (name) => (await indexedDB.databases()).some((db) => db.name === `rearview-${name}.1`), { polling: 100 }, world.first.project_key);
			await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay());
			await page.reload();
			await recording(page);
			assert.deepEqual(await heard(page), ['beside it']);
			await page.close();
		});

		it('databases that never open do not keep recording waiting', async () => {
			site.pages['/mute.js'] = { type: 'text/javascript', body: "IDBFactory.prototype.open = () => ({}); importScripts('/rearview/rearview.worker.js');" };
			site.pages['/mute'] = html({ workerUrl: '/mute.js' });
			const page = await fresh();
			await visit(page, '/mute');
			assert.equal(await page.evaluate(() => performance.getEntriesByName(/** @type {any} */ ([...performance.getEntriesByType('resource')].find((e) => e.name.includes('page.js')))?.name ?? '').length), 0, 'on the first rung');
			await say(page, 'all the same');
			assert.deepEqual(await heard(page), ['all the same']);
			const report = await sound(page);
			assert.deepEqual(report.capture.notes.filter((/** @type {string} */ note) => note.startsWith('storage')).sort(), ['storage', 'storage_hung']);
			await page.close();
		});
	});
}
