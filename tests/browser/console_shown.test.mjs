// What rrweb's Replayer has no word for, recorded by the widget and shown by the console's player.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { startWorld } from '../collector/world.mjs';
import { launch, observing, serve, web } from './harness.mjs';

/** @type {any} */
let world;
/** @type {import('puppeteer-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */
let site;

before(async () => {
	world = await startWorld({ args: ['--widget-dir', web] });
	browser = await launch('chromium');
	site = await serve({ '/': `<!doctype html><html dir="rtl"><head><meta charset="utf-8"><title>Shown</title><style>#note { position: fixed; inset: 40px auto auto 40px; margin: 0 } .cover { position: fixed; inset: 0; z-index: 2147483647; background: #eee8 }</style>
		<script src="${world.url}/${world.first.workspace_id}/rearview.js"></script>
		<script>window.started = Rearview.init({ projectKey: ${JSON.stringify(world.first.project_key)}, endpoint: ${JSON.stringify(world.url)} });</script></head>
		<body><div id="note" popover="manual">On top</div><div class="cover"></div><input type="checkbox" id="mixed"><div id="moved" style="width:20px;height:20px;background:red"></div><input id="field"></body></html>` });
});
after(async () => {
	await browser?.close();
	await site?.close();
	world?.assertSilent();
	await world?.stop();
});

it('shows popovers in the top layer, mixed checkboxes and animations as they stood', { timeout: 120_000 }, async () => {
	const page = await browser.newPage();
	await page.setViewport({ width: 600, height: 400 });
	await page.goto(site.base);
	await observing(page);
	await page.evaluate(() => {
		/** @type {any} */ (document.querySelector('#mixed')).indeterminate = true;
		/** @type {any} */ (document.querySelector('#note')).showPopover();
		document.querySelector('#moved')?.animate([{ transform: 'none' }, { transform: 'translateX(-400px)' }], { duration: 600_000, iterations: 2 });
	});
	await page.waitForFunction(async () => {
		const events = await /** @type {any} */ (window).Rearview.exportReplay({ format: 'rrweb' });
		return ['rv:popover', 'rv:animation', 'rv:indeterminate'].every((tag) => events.some((/** @type {any} */ event) => event.data?.tag === tag));
	}, { polling: 300, timeout: 60_000 });
	await page.focus('#field');
	await page.keyboard.press('Enter');
	const report = await page.evaluate(() => /** @type {any} */ (window).Rearview.saveReport({ title: 'shown' }));
	assert.ok(report?.id, JSON.stringify(report));
	await page.close();

	const context = await browser.createBrowserContext();
	const console_ = await context.newPage();
	/** @type {string[]} */
	const complaints = [];
	console_.on('pageerror', (error) => complaints.push(String(error)));
	const login = await world.ask('/api/console/login', { method: 'POST', headers: { 'content-type': 'application/json', 'x-rearview-console': '1' }, body: world.credentials });
	await context.setCookie({ name: 'rv_login', value: /rv_login=([^;]+)/.exec(login.headers.get('set-cookie') ?? '')?.[1] ?? '', domain: '127.0.0.1', path: '/', httpOnly: true, secure: false });
	await console_.goto(`${world.url}/r/${report.id}`);
	await console_.waitForSelector('.controls .primary:not(:disabled)', { timeout: 30_000 });
	const look = async () => {
		const inner = console_.frames().find((frame) => frame.url().includes('/console/player-'))?.childFrames()[0];
		return inner?.evaluate(() => {
			const note = document.querySelector('#note'), [motion] = document.querySelector('#moved')?.getAnimations() ?? [];
			return { open: note?.matches(':popover-open'), display: note?.getAttribute('style') ?? '', mixed: /** @type {any} */ (document.querySelector('#mixed'))?.indeterminate, motion: motion && { state: motion.playState, time: Number(motion.currentTime) }, dir: document.documentElement.dir, top: document.elementFromPoint?.(60, 50)?.className };
		}).catch(() => undefined);
	};
	/** @param {(seen: any) => unknown} fits */
	const until = async (fits) => {
		for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
			const seen = await look();
			if (seen && fits(seen)) return seen;
		}
		return assert.fail(`never as awaited: ${JSON.stringify(await look())}`);
	};
	await console_.focus('.scrubber');
	await console_.keyboard.press('End');
	const late = await until((seen) => seen.open && seen.motion);
	assert.equal(late.mixed, true);
	assert.equal(late.dir, 'rtl');
	assert.equal(late.motion.state, 'paused', 'time is the player\'s');
	assert.ok(late.motion.time > 0 && late.motion.time < 600_000, String(late.motion.time));
	assert.doesNotMatch(late.display, /2147483647/, 'the stand-in style is not needed');
	await console_.keyboard.press('Home');
	await until((seen) => seen.open === false && !seen.motion && seen.mixed === false);
	await console_.keyboard.press('End');
	await until((seen) => seen.open && seen.motion && seen.mixed);
	assert.deepEqual(complaints, []);
	await context.close();
});
