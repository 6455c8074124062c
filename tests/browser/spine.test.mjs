// The whole way once, as a stranger walks it: the demo comes up, a person uses the page, support asks
// for the session from a terminal, and the report replays what happened. Real demo script, real
// collector, real SQLite file, in Chromium and in Firefox.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { differing, isSeen } from '../png.mjs';
import { launch } from './harness.mjs';

const root = resolve(import.meta.dirname, '../..');

async function freePort() {
	const probe = createServer().listen(0, '127.0.0.1');
	await once(probe, 'listening');
	const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
	probe.close();
	await once(probe, 'close');
	return port;
}

/** Starts the demo as scripts/demo does after building. */
async function startDemo(/** @type {string} */ data, /** @type {number} */ port) {
	const child = spawn(process.execPath, [join(root, 'scripts/demo.mjs'), String(port), data], { stdio: ['ignore', 'pipe', 'pipe'] });
	let seen = '';
	let errors = '';
	child.stderr.on('data', (chunk) => (errors += chunk));
	await new Promise((done, failed) => {
		child.stdout.on('data', (chunk) => {
			seen += chunk;
			if (/^ready$/m.test(seen)) done(undefined);
		});
		child.on('exit', (code) => failed(new Error(`the demo ended with ${code}: ${errors}`)));
	});
	return {
		demo: JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')),
		async stop() {
			child.removeAllListeners('exit');
			if (child.exitCode === null) {
				child.kill('SIGTERM');
				await once(child, 'exit');
			}
			return { code: child.exitCode, errors };
		},
	};
}

/** Asks again until the answer is there: what is awaited happens in another process. */
async function until(/** @type {() => Promise<any>} */ ask, what = 'answer', tries = 150) {
	for (let i = 0; i < tries; i++) {
		const got = await ask();
		if (got) return got;
		await new Promise((done) => setTimeout(done, 100));
	}
	assert.fail(`no ${what} in time`);
}

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`the whole way in ${engine}`, { timeout: 240_000 }, () => {
		/** @type {string} */ let data;
		/** @type {Awaited<ReturnType<typeof startDemo>>} */ let running;
		/** @type {any} */ let demo;
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {import('puppeteer-core').Page} */ let page;
		/** @type {number} */ let port;

		const api = (/** @type {string} */ path, /** @type {RequestInit} */ init = {}) =>
			fetch(path.startsWith('http') ? path : demo.base_url + path, { ...init, headers: { 'user-agent': 'rearview-test/1', 'x-rearview-api-key': demo.api_key, ...init.headers } });
		const act = (/** @type {object} */ body, headers = {}) =>
			api('/api/v1/action', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ workspaceId: demo.workspace_id, userId: 'demo-user', ...body }) });
		/** The report an action led to, by its session-info address. */
		async function reportOf(/** @type {any} */ answer) {
			const info = await until(async () => {
				const response = await api(answer.sessionInfoUrl);
				return response.status === 200 ? response.json() : undefined;
			}, 'report');
			const id = new URL(info.reportUrl).pathname.split('/').pop();
			const report = await api(`/api/v1/reports/${id}`);
			assert.equal(report.status, 200);
			return { id, ...(await report.json()) };
		}

		before(async () => {
			data = mkdtempSync(join(tmpdir(), 'rv-spine-'));
			port = await freePort();
			running = await startDemo(data, port);
			demo = running.demo;
			browser = await launch(engine);
			page = await browser.newPage();
			await page.setViewport({ width: 1100, height: 800 });
		});
		after(async () => {
			await browser?.close();
			const ended = await running?.stop();
			rmSync(data, { recursive: true, force: true });
			assert.equal(ended?.code, 0, ended?.errors);
			assert.doesNotMatch(ended?.errors ?? '', /AddressSanitizer|runtime error/);
		});

		it('writes demo.json whole', () => {
			for (const key of ['base_url', 'workspace_id', 'project_key', 'api_key', 'demo_url', 'console_url', 'console_user', 'console_password']) assert.equal(typeof demo[key], 'string', key);
		});

		it('answers a session of the last minutes, whose replay is the live page', async () => {
			await page.goto(demo.demo_url);
			await page.waitForSelector('.item');
			await page.type('input[type=search]', 'rope');
			await page.waitForFunction(() => document.querySelectorAll('.item').length === 1);
			await page.click('.item button');
			await page.$eval('input[type=search]', (input) => { /** @type {any} */ (input).value = ''; input.dispatchEvent(new Event('input', { bubbles: true })); });
			await page.waitForFunction(() => document.querySelectorAll('.item').length === 8);
			for (const trouble of ['error', 'reject', 'missing', 'log']) await page.click(`[data-trouble=${trouble}]`);
			await page.waitForFunction(() => /redacted|answered/.test(document.querySelector('[data-said]')?.textContent ?? ''));

			// the socket may still be on its way: a user who is not there yet is answered as such
			const answer = await until(async () => {
				const got = await act({ action: 'upload-session', userProvidedDescription: 'It does not work' });
				const body = await got.json();
				assert.ok(body.sessionInfoUrl, 'every answer carries a sessionInfoUrl');
				return got.status === 200 ? body : undefined;
			}, 'connection', 30);
			assert.equal(answer.ok, true);
			const report = await reportOf(answer);
			assert.equal(report.trigger, 'wss');
			assert.equal(report.user.id, 'demo-user');
			assert.equal(report.user.email, 'demo-user@example.com');
			assert.match(JSON.stringify(report.notes), /It does not work/);
			assert.match(report.page.url, /\/demo\//);
			assert.equal(report.capture.order_violations, 0);
			assert.equal(report.capture.snapshots, 1);
			assert.equal(report.capture.resyncs, 0);

			const logs = JSON.stringify(report.console_logs);
			assert.match(logs, /basket: added/);
			assert.match(logs, /voucher|reading 'apply'/);
			assert.match(logs, /warehouse did not answer/);
			const everything = JSON.stringify(report);
			assert.doesNotMatch(everything, /robin@example\.com|4111 1111|abcdefghijklmnopqrstuvwxyz012345/);
			const failed = report.network_logs.find((/** @type {any} */ n) => n.url.includes('does-not-exist'));
			assert.equal(failed.status, 404);
			assert.ok(report.network_logs.some((/** @type {any} */ n) => n.url.includes('products.json') && n.status === 200));

			const response = await api(`/api/v1/reports/${report.id}/replay?format=rrweb`);
			assert.equal(response.status, 200);
			const text = await response.text();
			assert.doesNotMatch(text, /robin@example\.com|4111 1111|abcdefghijklmnopqrstuvwxyz012345/);
			const events = JSON.parse(text);
			assert.equal(events.filter((/** @type {any} */ e) => e.type === 2).length, 1);
			for (let i = 1; i < events.length; i++) assert.ok(events[i].timestamp >= events[i - 1].timestamp);

			// rrweb's own Replayer, unchanged, shows what the page shows. Stock moves on meanwhile.
			const stage = await browser.newPage();
			try {
				await stage.goto('about:blank');
				await stage.addScriptTag({ content: readFileSync(join(root, 'node_modules/rrweb/dist/rrweb.umd.min.cjs'), 'utf8') });
				const shown = await stage.evaluate(async (all) => {
					/** @type {string[]} */ const warnings = [];
					console.warn = (...args) => warnings.push(args.map(String).join(' '));
					const replayer = new /** @type {any} */ (window).rrweb.Replayer(all, { root: document.body, speed: 8, mouseTail: false });
					await new Promise((done) => setTimeout(done, 300));
					replayer.pause(all[all.length - 1].timestamp - all[0].timestamp);
					await new Promise((done) => setTimeout(done, 300));
					const doc = replayer.iframe.contentDocument;
					return { text: doc.querySelector('main').textContent.replace(/\d+ left/g, ''), basket: doc.querySelector('[data-basket-count]').textContent, font: replayer.iframe.contentWindow.getComputedStyle(doc.querySelector('h1')).fontSize, warnings };
				}, events);
				const live = await page.evaluate(() => ({ text: (document.querySelector('main')?.textContent ?? '').replace(/\d+ left/g, ''), basket: document.querySelector('[data-basket-count]')?.textContent, font: getComputedStyle(/** @type {Element} */ (document.querySelector('h1'))).fontSize }));
				assert.deepEqual({ text: shown.text.replace('Added', 'Add'), basket: shown.basket, font: shown.font }, live);
				assert.deepEqual(shown.warnings, []);
			} finally {
				await stage.close();
			}
		});

		it('answers a screenshot that looks like the page', async () => {
			const answer = await (await act({ action: 'upload-screenshot' })).json();
			assert.equal(answer.ok, true, JSON.stringify(answer));
			const report = await reportOf(answer);
			const picture = report.attachments.find((/** @type {any} */ a) => a.kind === 'screenshot');
			assert.ok(picture, JSON.stringify(report.capture));
			assert.equal(picture.mime, 'image/png');
			const png = Buffer.from(await (await api(picture.url)).arrayBuffer());
			/* Rearview's own button is not in the picture. */
			await page.evaluate(() => /** @type {any} */ (window).Rearview.hide());
			const live = Buffer.from(await page.screenshot());
			await page.evaluate(() => /** @type {any} */ (window).Rearview.show());
			const off = differing(png, live, isSeen);
			assert.ok(off < 0.01, `${(off * 100).toFixed(2)} % of the pixels differ`);
		});

		it('holds both pages after a navigation', async () => {
			await page.goto(new URL('checkout.html', demo.demo_url).href);
			await page.waitForSelector('#card');
			await page.type('#name', 'Robin Q. Secretname');
			await page.type('#card', '4111111111111111');
			await page.type('#password', 'hunter2-is-it');
			const answer = await until(async () => {
				const got = await act({ action: 'upload-session' });
				return got.status === 200 ? got.json() : undefined;
			}, 'connection', 30);
			const report = await reportOf(answer);
			assert.equal(report.replay.pages.length, 2);
			const text = await (await api(`/api/v1/reports/${report.id}/replay?format=rrweb`)).text();
			const events = JSON.parse(text);
			const metas = events.filter((/** @type {any} */ e) => e.type === 4).map((/** @type {any} */ e) => new URL(e.data.href).pathname);
			assert.deepEqual(metas, ['/demo/', '/demo/checkout.html']);
			assert.doesNotMatch(text, /Secretname|4111111111111111|hunter2/);
			const native = Buffer.from(await (await api(`/api/v1/reports/${report.id}/replay?format=native`)).arrayBuffer());
			assert.equal(native.subarray(0, 4).toString(), 'RVR1');
		});

		it('says who is not connected, and nothing to a wrong key', async () => {
			const nobody = await act({ action: 'upload-session', userId: 'nobody-here' });
			assert.equal(nobody.status, 409);
			const body = await nobody.json();
			assert.equal(body.error, 'USER_NOT_CONNECTED');
			assert.ok(body.sessionInfoUrl);
			const wrong = await act({ action: 'upload-session' }, { 'x-rearview-api-key': 'wrong' });
			assert.equal(wrong.status, 401);
			assert.equal((await wrong.text()).includes('sessionInfoUrl'), false);
			const screen = await act({ action: 'show-recording-ui' });
			assert.equal((await screen.json()).ok, true);
			await page.waitForSelector('rearview-ui');
		});

		it('acts for the user the page became', async () => {
			await page.goto(demo.demo_url);
			await page.waitForSelector('.item');
			await page.$eval('#who', (input) => { /** @type {any} */ (input).value = 'someone-else'; });
			await page.click('[data-who] button');
			const answer = await until(async () => {
				const got = await act({ action: 'upload-session', userId: 'someone-else@example.com' });
				return got.status === 200 ? got.json() : undefined;
			}, 'connection', 30);
			assert.equal((await reportOf(answer)).user.id, 'someone-else');
		});

		it('keeps a report while the collector is away and sends it once', async () => {
			await running.stop();
			const pending = await page.evaluate(() => Promise.race([/** @type {any} */ (window).Rearview.saveReport({ title: 'While you were out' }), new Promise((done) => setTimeout(() => done('no answer'), 10_000))]));
			assert.deepEqual(pending, { queued: true });
			running = await startDemo(data, port);
			const cookie = ((await fetch(`${demo.base_url}/api/console/login`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: JSON.stringify({ name: demo.console_user, password: demo.console_password }) })).headers.get('set-cookie') ?? '').split(';')[0];
			const list = async () => (await (await fetch(`${demo.base_url}/api/console/reports?search=${encodeURIComponent('While you were out')}`, { headers: { cookie } })).json()).reports;
			await until(async () => (await list()).length > 0, 'queued report', 900);
			await new Promise((done) => setTimeout(done, 2500));
			assert.equal((await list()).length, 1);
		});
	});
}
