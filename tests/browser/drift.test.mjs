// The drift check and pages beyond the core's bounds, with the real worker and core.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, serve } from './harness.mjs';

/* Keeps hold of the recorder's observer, so that a test can take records away from it. */
const BLIND = `<script>{
	const { takeRecords } = MutationObserver.prototype;
	const all = new Set();
	MutationObserver.prototype.takeRecords = function () { all.add(this); return takeRecords.call(this); };
	window.unseen = (change) => { change(); for (const observer of all) takeRecords.call(observer); };
}</script>`;

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`drift in ${engine}`, { timeout: 240_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {import('puppeteer-core').Page} */ let page;
		before(async () => {
			site = await serve({});
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
		});
		const open = async (/** @type {string} */ body, head = '', options = {}) => {
			site.pages['/page'] = pageWith(body, { head, options });
			await page?.close();
			page = await browser.newPage();
			await page.goto(`${site.base}/page`);
			await recording(page);
		};
		/** Resyncs so far, and the texts of the document now as the recording has them. */
		const state = () => page.evaluate(async () => {
			const events = await /** @type {any} */ (window).Rearview.exportReplay({ from: Date.now() + 1e7 });
			const all = await /** @type {any} */ (window).Rearview.exportReplay();
			return {
				resyncs: all.filter((/** @type {any} */ event) => event.type === 5 && event.data.payload?.kind === 'resync').length,
				document: JSON.stringify(events),
			};
		});
		/** @param {(state: {resyncs: number, document: string}) => boolean} holds */
		const until = async (holds) => {
			for (let i = 0; i < 200; i++) {
				const now = await state();
				if (holds(now)) return now;
			}
			throw new Error(`never: ${JSON.stringify(await state())}`);
		};

		it('is found, healed and counted', async () => {
			await open('<main><p id="a">first</p><ul><li>one</li><li>two</li></ul></main><section><b>x</b></section>', BLIND);
			await page.evaluate(() => {
				document.body.append('seen'); /* so that the recorder has asked its observer */
			});
			assert.equal((await until(({ document }) => document.includes('seen'))).resyncs, 0);
			/** @type {[string, (html: string) => boolean][]} */
			const changes = [
				['document.querySelector("ul").append(Object.assign(document.createElement("li"), { textContent: "three, unseen" }))', (html) => html.includes('three, unseen')],
				['document.querySelector("#a").firstChild.data = "first, changed unseen"', (html) => html.includes('first, changed unseen')],
				['document.querySelector("section").className = "unseen-class"', (html) => html.includes('unseen-class')],
				['document.querySelector("b").remove()', (html) => !html.includes('"b"')],
			];
			let before = 0;
			for (const [change, holds] of changes) {
				await page.evaluate((code) => /** @type {any} */ (window).unseen(new Function(code)), change);
				const { resyncs } = await until(({ document }) => holds(document));
				assert.ok(resyncs > before, change);
				before = resyncs;
			}
		});

		it('is not seen where there is none', async () => {
			await open(`<!-- c --><style>p { color: red } p::after { content: "x" }</style><main id="root" title="ä😀"><a href="/x?token=1" style="color: red" data-token="t">l</a></main>
				<form><input value="v" autofocus><textarea>t</textarea><select><option selected>o</select><input type="password" value="p"></form><template><i>t</i></template>
				<svg viewBox="0 0 1 1"><use xlink:href="#a"/></svg><div id="host"></div><iframe srcdoc="<p>inside</p>"></iframe><noscript>n</noscript><p data-rv-mask title="m">masked</p><p data-rv-block>blocked</p><pre>${'long '.repeat(99)}</pre>`);
			/* The session's window has the page before in it. */
			const { resyncs: before } = await state();
			await page.evaluate(async () => {
				const host = /** @type {HTMLElement} */ (document.getElementById('host'));
				host.attachShadow({ mode: 'open' }).innerHTML = '<p>in shadow</p><slot></slot>';
				const main = /** @type {HTMLElement} */ (document.querySelector('main'));
				let state = 7;
				const random = (/** @type {number} */ max) => (state = (state * 48271) % 2147483647) % max;
				const pick = () => [main, ...main.querySelectorAll('*')][random(main.querySelectorAll('*').length + 1)];
				const until = Date.now() + 6000;
				while (Date.now() < until) {
					for (let i = 0; i < 20; i++) {
						const node = pick();
						const made = document.createElement(['div', 'p', 'x-y'][random(3)]);
						made.setAttribute(['class', 'title', 'data-a', 'href'][random(4)], ['a', 'b/c', '', 'ü'][random(4)]);
						if (random(3)) node.append(made, `t${random(99)}`);
						else if (node !== main) node.remove();
						if (random(4) === 0) node.setAttribute('class', `c${random(9)}`);
						if (random(9) === 0) main.prepend(node === main ? 'x' : node);
						if (main.querySelectorAll('*').length > 300) main.innerHTML = '<b>new</b>';
					}
					await new Promise((done) => setTimeout(done, random(60)));
				}
			});
			const { resyncs, document: html } = await state();
			assert.equal(resyncs, before);
			assert.match(html, /in shadow/);
		});

		it('a page beyond the bounds is given up once, with a note', async () => {
			await open('<p>before</p>', '<script>window.told = [];</script>');
			await page.evaluate(() => {
				/** @type {any} */ (window).Rearview.on('degrade', (/** @type {any} */ detail) => /** @type {any} */ (window).told.push(detail.what));
			});
			assert.match((await state()).document, /before/);
			await page.evaluate(() => {
				for (let i = 0; i < 52; i++) {
					const node = document.createElement('i');
					node.hidden = true;
					node.textContent = i + 'x'.repeat(1_000_000);
					document.body.append(node);
				}
			});
			await page.waitForFunction(() => /** @type {any} */ (window).told.includes('stopped'), { timeout: 120_000, polling: 100 });
			const told = await page.evaluate(() => /** @type {any} */ (window).told);
			/* That so much is written at once may be the breaker's business too. */
			assert.deepEqual(told.filter((/** @type {string} */ what) => what !== 'budget').sort(), ['page_too_large', 'stopped']);
		});
	});
}
