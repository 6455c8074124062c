/// <reference path="./worker_client.d.ts" />
// The action socket of the worker against a real collector, and the pictures it makes on the way.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from './harness.mjs';
import { servePage, startSwitch, startWorld } from './worker_page.mjs';

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`actions and pictures in ${engine}`, { timeout: 120_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof servePage>>} */ let site;
		/** @type {any} */ let world;
		/** @type {Awaited<ReturnType<typeof startSwitch>>} */ let road;

		before(async () => {
			/* A PNG of one pixel. */
			const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64');
			site = await servePage({
				'/dot.png': [dot, 'image/png'],
				'/clock.js': ["let ahead = 0; const now = Date.now; Date.now = () => now() + ahead; new BroadcastChannel('ahead').onmessage = ({data}) => { ahead = data; }; importScripts('/rearview.worker.js');", 'text/javascript'],
			});
			world = await startWorld();
			road = await startSwitch(world.url);
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await road?.stop();
			await site?.stop();
			await world?.stop();
		});

		async function tab(/** @type {string} */ user, /** @type {any} */ { begin = true, ...options } = {}) {
			const page = await browser.newPage();
			await page.goto(site.url);
			await page.waitForFunction('globalThis.start');
			await page.evaluate((all) => globalThis.start(all), { projectKey: world.first.project_key, endpoint: road.url, config: { actions: { always_connect: true } }, ...options });
			if (begin) await page.evaluate(() => globalThis.h.begin());
			await page.evaluate((id) => globalThis.h.post({ t: 'user', user: { id, email: `${id}@example.com` } }), user);
			return page;
		}
		const act = (/** @type {string} */ userId, action = 'upload-session') => world.act({ workspaceId: world.first.workspace_id, userId, action, userProvidedDescription: 'what they said' });
		/** Asks until the user is online: the socket connects by itself. */
		async function actWhenOnline(/** @type {string} */ userId) {
			for (let n = 0; n < 5; n++) {
				const answer = await act(userId); /* waits up to 3 s for somebody */
				if (answer.json.error !== 'USER_NOT_CONNECTED') return answer;
			}
			assert.fail('nobody came online');
		}
		/** Acknowledges what comes, as the page does. */
		const acknowledge = (/** @type {import('puppeteer-core').Page} */ page) =>
			page.evaluate(() => {
				const { h } = globalThis;
				const known = new Set();
				setInterval(() => {
					for (const m of h.messages) {
						if (m.t !== 'action' || known.has(m.action)) continue;
						known.add(m.action);
						h.post({ t: 'ack', action: m.action });
					}
				}, 5);
			});

		it('brings an action to the page and its acknowledgement back', async () => {
			const page = await tab('ada');
			await acknowledge(page);
			const answer = await actWhenOnline('ada');
			assert.equal(answer.status, 200, answer.text);
			const message = await page.evaluate(() => globalThis.h.seen((/** @type {any} */ m) => m.t === 'action'));
			assert.equal(message.kind, 'upload-session');
			assert.equal(message.description, 'what they said');
			assert.ok(message.sessionToken && message.action && message.deadline > 0);
			const saved = await page.evaluate((token) => globalThis.h.report({ trigger: 'wss', session_token: token }), message.sessionToken);
			const info = await world.ask(new URL(answer.json.sessionInfoUrl).pathname, { headers: { 'x-rearview-api-key': world.first.api_key } });
			assert.equal(info.status, 200, info.text);
			assert.ok(info.json.reportUrl.endsWith(saved.id));
			assert.equal((await act('ada@example.com')).status, 200);
			await page.close();
		});

		it('a result without an acknowledgement is the answer', async () => {
			const page = await tab('bea');
			await page.evaluate(() => {
				globalThis.h.seen((/** @type {any} */ m) => m.t === 'action').then((/** @type {any} */ m) => globalThis.h.post({ t: 'result', action: m.action, ok: false, error: 'ACTION_NOT_SUPPORTED' }));
			});
			const answer = await actWhenOnline('bea');
			assert.deepEqual([answer.status, answer.json.error], [409, 'ACTION_NOT_SUPPORTED']);
			await page.close();
		});

		it('follows identify and logout', async () => {
			const page = await tab('cleo');
			await acknowledge(page);
			assert.equal((await actWhenOnline('cleo')).status, 200);
			await page.evaluate(() => globalThis.h.post({ t: 'user', user: { id: 'dora' } }));
			assert.equal((await actWhenOnline('dora')).status, 200);
			assert.equal((await act('cleo')).json.error, 'USER_NOT_CONNECTED');
			await page.evaluate(() => {
				globalThis.h.post({ t: 'logout' });
				return globalThis.h.event('session');
			});
			assert.equal((await act('dora')).json.error, 'USER_NOT_CONNECTED');
			await page.close();
		});

		it('connects again when the connection was lost', async () => {
			const page = await tab('emil');
			await acknowledge(page);
			assert.equal((await actWhenOnline('emil')).status, 200);
			road.set('offline');
			assert.equal((await act('emil')).json.error, 'USER_NOT_CONNECTED');
			road.set('open');
			assert.equal((await actWhenOnline('emil')).status, 200);
			await page.close();
		});

		it('connects on call, and keeps an action until there is something to report', async () => {
			const page = await tab('finn', { config: {}, begin: false });
			await acknowledge(page);
			assert.equal((await act('finn')).json.error, 'USER_NOT_CONNECTED');
			/* By now the worker passes actions on even without records, so a new one is needed. */
			await page.reload();
			await page.waitForFunction('globalThis.start');
			const early = await page.evaluate(async (options) => {
				await globalThis.start(options);
				globalThis.h.post({ t: 'user', user: { id: 'finn' } });
				globalThis.h.post({ t: 'connect' });
				return globalThis.h.messages.some((/** @type {any} */ m) => m.t === 'action');
			}, { projectKey: world.first.project_key, endpoint: road.url, config: {} });
			assert.equal(early, false);
			await acknowledge(page);
			const asked = actWhenOnline('finn');
			await page.evaluate(() => globalThis.h.begin());
			assert.equal((await asked).status, 200);
			const order = await page.evaluate(() => globalThis.h.messages.map((/** @type {any} */ m) => m.t).filter((/** @type {string} */ t) => t === 'ack' || t === 'action'));
			assert.deepEqual(order.slice(0, 2), ['ack', 'action']);
			await page.close();
		});

		it('says nothing while the page is hidden for long', async () => {
			const page = await tab('ines', { worker: '/clock.js' });
			await acknowledge(page);
			assert.equal((await actWhenOnline('ines')).status, 200);
			await page.evaluate(async () => {
				globalThis.h.post({ t: 'page', url: location.href, visible: false });
				await globalThis.h.request('counters');
				new BroadcastChannel('ahead').postMessage(6 * 60e3);
				await new Promise((resolve) => setTimeout(resolve, 100));
				globalThis.h.post({ t: 'user', user: { id: 'jon' } });
			});
			assert.equal((await act('jon')).json.error, 'USER_NOT_CONNECTED');
			await page.evaluate(() => globalThis.h.post({ t: 'page', url: location.href, visible: true }));
			assert.equal((await actWhenOnline('jon')).status, 200);
			await page.close();
		});

		it('reads a changed configuration when it is told', async () => {
			const page = await tab('gus', { config: undefined });
			await page.evaluate(() => globalThis.h.post({ t: 'connect' }));
			await acknowledge(page);
			assert.equal((await actWhenOnline('gus')).status, 200);
			const ask = await world.login();
			const path = `workspaces/${world.first.workspace_id}/settings`;
			const { config } = (await ask('GET', path)).json;
			config.capture = { ...config.capture, window_ms: 180_000 };
			const from = road.requests.length;
			assert.equal((await ask('PUT', path, { config })).status, 200);
			assert.equal((await road.passed('/v1/widget/config', from)).status, 200);
			await page.close();
		});

		it('writes markup with its pictures inlined, as a URL that can be drawn', async () => {
			const page = await tab('hal');
			await page.evaluate(() => globalThis.h.element(3, 'body', {}));
			await page.evaluate(() => globalThis.h.element(4, 'img', { src: '/dot.png', alt: '100% #1' }));
			await page.evaluate(() => globalThis.h.element(5, 'img', { src: '/gone.png' }));
			const drawn = await page.evaluate(async () => {
				const { h } = globalThis;
				const { plan, media, states } = await h.request('picture');
				const asked = h.request('markup', {
					plan,
					facts: {
						docs: [{ id: 1, width: 320, height: 200, contentWidth: 320, contentHeight: 200, x: 0, y: 0, font: '16px serif', scheme: 'light', prefers: 'light', canvas: 'left:0!important;top:0!important;width:320px!important;height:200px!important;background:rgb(1, 2, 3)!important', fromBody: false, rootStyle: '', media: media.map(() => false), ratio: 1, base: location.href }],
						page: null, states: states.map((/** @type {string} */ name) => [name, []]), cull: new Int32Array(0), style: [], pseudo: [], before: [],
						images: [[4, `${location.origin}/dot.png`, false, 1, 1], [5, `${location.origin}/gone.png`, true, 0, 0]],
						bitmaps: [], loaded: null, scrollbars: false, notes: [],
					},
				});
				const late = h.mark('during');
				const { url, notes } = await asked;
				await late;
				const image = new Image();
				image.src = url;
				await image.decode();
				const canvas = document.createElement('canvas');
				canvas.width = 320;
				canvas.height = 200;
				const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
				context.drawImage(image, 0, 0);
				const { data } = context.getImageData(0, 0, 320, 200);
				const png = new Uint8Array(await h.request('png', { pixels: data.buffer, width: 320, height: 200 }, [data.buffer]));
				const bitmap = await createImageBitmap(new Blob([png], { type: 'image/png' }));
				context.clearRect(0, 0, 320, 200);
				context.drawImage(bitmap, 0, 0);
				return { notes, head: url.slice(0, 40), inlined: url.split('data:image/png;base64,').length - 1, corner: [...context.getImageData(310, 190, 1, 1).data], signature: [...png.slice(1, 4)] };
			});
			assert.deepEqual(drawn.notes, []);
			assert.match(drawn.head, /^data:image\/svg\+xml/);
			assert.ok(drawn.inlined >= 1);
			assert.deepEqual(drawn.corner, [1, 2, 3, 255]);
			assert.deepEqual(drawn.signature, [0x50, 0x4e, 0x47]);
			assert.deepEqual(await page.evaluate(() => globalThis.h.marks()), ['during']);
			await page.close();
		});

		it('sends a report with its screenshot and without secrets', async () => {
			const page = await tab('ida');
			const saved = await page.evaluate(() => {
				const pixels = new Uint8ClampedArray(40 * 30 * 4).fill(200);
				const url = 'https://shop.example/reset?token=s3cr3t-t0k3n-value';
				return globalThis.h.request('report', { report: { trigger: 'sdk', meta: { url, page_title: 'Mail for ida@example.com' }, parts: { replay: true, screenshot: true }, pixels: { data: pixels.buffer, width: 40, height: 30 } } }, [pixels.buffer]);
			});
			const { json, text } = await world.report(saved.id);
			assert.deepEqual(json.attachments.map((/** @type {any} */ a) => a.kind).sort(), ['replay', 'screenshot']);
			assert.equal(json.user.id, 'ida');
			assert.ok(!text.includes('s3cr3t'), json.page.url);
			assert.ok(!json.page.title.includes('@'), json.page.title);
			await page.close();
		});
	});
}
