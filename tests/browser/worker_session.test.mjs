/// <reference path="./worker_client.d.ts" />
// Sessions and their windows: what page 1 recorded is in the export of page 2, who may record into a
// session, what logout ends. Real browser, real core, no collector.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from './harness.mjs';
import { servePage } from './worker_page.mjs';

const local = { projectKey: 'pk_session', endpoint: null };

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`sessions in ${engine}`, { timeout: 120_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof servePage>>} */ let site;

		before(async () => {
			site = await servePage();
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.stop();
		});

		/** A tab whose worker runs; `key` keeps tests apart. */
		async function tab(/** @type {string} */ key, options = {}, /** @type {import('puppeteer-core').Page | null} */ page = null) {
			if (page) await page.reload();
			else {
				page = await browser.newPage();
				await page.goto(site.url);
			}
			await page.waitForFunction('globalThis.start');
			const ready = await page.evaluate((all) => globalThis.start(all), { ...local, projectKey: key, ...options });
			await page.evaluate(() => globalThis.h.begin());
			return { page, ready };
		}
		const mark = (/** @type {import('puppeteer-core').Page} */ page, /** @type {string} */ name) => page.evaluate((n) => globalThis.h.mark(n), name);
		const marks = (/** @type {import('puppeteer-core').Page} */ page) => page.evaluate(() => globalThis.h.marks());
		const stored = (/** @type {import('puppeteer-core').Page} */ page, /** @type {string} */ session) =>
			page.waitForFunction((id) => globalThis.h.rows().then((/** @type {any} */ rows) => rows.ring.some((/** @type {any} */ key) => key[0] === id)), { polling: 50 }, session);

		it('a second page of the tab has what the first recorded, its last batch included', async () => {
			const first = await tab('pk_reload');
			await mark(first.page, 'one');
			await first.page.evaluate(() => {
				/** @type {any} */ (globalThis).beforeHide = (/** @type {any} */ h) => h.lastMark('last');
			});
			const second = await tab('pk_reload', {}, first.page);
			assert.equal(second.ready.session, first.ready.session);
			assert.equal(second.ready.visitor, first.ready.visitor);
			await mark(second.page, 'two');
			assert.deepEqual(await marks(second.page), ['one', 'last', 'two']);
			const third = await tab('pk_reload', {}, second.page);
			await mark(third.page, 'three');
			assert.deepEqual(await marks(third.page), ['one', 'last', 'two', 'three']);
			await third.page.close();
		});

		it('a tab that was killed loses at most its last half second', async () => {
			const first = await tab('pk_kill');
			await mark(first.page, 'before');
			await stored(first.page, first.ready.session);
			await first.page.evaluate(() => {
				globalThis.h.post = () => {};
				globalThis.dispatchEvent = () => true;
			});
			await first.page.close();
			const second = await tab('pk_kill', { hint: false });
			assert.equal(second.ready.session, first.ready.session);
			assert.deepEqual(await marks(second.page), ['before']);
			await second.page.close();
		});

		it('two tabs have two sessions of one visitor, and keep them over reloads', async () => {
			const a = await tab('pk_tabs');
			await mark(a.page, 'a');
			await stored(a.page, a.ready.session);
			const b = await tab('pk_tabs');
			await mark(b.page, 'b');
			await stored(b.page, b.ready.session);
			assert.notEqual(a.ready.session, b.ready.session);
			assert.equal(a.ready.visitor, b.ready.visitor);
			const a2 = await tab('pk_tabs', {}, a.page);
			const b2 = await tab('pk_tabs', {}, b.page);
			assert.deepEqual([a2.ready.session, b2.ready.session], [a.ready.session, b.ready.session]);
			assert.deepEqual(await marks(a2.page), ['a']);
			assert.deepEqual(await marks(b2.page), ['b']);
			await a.page.close();
			await b.page.close();
		});

		it('a tab opened with a copy of the session id gets a session of its own', async () => {
			const a = await tab('pk_clone');
			await mark(a.page, 'mine');
			await stored(a.page, a.ready.session);
			const popup = new Promise((resolve) => a.page.once('popup', resolve));
			await a.page.evaluate(() => {
				globalThis.open(location.href, '_blank');
			});
			const page = /** @type {import('puppeteer-core').Page} */ (await popup);
			await page.waitForFunction('globalThis.start');
			assert.equal(await page.evaluate(() => sessionStorage.getItem('rv_session')), a.ready.session);
			const clone = await page.evaluate((all) => globalThis.start(all), { ...local, projectKey: 'pk_clone' });
			assert.notEqual(clone.session, a.ready.session);
			await page.close();
			await a.page.close();
		});

		it('a tab without a session takes up the newest one nobody has', async () => {
			const a = await tab('pk_adopt');
			await mark(a.page, 'kept');
			await stored(a.page, a.ready.session);
			await a.page.close();
			const b = await tab('pk_adopt');
			assert.equal(b.ready.session, a.ready.session);
			assert.deepEqual(await marks(b.page), ['kept']);
			await b.page.close();
		});

		it('logout ends the session and its window', async () => {
			const a = await tab('pk_logout');
			await mark(a.page, 'secret');
			await stored(a.page, a.ready.session);
			const detail = await a.page.evaluate(() => {
				globalThis.h.post({ t: 'logout' });
				return globalThis.h.event('session');
			});
			assert.notEqual(detail.session, a.ready.session);
			assert.equal(detail.visitor, a.ready.visitor);
			await mark(a.page, 'after');
			assert.deepEqual(await marks(a.page), ['after']);
			await stored(a.page, detail.session);
			const rows = await a.page.evaluate(() => globalThis.h.rows());
			assert.ok(!rows.ring.some((/** @type {any} */ key) => key[0] === a.ready.session), 'rows of the ended session are deleted');
			const b = await tab('pk_logout', {}, a.page);
			assert.equal(b.ready.session, detail.session);
			assert.deepEqual(await marks(b.page), ['after']);
			await a.page.close();
		});

		it('a page that comes back goes on in its session, unless another tab took it up', async () => {
			const a = await tab('pk_back');
			await mark(a.page, 'a');
			await a.page.evaluate(() => {
				globalThis.h.post({ t: 'pagehide' });
				globalThis.h.post({ t: 'page', url: location.href, visible: true });
			});
			await mark(a.page, 'back');
			await stored(a.page, a.ready.session);
			assert.equal(await a.page.evaluate(() => globalThis.h.messages.some((/** @type {any} */ m) => m.name === 'session')), false);

			await a.page.evaluate(() => globalThis.h.post({ t: 'pagehide' }));
			const b = await tab('pk_back', { hint: false });
			assert.equal(b.ready.session, a.ready.session);
			assert.deepEqual(await marks(b.page), ['a', 'back']);
			const moved = await a.page.evaluate(() => {
				globalThis.h.post({ t: 'page', url: location.href, visible: true });
				return globalThis.h.event('session');
			});
			assert.notEqual(moved.session, a.ready.session);
			await mark(a.page, 'alone');
			assert.deepEqual(await marks(a.page), ['a', 'back', 'alone']);
			await a.page.close();
			await b.page.close();
		});

		it('a refused batch is rejected, and the next encoder records', async () => {
			const a = await tab('pk_reject');
			await mark(a.page, 'good');
			const seq = await a.page.evaluate(() => globalThis.h.garbage());
			const reject = await a.page.evaluate((n) => globalThis.h.seen((/** @type {any} */ m) => m.t === 'reject' && m.seq === n).then((/** @type {any} */ m) => ({ status: m.status, bytes: m.buf.byteLength })), seq);
			assert.ok(reject.status > 0 && reject.bytes > 0);
			assert.equal((await mark(a.page, 'dropped')).t, 'ack');
			await a.page.evaluate(() => globalThis.h.begin());
			await mark(a.page, 'again');
			assert.deepEqual(await marks(a.page), ['good', 'again']);
			await a.page.close();
		});
	});
}
