// Recording the screen: support asks for it or the page does, the browser films, the collector plays.
// Real Chromium with its own stand-ins for the prompt and the devices, a real collector, ffprobe.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startCollector } from '../collector/server.mjs';
import { keepRoot, launch, serve } from './harness.mjs';

const FLAGS = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--auto-accept-this-tab-capture', '--autoplay-policy=no-user-gesture-required'];
/* Something to film, and enough of it that a few seconds are more than one part. */
const BODY = `<h1>Orders</h1><button id="first">First</button><canvas width="800" height="400"></canvas><script>
const context = document.querySelector('canvas').getContext('2d');
setInterval(() => { for (let i = 0; i < 1500; i++) { context.fillStyle = 'hsl(' + Math.random() * 360 + ' 90% 50%)'; context.fillRect(Math.random() * 800, Math.random() * 400, 12, 12); } }, 60);
</script>`;
const PICTURES = process.env.RV_PICTURES;

/** Asks again until there is an answer: what is awaited happens in another process. @param {() => Promise<any>} ask @param {string} what */
async function until(ask, what) {
	for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((done) => setTimeout(done, 50))) {
		const got = await ask();
		if (got) return got;
	}
	assert.fail(`no ${what} in time`);
}

/** The collector at another address, where uploads are counted and the line can be cut. @param {number} port */
async function line(port) {
	const seen = { uploads: /** @type {{range: string, bytes: number, answered: boolean}[]} */ ([]), cutAfter: Infinity };
	const server = createServer((from, to) => {
		const range = from.headers['content-range'] ?? '';
		const upload = { range, bytes: Number(from.headers['content-length'] ?? 0), answered: false };
		if (range) seen.uploads.push(upload);
		if (range && !range.includes('*') && seen.uploads.filter((it) => !it.range.includes('*')).length > seen.cutAfter) return void from.socket.destroy();
		const on = send({ port, host: '127.0.0.1', path: from.url, method: from.method, headers: from.headers }, (answer) => {
			upload.answered = true;
			to.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(to);
		});
		on.on('error', () => from.socket.destroy());
		from.pipe(on);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		seen,
		base: `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}

describe('screen recording', { timeout: 300_000 }, () => {
	/** @type {Awaited<ReturnType<typeof startCollector>>} */ let collector;
	/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
	/** @type {import('puppeteer-core').Browser} */ let browser;
	const folder = mkdtempSync(join(tmpdir(), 'rv-screen-'));
	if (PICTURES) mkdirSync(PICTURES, { recursive: true });

	const html = (/** @type {string} */ endpoint, lang = 'en') => `<!doctype html><html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Orders</title>
		<script src="${collector.baseUrl}/${collector.workspace.id}/rearview.js"></script><script>window.started = Rearview.init({projectKey: ${JSON.stringify(collector.workspace.projectKey)}, endpoint: ${JSON.stringify(endpoint)}}); Rearview.identify({id: 'u1'});</script><body>${BODY}`;

	before(async () => {
		collector = await startCollector({ args: ['--requests-per-minute-per-key', '0'] });
		const login = await fetch(`${collector.baseUrl}/api/console/login`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: JSON.stringify(collector.user) });
		const set = await fetch(`${collector.baseUrl}/api/console/workspaces/${collector.workspace.id}/settings`, { method: 'PUT', headers: { 'content-type': 'application/json', 'x-rearview-console': '1', cookie: (login.headers.get('set-cookie') ?? '').split(';')[0] }, body: JSON.stringify({ config: { actions: { always_connect: true } } }) });
		assert.equal(set.status, 200);
		site = await serve({ '/': () => html(collector.baseUrl), '/ar': () => html(collector.baseUrl, 'ar') });
		browser = await launch('chromium', { args: FLAGS });
	});
	after(async () => {
		await browser?.close();
		await site?.close();
		await collector?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	const api = (/** @type {string} */ path, /** @type {RequestInit} */ init = {}) => fetch(path.startsWith('http') ? path : collector.baseUrl + path, { ...init, headers: { 'user-agent': 'test', 'x-rearview-api-key': collector.workspace.apiKey, ...init.headers } });

	/** A page whose recording can be looked into: its closed root is kept for the test. */
	async function open(path = '/', prepare = () => {}, from = browser) {
		const page = await from.newPage();
		page.setDefaultTimeout(120_000);
		await page.setViewport({ width: 1000, height: 700 });
		await keepRoot(page);
		await page.evaluateOnNewDocument(prepare);
		await page.goto(site.base + path);
		await page.evaluate(() => /** @type {any} */ (window).started);
		return page;
	}
	const look = (/** @type {import('puppeteer-core').Page} */ page, /** @type {string} */ selector) => page.waitForFunction((name) => /** @type {any} */ (window).shown?.querySelector(name) ?? false, {}, selector);
	/** A trusted click into the closed root. @param {import('puppeteer-core').Page} page @param {string} selector */
	async function click(page, selector) {
		const { x, y } = await (await look(page, selector)).evaluate((/** @type {any} */ element) => {
			const box = element.getBoundingClientRect();
			return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
		});
		await page.mouse.click(x, y);
	}
	const begin = (/** @type {import('puppeteer-core').Page} */ page, options = {}) => page.evaluate((given) => {
		/** @type {any} */ (window).saved = /** @type {any} */ (window).Rearview.startRecording(given).catch((/** @type {any} */ error) => String(error.message));
	}, options);
	const saved = (/** @type {import('puppeteer-core').Page} */ page) => page.evaluate(() => /** @type {any} */ (window).saved);
	const seconds = (/** @type {import('puppeteer-core').Page} */ page, /** @type {number} */ left) => page.waitForFunction((most) => {
		const [, minutes, rest] = /(\d+):(\d+)/.exec(/** @type {any} */ (window).shown.querySelector('.rs-time')?.textContent ?? '') ?? [];
		return Number(minutes) * 60 + Number(rest) <= most;
	}, {}, left);
	const shoot = async (/** @type {import('puppeteer-core').Page} */ page, /** @type {string} */ name) => void (PICTURES && await page.screenshot({ path: join(PICTURES, `${name}.png`) }));

	async function act(body = {}) {
		const answer = await until(async () => {
			const got = await (await api('/api/v1/action', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ workspaceId: collector.workspace.id, userId: 'u1', action: 'show-recording-ui', ...body }) })).json();
			return got.ok ? got : undefined;
		}, 'page with a connection');
		return answer.sessionInfoUrl;
	}
	const reportAt = async (/** @type {string} */ url) => {
		const { reportUrl } = await until(async () => {
			const info = await api(url);
			return info.status === 200 ? info.json() : undefined;
		}, 'report');
		return (await api(`/api/v1/reports/${new URL(reportUrl).pathname.split('/').pop()}`)).json();
	};
	const reportOf = async (/** @type {string} */ id) => (await api(`/api/v1/reports/${id}`)).json();

	/** What ffprobe says of a report's film. @param {any} report */
	async function probe(report) {
		const film = report.attachments.find((/** @type {any} */ it) => it.kind === 'recording');
		assert.ok(film, 'there is a film');
		const file = join(folder, `${film.id}.bin`);
		writeFileSync(file, Buffer.from(await (await api(film.url)).arrayBuffer()));
		const { streams, packets } = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-count_frames', '-show_entries', 'stream=codec_type,codec_name,width,height,nb_read_frames:packet=pts_time,stream_index', '-of', 'json', file], { encoding: 'utf8', maxBuffer: 64 << 20 }));
		const video = streams.find((/** @type {any} */ it) => it.codec_type === 'video');
		const audio = streams.find((/** @type {any} */ it) => it.codec_type === 'audio');
		return { mime: film.mime, bytes: film.bytes, video: video?.codec_name, width: video?.width, frames: Number(video?.nb_read_frames), audio: audio?.codec_name, seconds: Math.max(...packets.map((/** @type {any} */ it) => Number(it.pts_time))) };
	}

	it('support asks, the user agrees, the film arrives with a replay beside it', async () => {
		const page = await open();
		const info = await act({ userProvidedDescription: 'Please show the order that fails' });
		await look(page, '.rs-record');
		await page.focus('#first');
		assert.equal(await page.evaluate(() => document.activeElement?.id), 'first', 'the card takes no focus from who may be typing');
		await shoot(page, 'asked');
		await click(page, '.rs-record');
		await look(page, '.rs-stop');
		await shoot(page, 'running');
		assert.equal(await page.evaluate(() => {
			const { x, y } = /** @type {any} */ (document.querySelector('#first')).getBoundingClientRect();
			return document.elementFromPoint(x + 3, y + 3)?.id;
		}), 'first', 'the frame takes no click');
		await seconds(page, 57);
		await page.keyboard.down('Alt');
		await page.keyboard.down('Shift');
		await page.keyboard.press('KeyS');
		await page.keyboard.up('Shift');
		await page.keyboard.up('Alt');
		await look(page, '.rs-end');
		const report = await reportAt(info);
		await shoot(page, 'sent');
		const film = await probe(report);
		assert.match(film.video, /^vp[89]$/);
		assert.ok(film.frames > 5 && film.width > 100 && film.seconds > 1.5 && film.seconds < 30, JSON.stringify(film));
		assert.equal(film.audio, undefined);
		assert.equal(report.trigger, 'wss');
		assert.match(report.notes, /Please show the order/);
		assert.ok(report.attachments.some((/** @type {any} */ it) => it.kind === 'replay'));
		const replay = await (await api(`/api/v1/reports/${report.id}/replay?format=rrweb`)).text();
		assert.doesNotMatch(replay, /rearview-ui|rs-bar/, 'what the widget shows is not in the replay');
		assert.doesNotMatch(JSON.stringify(report.capture.notes), /recording/);
		await page.close();
	});

	it('ends by itself, shows the film and sends it when the user says so', async () => {
		const page = await open();
		await begin(page, { max_ms: 2000 });
		await look(page, '.rs-record');
		await page.waitForFunction(() => /** @type {any} */ (window).shown.activeElement?.className.includes('rs-record'));
		await page.keyboard.press('Enter');
		await look(page, 'video');
		await page.waitForFunction(() => /** @type {any} */ (window).shown.querySelector('video').readyState >= 2);
		await shoot(page, 'preview');
		await page.waitForFunction(() => /** @type {any} */ (window).shown.activeElement?.className.includes('rs-send'));
		await page.keyboard.press('Enter');
		const { id } = await saved(page);
		const film = await probe(await reportOf(id));
		assert.ok(film.seconds > 1 && film.seconds < 6, JSON.stringify(film));
		await click(page, '.rs-close');
		await page.waitForFunction(() => !/** @type {any} */ (window).shown?.querySelector('.rs-box'));
		await page.close();
	});

	it('declined, cancelled, or thrown away: nothing is sent and nothing is left', async () => {
		const page = await open();
		await begin(page);
		await click(page, '.rs-later');
		assert.equal(await saved(page), 'RECORDING_DECLINED');
		await begin(page);
		await click(page, '.rs-record');
		await seconds(page, 58);
		await click(page, '.rs-cancel');
		assert.equal(await saved(page), 'RECORDING_CANCELLED');
		await begin(page, { max_ms: 1000 });
		await click(page, '.rs-record');
		await look(page, '.rs-send');
		await click(page, '.rs-cancel');
		assert.equal(await saved(page), 'RECORDING_CANCELLED');
		const info = await act();
		await click(page, '.rs-later');
		await page.waitForFunction(() => !/** @type {any} */ (window).shown?.querySelector('.rs-box'));
		assert.equal((await api(info)).status, 404);
		await until(() => page.evaluate(async () => {
			const [{ name }] = (await indexedDB.databases()).filter((it) => it.name?.startsWith('rearview-'));
			const db = await new Promise((done) => { const request = indexedDB.open(/** @type {string} */ (name)); request.onsuccess = () => done(request.result); });
			const keys = await new Promise((done) => { const request = db.transaction('rows').objectStore('rows').getAllKeys(IDBKeyRange.bound(['record'], ['recording', []])); request.onsuccess = () => done(request.result); });
			db.close();
			return !keys.length;
		}), 'empty store');
		await page.close();
	});

	it('with the voice, when the user wants it', async () => {
		const page = await open();
		await begin(page, { max_ms: 5000 });
		await click(page, '.rs-voice');
		await click(page, '.rs-record');
		await click(page, '.rs-send');
		const film = await probe(await reportOf((await saved(page)).id));
		assert.equal(film.audio, 'opus');
		await page.close();
	});

	it('a connection that breaks costs one part', async () => {
		const proxy = await line(collector.port);
		site.pages['/proxied'] = () => html(proxy.base);
		const page = await open('/proxied');
		/* More than one part. */
		await begin(page, { max_ms: 40_000 });
		await click(page, '.rs-record');
		proxy.seen.cutAfter = 1;
		await click(page, '.rs-send');
		assert.equal((await saved(page)).queued, true);
		await shoot(page, 'queued');
		proxy.seen.cutAfter = Infinity;
		const isLast = (/** @type {{range: string}} */ { range }) => {
			const [, last, total] = /-(\d+)\/(\d+)$/.exec(range) ?? [];
			return !!last && Number(last) + 1 === Number(total);
		};
		await until(async () => proxy.seen.uploads.some((it) => it.answered && isLast(it)), 'whole upload');
		const total = Number(/\/(\d+)/.exec(proxy.seen.uploads[0].range)?.[1]);
		assert.ok(total > 1 << 20, `the film has ${total} bytes`);
		assert.ok(proxy.seen.uploads.some((it) => it.range === `bytes */${total}` && it.answered), 'the widget asked where the upload stands');
		const taken = proxy.seen.uploads.filter((it) => it.answered && !it.range.includes('*')).map((it) => Number(/bytes (\d+)/.exec(it.range)?.[1]));
		assert.deepEqual(taken, [...new Set(taken)], 'no part was sent twice');
		assert.equal(taken.length, Math.ceil(total / (1 << 20)));
		proxy.close();
		await page.close();
	});

	it('a tab that closes leaves what the next page sends', async () => {
		const page = await open();
		const info = await act({ userProvidedDescription: 'Show it' });
		await click(page, '.rs-record');
		await seconds(page, 55);
		await page.close();
		const next = await open();
		const report = await reportAt(info);
		assert.match(JSON.stringify(report.capture.notes), /recording_cut/);
		const film = await probe(report);
		assert.ok(film.frames > 5 && film.seconds > 2, JSON.stringify(film));
		assert.match(report.notes, /Show it/);
		/* The user's own, not yet shown to them, is nobody's to send. */
		await begin(next);
		await click(next, '.rs-record');
		await seconds(next, 57);
		await next.close();
		await (await open()).close();
	});

	it('where the browser cannot film, the page of that time is recorded', async () => {
		const page = await open('/', () => { delete /** @type {any} */ (MediaDevices.prototype).getDisplayMedia; });
		await begin(page, { max_ms: 3000 });
		await look(page, '.rs-record');
		await shoot(page, 'dom');
		/* Older than the recording: not in its replay. */
		const clicked = Date.now();
		await click(page, '.rs-record');
		await look(page, '.rs-stop');
		await page.click('#first');
		await click(page, '.rs-send');
		const report = await reportOf((await saved(page)).id);
		assert.match(JSON.stringify(report.capture.notes), /recording_dom/);
		assert.ok(!report.attachments.some((/** @type {any} */ it) => it.kind === 'recording'));
		const { from, to } = report.replay;
		assert.ok(from >= clicked - 1000 && to - from < 8000, `from ${from - clicked} ms, ${to - from} ms long`);
		await page.close();
	});

	it('in Firefox, where a headless browser has nothing to film, the page of that time is recorded', async () => {
		const firefox = await launch('firefox');
		try {
			const page = await open('/', () => {}, firefox);
			await begin(page, { max_ms: 3000 });
			await click(page, '.rs-record');
			await page.waitForFunction(() => /** @type {any} */ (window).shown.querySelector('.rs-record') && !/** @type {any} */ (window).shown.querySelector('.rs-voice'));
			await click(page, '.rs-record');
			await look(page, '.rs-stop');
			await page.click('#first');
			await click(page, '.rs-send');
			const report = await reportOf((await saved(page)).id);
			assert.match(JSON.stringify(report.capture.notes), /recording_dom/);
			assert.ok(report.attachments.some((/** @type {any} */ it) => it.kind === 'replay'));
		} finally {
			await firefox.close();
		}
	});

	it('takes the browser\'s refusal for an answer, the second time', async () => {
		const page = await open('/', () => {
			MediaDevices.prototype.getDisplayMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
		});
		await begin(page);
		await click(page, '.rs-record');
		await look(page, '.rs-blocked');
		await shoot(page, 'blocked');
		await click(page, '.rs-record');
		assert.equal(await saved(page), 'RECORDING_DECLINED');
		await page.close();
	});

	if (PICTURES) it('is looked at', async () => {
		for (const [name, path, scheme, width] of /** @type {[string, string, string, number][]} */ ([['dark', '/', 'dark', 1000], ['narrow', '/', 'light', 360], ['rtl', '/ar', 'light', 1000], ['rtl-dark', '/ar', 'dark', 360]])) {
			const page = await open(path);
			await page.setViewport({ width, height: 700 });
			await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
			await begin(page);
			await look(page, '.rs-record');
			await shoot(page, `${name}-card`);
			await click(page, '.rs-record');
			await look(page, '.rs-stop');
			await seconds(page, 59);
			await shoot(page, `${name}-bar`);
			await page.close();
		}
	});
});
