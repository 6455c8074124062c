// One person's walk in three engines, at a desk and on a phone: the demo page is used, a report is sent,
// another page is opened, support asks for the session and for a picture. What comes of it is read from the
// collector, played by rrweb's own Replayer and held beside the browser's own screenshot.
//   RV_ENGINES=word  only walks whose name has the word; RV_PICTURES=folder  keeps the pictures
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { differing, isSeen } from '../png.mjs';
import { freePort, launch, root } from './harness.mjs';
import { launchWebkit } from './webkit.mjs';

const MOBILE = {
	chromium: 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36',
	firefox: 'Mozilla/5.0 (Android 15; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0',
	webkit: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
};
/**
 * Share of pixels that may differ from the browser's own screenshot. At three pixels a length the engines set
 * glyphs and lines of an image at other fractions than a page's; Firefox asks media queries in an image about
 * the image's own pixels, so a narrow layout comes out wide there.
 */
const OFF = /** @type {Record<string, number>} */ ({ 'chromium, phone': 0.03, 'webkit, phone': 0.05, 'firefox, phone': 0.12 });

/**
 * A browser with one page of that device. What the engine cannot emulate is left out: Firefox and WebKitGTK
 * have no mobile viewport, and WebKitGTK hands the page a mouse for a finger.
 * @param {'chromium' | 'firefox' | 'webkit'} engine
 * @param {boolean} phone
 * @returns {Promise<{browser: any, page: any}>}
 */
async function start(engine, phone) {
	const userAgent = MOBILE[engine];
	const viewport = phone ? { width: 390, height: 844, deviceScaleFactor: 3 } : { width: 1100, height: 800 };
	if (engine === 'webkit') {
		const browser = await launchWebkit(phone ? { scale: 3, userAgent } : {});
		const page = await browser.newPage();
		await page.setViewport(viewport);
		return { browser, page };
	}
	const browser = await launch(engine, { prefs: phone ? { 'general.useragent.override': userAgent, 'dom.w3c_touch_events.enabled': 1 } : {} });
	const page = await browser.newPage();
	if (phone && engine === 'chromium') await page.emulate({ userAgent, viewport: { ...viewport, isMobile: true, hasTouch: true } });
	else await page.setViewport(viewport);
	return { browser, page };
}

describe('one walk in every engine', { timeout: 300_000 }, () => {
	/** @type {string} */ let data;
	/** @type {import('node:child_process').ChildProcess} */ let demoProcess;
	/** @type {any} */ let demo;
	/** Plays replays. @type {import('puppeteer-core').Browser} */ let theatre;
	let errors = '';

	before(async () => {
		data = mkdtempSync(join(tmpdir(), 'rv-engines-'));
		demoProcess = spawn(process.execPath, [join(root, 'scripts/demo.mjs'), String(await freePort()), data], { stdio: ['ignore', 'pipe', 'pipe'] });
		demoProcess.stderr?.on('data', (chunk) => (errors += chunk));
		await new Promise((done, failed) => {
			let seen = '';
			demoProcess.stdout?.on('data', (chunk) => /^ready$/m.test((seen += chunk)) && done(undefined));
			demoProcess.on('exit', (code) => failed(new Error(`the demo ended with ${code}: ${errors}`)));
		});
		demo = JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8'));
		theatre = await launch('chromium');
	});
	after(async () => {
		await theatre?.close();
		if (demoProcess?.exitCode === null) {
			demoProcess.kill('SIGTERM');
			await once(demoProcess, 'exit');
		}
		rmSync(data, { recursive: true, force: true });
		assert.doesNotMatch(errors, /AddressSanitizer|runtime error/);
	});

	const api = (/** @type {string} */ path, /** @type {RequestInit} */ init = {}) =>
		fetch(path.startsWith('http') ? path : demo.base_url + path, { ...init, headers: { 'user-agent': 'rearview-test/1', 'x-rearview-api-key': demo.api_key, ...init.headers } });
	/** Asks again until the answer is there: what is awaited happens in another process. */
	const until = async (/** @type {() => Promise<any>} */ ask, /** @type {string} */ what) => {
		for (const end = Date.now() + 30_000; Date.now() < end;) {
			const got = await ask();
			if (got) return got;
			await new Promise((done) => setTimeout(done, 100));
		}
		assert.fail(`no ${what} in time`);
	};
	/** What an action of support's leads to. */
	const asked = async (/** @type {string} */ userId, /** @type {string} */ action, userProvidedDescription = '') => {
		const answer = await until(async () => {
			const got = await api('/api/v1/action', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ workspaceId: demo.workspace_id, userId, action, userProvidedDescription }) });
			const body = await got.json();
			assert.ok(got.status === 200 || body.error === 'USER_NOT_CONNECTED', JSON.stringify(body));
			return got.status === 200 && body;
		}, 'connection');
		const info = await until(async () => {
			const got = await api(answer.sessionInfoUrl);
			return got.status === 200 && got.json();
		}, 'report');
		return (await api(`/api/v1/reports/${new URL(info.reportUrl).pathname.split('/').pop()}`)).json();
	};
	/** What rrweb's own Replayer shows at the end. */
	const played = async (/** @type {any[]} */ events) => {
		const stage = await theatre.newPage();
		try {
			await stage.addScriptTag({ content: readFileSync(join(root, 'node_modules/rrweb/dist/rrweb.umd.min.cjs'), 'utf8') });
			return await stage.evaluate(async (all) => {
				/** @type {string[]} */ const warnings = [];
				console.warn = (...args) => warnings.push(args.map(String).join(' '));
				const replayer = new /** @type {any} */ (window).rrweb.Replayer(all, { root: document.body, mouseTail: false });
				replayer.pause(all[all.length - 1].timestamp - all[0].timestamp);
				const { contentDocument: doc } = replayer.iframe;
				return { heading: doc.querySelector('h1').textContent, fields: [...doc.querySelectorAll('main input, main textarea')].map((field) => field.value), width: replayer.iframe.width, warnings };
			}, events);
		} finally {
			await stage.close();
		}
	};
	for (const engine of /** @type {const} */ (['chromium', 'firefox', 'webkit'])) for (const device of ['desktop', 'phone']) {
		const name = `${engine}, ${device}`;
		it(name, { skip: !name.includes(process.env.RV_ENGINES ?? '') }, async () => {
			const phone = device === 'phone';
			const who = `${engine}-${device}`;
			const { browser, page } = await start(engine, phone);
			const press = (/** @type {string} */ selector) => (phone ? page.tap(selector) : page.click(selector));
			const keep = (/** @type {string} */ what, /** @type {Buffer} */ png) => process.env.RV_PICTURES && writeFileSync(join(process.env.RV_PICTURES, `${who}-${what}.png`), png);
			try {
				await page.goto(new URL('products.json', demo.demo_url).href);
				await page.evaluate((/** @type {string} */ id) => localStorage.setItem('fernweh.user', JSON.stringify(id)), who);
				await page.goto(demo.demo_url);
				await page.waitForSelector('.item');
				await press('.item button.main');
				await page.waitForFunction(() => document.querySelector('[data-basket-count]')?.textContent === '1');
				for (const trouble of ['error', 'log', 'missing']) await press(`[data-trouble=${trouble}]`);
				await page.waitForFunction(() => /answered 404/.test(document.querySelector('[data-said]')?.textContent ?? ''));

				// the host app's own report
				const sent = await page.evaluate(async () => {
					const { Rearview } = /** @type {any} */ (window);
					return Rearview.saveReport({ title: 'The voucher is not taken', description: 'It was yesterday.', item_type: 'bug', custom: { shelf: 'B4' } });
				});
				assert.ok(sent.number > 0, JSON.stringify(sent));
				const saved = await (await api(`/api/v1/reports/${sent.id}`)).json();
				assert.equal(saved.title, 'The voucher is not taken');
				assert.equal(saved.user.id, who);
				assert.equal(saved.page.viewport.width, phone ? 390 : 1100);
				if (phone) assert.equal(saved.page.device_pixel_ratio, 3);
				assert.equal(saved.capture.order_violations, 0);
				assert.equal(saved.capture.resyncs, 0);

				// another page, in the same recording; what is typed there stays there
				await page.goto(new URL('checkout.html', demo.demo_url).href);
				await page.waitForSelector('#card');
				await page.type('#name', 'Robin Q. Secretname');
				await page.type('#card', '4111111111111111');

				const session = await asked(who, 'upload-session', 'Called about the voucher');
				assert.equal(session.trigger, 'wss');
				assert.match(JSON.stringify(session.notes), /Called about the voucher/);
				assert.deepEqual(session.replay.pages.map((/** @type {any} */ shown) => new URL(shown.url).pathname), ['/demo/', '/demo/checkout.html']);
				const logs = JSON.stringify(session.console_logs);
				for (const line of [/basket: added/, /apply/, /delivery dates are missing/]) assert.match(logs, line);
				assert.equal(session.network_logs.find((/** @type {any} */ entry) => entry.url.includes('does-not-exist'))?.status, 404);
				const replay = await (await api(`/api/v1/reports/${session.id}/replay?format=rrweb`)).text();
				assert.doesNotMatch(replay + JSON.stringify(session), /Secretname|4111 ?1111|robin@example\.com|abcdefghijklmnopqrstuvwxyz012345/);
				const shown = await played(JSON.parse(replay));
				assert.equal(shown.heading, 'Your basket');
				assert.equal(shown.fields[0], '*'.repeat(19));
				assert.equal(shown.width, phone ? '390' : '1100');
				assert.deepEqual(shown.warnings, []);

				// what is typed is masked in the picture too: it is taken of the page as it comes
				await page.goto(new URL('orders.html', demo.demo_url).href);
				await page.waitForSelector('tbody');
				await page.evaluate(() => /** @type {any} */ (window).Rearview.hide()); // the launcher is in the browser's picture alone
				const looked = await asked(who, 'upload-screenshot');
				const picture = looked.attachments.find((/** @type {any} */ attachment) => attachment.kind === 'screenshot');
				assert.ok(picture, JSON.stringify(looked.capture));
				const png = Buffer.from(await (await api(picture.url)).arrayBuffer());
				const own = Buffer.from(await page.screenshot());
				keep('rearview', png);
				keep('browser', own);
				const off = differing(png, own, isSeen);
				assert.ok(off < (OFF[name] ?? 0.01), `${(off * 100).toFixed(2)} % of the pixels differ`);
			} finally {
				await browser.close();
			}
		});
	}
});
