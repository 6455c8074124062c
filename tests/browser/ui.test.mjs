// The feedback panel as people meet it: by mouse and by keyboard alone, in both schemes and on a small
// screen, under a strict policy, with drafts, files and a network that is gone. Against a real collector.
// The panel's root is closed; these pages open it, as nothing else could look inside.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, root, serve } from './harness.mjs';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg==', 'base64');
const AXE = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
const FIELDS = [{ key: 'order', label: 'Order number', type: 'text', required: true, options: [] }];
const config = (theme = {}, feedback = {}) => ({ modules: { feedback: { enabled: true, launcher: 'button', types: ['bug', 'idea'], email: 'optional', fields: [], ...feedback } }, theme });

async function startCollector(/** @type {string} */ data) {
	const probe = createServer().listen(0, '127.0.0.1');
	await once(probe, 'listening');
	const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
	probe.close();
	await once(probe, 'close');
	const child = spawn(process.execPath, [join(root, 'scripts/demo.mjs'), String(port), data], { stdio: ['ignore', 'pipe', 'inherit'] });
	await new Promise((done, failed) => {
		let seen = '';
		child.stdout.on('data', (chunk) => /^ready$/m.test(seen += chunk) && done(undefined));
		child.on('exit', (code) => failed(new Error(`the demo ended with ${code}`)));
	});
	return {
		demo: JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')),
		async stop() {
			child.removeAllListeners('exit');
			child.kill('SIGTERM');
			await once(child, 'exit');
		},
	};
}

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`the panel in ${engine}`, { timeout: 300_000 }, () => {
		/** @type {string} */ let data;
		/** @type {Awaited<ReturnType<typeof startCollector>>} */ let collector;
		/** @type {any} */ let demo;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {import('puppeteer-core').Page} */ let page;
		/** @type {string[]} */ let said;
		before(async () => {
			data = mkdtempSync(join(tmpdir(), 'rv-ui-'));
			collector = await startCollector(data);
			demo = collector.demo;
			site = await serve({});
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
			await collector?.stop();
			if (data) rmSync(data, { recursive: true, force: true });
		});

		/** @param {any} [given] @param {{head?: string, body?: string}} [how] */
		async function open(given = config(), { head = '', body = '<h1>Page</h1><input id="own"><button class="bug-report-button" id="opener">Report</button>' } = {}) {
			await page?.close();
			page = await browser.newPage();
			said = [];
			page.on('console', (message) => said.push(message.text()));
			await page.evaluateOnNewDocument(() => {
				const { attachShadow } = Element.prototype;
				Element.prototype.attachShadow = function (how) {
					return attachShadow.call(this, { ...how, mode: 'open' });
				};
			});
			site.pages['/p'] = { body: pageWith(body, { head, options: { projectKey: demo.project_key, endpoint: demo.base_url, config: given } }) };
			await page.goto(`${site.base}/p`);
			await recording(page);
		}
		const inside = (/** @type {string} */ selector) => page.waitForFunction((s) => document.querySelector('rearview-ui')?.shadowRoot?.querySelector(s), { timeout: 30_000 }, selector).then((handle) => /** @type {import('puppeteer-core').ElementHandle<any>} */ (handle.asElement()));
		const text = async (/** @type {string} */ selector) => (await inside(selector)).evaluate((/** @type {any} */ node) => node.textContent);
		const focused = () => page.evaluate(() => document.querySelector('rearview-ui')?.shadowRoot?.activeElement?.id ?? '');
		const submitted = () => page.evaluate(() => { /** @type {any} */ (window).sent = new Promise((done) => /** @type {any} */ (window).Rearview.on('submit', done)); });
		const reportOf = async (/** @type {string} */ id) => (await fetch(`${demo.base_url}/api/v1/reports/${id}`, { headers: { 'user-agent': 't', 'x-rearview-api-key': demo.api_key } })).json();
		const openPanel = () => page.evaluate(() => /** @type {any} */ (window).Rearview.open());

		it('sends the files of an application\'s own form as they are', async () => {
			await open();
			const sent = await page.evaluate(async () => {
				const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 30 });
				canvas.getContext('2d')?.fillRect(5, 5, 10, 10);
				const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
				const { id } = await /** @type {any} */ (window).Rearview.submit({ title: 'By my own form', files: [new File([blob], 'invoice.png', { type: 'image/png' }), blob] });
				return { id, bytes: [...new Uint8Array(await blob.arrayBuffer())] };
			});
			const files = (await reportOf(sent.id)).attachments.filter((/** @type {any} */ one) => one.kind === 'screenshot');
			const sha256 = createHash('sha256').update(Uint8Array.from(sent.bytes)).digest('hex');
			assert.deepEqual(files.map((/** @type {any} */ one) => [one.mime, one.sha256]), [['image/png', sha256], ['image/png', sha256]]);
		});

		it('goes from the button to the number by keyboard alone, and tells the page nothing of the keys', async () => {
			await open(config({}, { fields: FIELDS }));
			await page.evaluate(() => {
				const w = /** @type {any} */ (window);
				w.keys = [];
				for (const type of ['keydown', 'keypress', 'keyup']) document.addEventListener(type, (event) => w.keys.push(/** @type {any} */ (event).key), true);
			});
			await submitted();
			await (await inside('.launcher')).evaluate((/** @type {any} */ node) => node.focus());
			await page.keyboard.press('Enter');
			await inside('dialog[open] canvas.thumb');
			assert.equal(await focused(), 'title');
			await page.evaluate(() => { /** @type {any} */ (window).keys = []; });
			await page.keyboard.type('It broke');
			await page.keyboard.press('Enter');
			assert.equal(await focused(), 'custom-order', 'the required field is asked for');
			await page.keyboard.type('4711');
			for (let i = 0; i < 40 && await focused() !== 'send'; i++) await page.keyboard.press('Tab');
			assert.equal(await focused(), 'send');
			await page.keyboard.press('Enter');
			assert.match(await text('#done'), /number \d+/);
			assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).keys), []);
			const { id } = await page.evaluate(() => /** @type {any} */ (window).sent);
			const report = await reportOf(id);
			assert.deepEqual([report.title, report.trigger, report.item_type ?? 'bug', report.custom?.order], ['It broke', 'widget', 'bug', '4711']);
			assert.deepEqual(report.attachments.map((/** @type {any} */ one) => one.kind).sort(), ['replay', 'screenshot']);
			await page.keyboard.press('Escape');
			await page.waitForFunction(() => !document.querySelector('rearview-ui')?.shadowRoot?.querySelector('dialog'));
		});

		it('takes files byte for byte, refuses others in words, and leaves out what was removed', async () => {
			await open();
			await submitted();
			const good = join(data, 'a.png');
			const bad = join(data, 'b.txt');
			writeFileSync(good, PNG);
			writeFileSync(bad, 'no picture');
			await openPanel();
			const input = await inside('input[type=file]');
			await input.uploadFile(bad);
			assert.match(await text('section .error'), /b\.txt is not a PNG/);
			await input.uploadFile(good);
			assert.match(await text('li'), /a\.png/);
			await (await inside('#replay')).click();
			await (await inside('#title')).type('With a file');
			await (await inside('#send')).click();
			await inside('#done');
			const { id } = await page.evaluate(() => /** @type {any} */ (window).sent);
			const { attachments } = await reportOf(id);
			assert.ok(attachments.some((/** @type {any} */ one) => one.sha256 === createHash('sha256').update(PNG).digest('hex')));
			assert.ok(!attachments.some((/** @type {any} */ one) => one.kind === 'replay'));
		});

		it('keeps the draft over Escape and a reload, gives the focus back', async () => {
			await open();
			await (await page.$('#opener'))?.focus();
			await page.waitForFunction(() => document.querySelector('rearview-ui'));
			await page.keyboard.press('Enter');
			await inside('dialog[open]');
			await (await inside('#description')).type('half a sentence');
			await page.keyboard.press('Escape');
			await page.waitForFunction(() => !document.querySelector('rearview-ui')?.shadowRoot?.querySelector('dialog'));
			assert.equal(await page.evaluate(() => document.activeElement?.id), 'opener');
			await page.reload();
			await recording(page);
			await openPanel();
			assert.equal(await (await inside('#description')).evaluate((/** @type {any} */ node) => node.value), 'half a sentence');
		});

		it('is clean by axe in light, dark and on a phone', async () => {
			for (const [scheme, width] of /** @type {[string, number][]} */ ([['light', 1000], ['dark', 1000], ['light', 360]])) {
				await open(config({ scheme }), { head: '<meta name="viewport" content="width=device-width">' });
				await page.setViewport({ width, height: 740 });
				await openPanel();
				await (await inside('#send')).click();
				await page.evaluate(AXE);
				const found = await page.evaluate(async () => (await /** @type {any} */ (window).axe.run({ include: ['rearview-ui'] }, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })).violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html).join(' ')}`));
				assert.deepEqual(found, [], `${scheme} ${width}`);
				assert.ok(await (await inside('.panel')).evaluate((/** @type {any} */ node) => node.scrollWidth <= node.clientWidth), 'nothing overflows');
			}
		});

		it('speaks six languages, each its own', async () => {
			const titles = new Set();
			for (const locale of ['en', 'de', 'fr', 'es', 'ja', 'ar']) {
				await open(config({ locale }));
				await openPanel();
				titles.add(await text('#heading'));
				assert.equal(await (await inside('.panel')).evaluate((/** @type {any} */ node) => node.dir), locale === 'ar' ? 'rtl' : 'ltr');
			}
			assert.equal(titles.size, 6);
			await open(config({ labels: { 'ui.heading': 'Tell us' } }));
			await openPanel();
			assert.equal(await text('#heading'), 'Tell us');
		});

		it('is neither recorded nor pictured, and destroy() leaves nothing', async () => {
			await open();
			await openPanel();
			await (await inside('#title')).type('secret words');
			const events = await page.evaluate(async () => JSON.stringify(await /** @type {any} */ (window).Rearview.exportReplay()));
			assert.doesNotMatch(events, /rearview-ui|secret words/);
			await page.evaluate(() => /** @type {any} */ (window).Rearview.destroy());
			await page.waitForFunction(() => !document.querySelector('rearview-ui'));
		});

		it('works under a strict policy with Trusted Types', async () => {
			const policy = `default-src 'none'; script-src 'nonce-n' 'wasm-unsafe-eval'; worker-src blob:; connect-src *; img-src data: blob:; require-trusted-types-for 'script'; trusted-types rearview`;
			const tag = `<script nonce="n" src="/rearview/rearview.js"></script>`;
			await open();
			site.pages['/p'] = { body: `<!doctype html><html><head>${tag}<script nonce="n">window.started = Rearview.init(${JSON.stringify({ projectKey: demo.project_key, endpoint: demo.base_url, config: config() })});</script></head><body><h1>Strict</h1></body></html>`, headers: { 'content-security-policy': policy } };
			await page.goto(`${site.base}/p`);
			said.length = 0;
			await recording(page);
			await openPanel();
			await inside('canvas.thumb');
			assert.equal(await (await inside('.panel')).evaluate((/** @type {any} */ node) => getComputedStyle(node).position), 'fixed');
			assert.deepEqual(said.filter((line) => /Content.Security|Trusted/i.test(line)), []);
		});

		it('keeps the report while there is no collector', async () => {
			await open();
			site.pages['/p'] = { body: pageWith('<h1>Page</h1>', { options: { projectKey: demo.project_key, endpoint: 'http://127.0.0.1:9', config: config() } }) };
			await page.goto(`${site.base}/p`);
			await recording(page);
			await openPanel();
			await inside('canvas.thumb');
			await (await inside('#title')).type('No network');
			await (await inside('#send')).click();
			assert.match(await text('#kept'), /kept on this device/);
			assert.equal(await focused(), 'later');
		});

		it('asks to wait after several reports', async () => {
			await open();
			await page.evaluate(() => localStorage.setItem('rearview.sent', JSON.stringify(Array(5).fill(Date.now()))));
			await openPanel();
			await (await inside('#title')).type('Again');
			await (await inside('#send')).click();
			assert.match(await text('#failure'), /Please wait \d+ minutes/);
			await page.evaluate(() => localStorage.removeItem('rearview.sent'));
		});
	});
}
