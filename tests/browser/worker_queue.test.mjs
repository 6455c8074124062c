/// <reference path="./worker_client.d.ts" />
// Reports on their way, against a real collector behind a switch: every one arrives, once.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { launch } from './harness.mjs';
import { servePage, startSwitch, startWorld } from './worker_page.mjs';

const SUBMIT = '/v1/widget/submit';

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`the report queue in ${engine}`, { timeout: 180_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof servePage>>} */ let site;
		/** @type {any} */ let world;
		/** @type {(method: string, path: string) => Promise<any>} */ let ask;
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
		/* A site of its own for each test: another origin, other storage. */
		beforeEach(async () => {
			road.set('open');
			await site?.stop();
			site = await servePage();
		});

		async function start(/** @type {import('puppeteer-core').Page} */ page, options = {}) {
			await page.waitForFunction('globalThis.start');
			await page.evaluate((all) => globalThis.start(all), { projectKey: world.first.project_key, endpoint: road.url, config: {}, ...options });
			await page.evaluate(() => globalThis.h.begin());
		}
		async function tab(options = {}) {
			const page = await browser.newPage();
			await page.goto(site.url);
			await start(page, options);
			return page;
		}
		const report = (/** @type {import('puppeteer-core').Page} */ page, /** @type {string} */ title, more = {}) => page.evaluate((all) => globalThis.h.report(all), { title, ...more });
		const titled = async (/** @type {string} */ title) => (await ask('GET', `reports?workspace=${world.first.workspace_id}&limit=100`)).json.reports.filter((/** @type {any} */ r) => r.title === title);
		const queued = (/** @type {import('puppeteer-core').Page} */ page) => page.evaluate(() => globalThis.h.rows()).then((rows) => rows.report.length);
		const submitted = (/** @type {import('puppeteer-core').Page} */ page, /** @type {string} */ key) => page.evaluate((k) => globalThis.h.event('submit', (/** @type {any} */ d) => !k || d.key === k), key);

		it('sends a report with its replay and leaves nothing behind', async () => {
			const page = await tab();
			await page.evaluate(() => globalThis.h.mark('seen'));
			const saved = await report(page, 'plain', { custom: { plan: 'pro' } });
			assert.ok(saved.id && saved.number && saved.session_info_url);
			assert.equal((await titled('plain')).length, 1);
			const whole = (await world.report(saved.id)).json;
			assert.deepEqual(whole.attachments.map((/** @type {any} */ a) => a.kind), ['replay']);
			const rows = await page.evaluate(() => globalThis.h.rows());
			assert.deepEqual([rows.report, rows.part], [[], []]);
			await page.close();
		});

		it('keeps a report while the collector is away and sends it once when it is back', async () => {
			const page = await tab();
			road.set('offline');
			assert.deepEqual(await report(page, 'offline'), { queued: true });
			assert.equal(await queued(page), 1);
			assert.equal((await titled('offline')).length, 0);
			road.set('open');
			await submitted(page, '');
			assert.equal((await titled('offline')).length, 1);
			assert.equal(await queued(page), 0);
			await page.close();
		});

		it('sends what an earlier page could not', async () => {
			const page = await tab();
			road.set('offline');
			await report(page, 'reload');
			road.set('open');
			await page.reload();
			await start(page);
			await submitted(page, '');
			assert.equal((await titled('reload')).length, 1);
			assert.equal(await queued(page), 0);
			await page.close();
		});

		it('a tab killed while the collector answers loses and doubles nothing', async () => {
			const page = await tab();
			const from = road.requests.length;
			road.set('mute');
			/* The upload's answer is lost, then the page is. */
			report(page, 'killed').catch(() => {});
			await road.passed('/v1/widget/upload', from);
			await page.close();
			road.set('open');
			const next = await tab();
			await submitted(next, '');
			assert.equal((await titled('killed')).length, 1);
			assert.equal(await queued(next), 0);
			const [found] = await titled('killed');
			assert.equal((await world.report(found.id)).json.attachments.length, 1);
			await next.close();
		});

		it('a tab killed after the submit was stored leaves one report', async () => {
			const page = await tab();
			const from = road.requests.length;
			road.set('mute');
			report(page, 'doubled', { parts: {} }).catch(() => {});
			await road.passed(SUBMIT, from);
			assert.equal((await titled('doubled')).length, 1);
			await page.close();
			road.set('open');
			const next = await tab();
			await submitted(next, '');
			assert.equal((await titled('doubled')).length, 1);
			assert.equal(await queued(next), 0);
			await next.close();
		});

		it('several tabs send each report once', async () => {
			const a = await tab();
			const b = await tab();
			road.set('offline');
			await Promise.all([1, 2, 3].flatMap((n) => [report(a, `a${n}`), report(b, `b${n}`)]));
			const from = road.requests.length;
			road.set('open');
			await a.waitForFunction(() => globalThis.h.rows().then((/** @type {any} */ rows) => rows.report.length === 0), { timeout: 30_000, polling: 100 });
			for (const title of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']) assert.equal((await titled(title)).length, 1, title);
			assert.equal(road.requests.slice(from).filter((r) => r.path === SUBMIT && r.method === 'POST').length, 6);
			await a.close();
			await b.close();
		});

		it('gives up what the collector refuses, and says so', async () => {
			const page = await tab({ projectKey: 'pk_nobody' });
			await assert.rejects(report(page, 'refused'));
			const detail = await page.evaluate(() => globalThis.h.event('submiterror'));
			assert.equal(detail.status, 401);
			assert.equal(await queued(page), 0);
			await page.close();
		});

		it('waits as long as Retry-After says, over a reload too', async () => {
			const page = await tab();
			road.busy(4);
			const at = Date.now();
			assert.deepEqual(await report(page, 'busy', { parts: {} }), { queued: true });
			road.set('open');
			await page.reload();
			await start(page);
			await submitted(page, '');
			assert.ok(Date.now() - at >= 4000, `${Date.now() - at} ms`);
			assert.equal((await titled('busy')).length, 1);
			await page.close();
		});

		it('keeps 50 reports', async () => {
			const page = await tab();
			road.set('offline');
			for (let n = 0; n < 50; n++) await report(page, `many${n}`, { parts: {} });
			assert.equal(await queued(page), 50);
			await page.close();
		});

		it('sends a report without what could not be made', async () => {
			const page = await tab({ toolsUrl: `${site.url}rearview.wasm` });
			await page.evaluate(() => globalThis.h.mark('seen'));
			const saved = await report(page, 'no tools', { pixels: { data: null, width: 1, height: 1 } });
			const { json } = await world.report(saved.id);
			assert.deepEqual(json.attachments.map((/** @type {any} */ a) => a.kind), ['replay']);
			assert.ok(json.capture.notes.some((/** @type {string} */ note) => note.startsWith('screenshot')), json.capture.notes.join());
			await page.close();
		});

		it('without an endpoint reports fail with a reason and exports work', async () => {
			const page = await tab({ endpoint: null });
			await page.evaluate(() => globalThis.h.mark('local'));
			await assert.rejects(report(page, 'nowhere'), /endpoint/);
			assert.deepEqual(await page.evaluate(() => globalThis.h.marks()), ['local']);
			const bytes = await page.evaluate(async () => (await globalThis.h.request('export', { format: 'native', from: 0, to: 0 })).byteLength);
			assert.ok(bytes > 60);
			await page.close();
		});
	});
}
