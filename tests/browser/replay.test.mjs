// The recorder with the real core, judged by rrweb's own Replayer: after thousands of random changes the
// last frame is the live document, from one snapshot, with nothing refused.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, root, serve } from './harness.mjs';

/** What is compared: structure, attributes and text, as a browser shows them. */
const digest = `(document) => {
	const dump = (node) => {
		if (node.nodeType === 3) return node.data;
		if (node.nodeType !== 1) return '';
		const names = node.getAttributeNames().filter((n) => !/^rr_|^on/.test(n)).sort();
		const inside = (node.shadowRoot ? '#' + [...node.shadowRoot.childNodes].map(dump).join('') + '#' : '') + [...node.childNodes].map(dump).join('');
		return '<' + node.localName + names.map((n) => ' ' + n + '=' + node.getAttribute(n)).join('') + '>' + inside + '</>';
	};
	return dump(document.querySelector('main'));
}`;

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`replay of what ${engine} recorded`, { timeout: 180_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		before(async () => {
			site = await serve({
				'/stage': '<!doctype html><script src="/rrweb.js"></script><body></body>',
				'/rrweb.js': { type: 'text/javascript', body: readFileSync(join(root, 'node_modules/rrweb/dist/rrweb.umd.min.cjs')) },
			});
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
		});

		it('is the live document', async () => {
			site.pages['/page'] = pageWith('<main><p>start</p></main>', { head: '<style id="sheet"></style><script>window.degraded = [];</script>', options: { projectKey: `replay-${engine}` } }).replace('window.started', "Rearview.on('degrade', (d) => degraded.push(d)); window.started");
			const page = await browser.newPage();
			await page.goto(`${site.base}/page`);
			await recording(page);
			await page.evaluate(async () => {
				let state = 4711;
				const random = (/** @type {number} */ max) => (state = (state * 48271) % 2147483647) % max;
				const main = /** @type {HTMLElement} */ (document.querySelector('main'));
				const sheet = /** @type {any} */ (document.getElementById('sheet')).sheet;
				const all = () => [main, ...main.querySelectorAll('*')];
				const pick = () => all()[random(all().length)];
				/** @type {Node[]} */
				const detached = [];
				const make = (depth = 0) => {
					const node = document.createElement(['div', 'p', 'ul', 'li', 'span', 'b'][random(6)]);
					node.title = `t${random(1000)}`;
					for (let i = random(3); i > 0; i--) node.append(random(2) ? `text ${random(99)} ` : depth < 3 ? make(depth + 1) : '');
					if (random(12) === 0 && node.localName !== 'ul' && node.localName !== 'li' && node.localName !== 'b') node.attachShadow({ mode: 'open' }).innerHTML = `<i>shadow ${random(9)}</i><slot></slot>`;
					return node;
				};
				const steps = [
					() => pick().append(make()),
					() => pick().prepend(make(), 'some text'),
					() => { const n = pick(); if (n !== main) n.remove(); },
					() => { const n = pick(); if (n !== main) { n.remove(); detached.push(n); } },
					() => { const n = detached.pop(); if (n) pick().append(n); },
					() => { const n = pick(), to = pick(); if (n !== main && !n.contains(to)) to.insertBefore(n, to.childNodes[random(to.childNodes.length + 1)] ?? null); },
					() => { const n = pick(); n.append(...[...n.childNodes].sort(() => random(3) - 1)); },
					() => pick().setAttribute(['class', 'id', 'data-x', 'style'][random(4)], ['color: red', 'x', 'y z', ''][random(4)]),
					() => pick().removeAttribute(['class', 'id', 'style'][random(3)]),
					() => { for (const c of pick().childNodes) if (c.nodeType === 3) /** @type {Text} */ (c).data += random(9); },
					() => { const n = pick(); if (n.shadowRoot) n.shadowRoot.append(make()); },
					() => sheet.insertRule(`.x${random(50)} { top: ${random(50)}px }`, random(sheet.cssRules.length + 1)),
					() => { if (sheet.cssRules.length) sheet.deleteRule(random(sheet.cssRules.length)); },
				];
				for (let i = 0; i < 4000; i++) {
					steps[random(steps.length)]();
					if (i % 97 === 0) await new Promise((done) => setTimeout(done, 20));
					if (all().length > 400) main.replaceChildren(make(), make());
				}
			});
			const { events, live, degraded } = await page.evaluate(async (text) => {
				const w = /** @type {any} */ (window);
				const events = await w.Rearview.exportReplay();
				return { events, live: new Function(`return (${text})`)()(document), degraded: w.degraded };
			}, digest);
			assert.deepEqual(degraded, []);
			assert.equal(events.filter((/** @type {any} */ e) => e.type === 2).length, 1);
			for (let i = 1; i < events.length; i++) assert.ok(events[i].timestamp >= events[i - 1].timestamp);
			await page.close();

			const stage = await browser.newPage();
			await stage.goto(`${site.base}/stage`);
			const { shown, warnings } = await stage.evaluate(async (all, text) => {
				/** @type {string[]} */ const warnings = [];
				console.warn = (...args) => warnings.push(args.map(String).join(' ').slice(0, 300));
				const replayer = new /** @type {any} */ (window).rrweb.Replayer(all, { root: document.body, mouseTail: false });
				replayer.pause(all[all.length - 1].timestamp - all[0].timestamp + 1000);
				await new Promise((done) => setTimeout(done, 500));
				return { shown: new Function(`return (${text})`)()(replayer.iframe.contentDocument), warnings };
			}, events, digest);
			assert.equal(shown, live);
			assert.deepEqual(warnings, []);
			await stage.close();
		});
	});
}
