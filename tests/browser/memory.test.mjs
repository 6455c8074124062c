// Memory over a long session: rows, frames, shadow roots, rules and texts come and go as in ten minutes of
// work, with a window that is full long before the end. What is held at the end is what was held after a
// third of it, in the page and in its worker; what destroy() leaves is what was there before init().
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, serve, web } from './harness.mjs';

/** Keeps the worker's Wasm memories where they can be measured. */
const MEMORIES = `self.memories = [];
for (const name of ['instantiate', 'instantiateStreaming']) {
	const own = WebAssembly[name];
	WebAssembly[name] = (...given) => own.apply(WebAssembly, given).then((made) => {
		for (const one of Object.values((made.instance ?? made).exports)) if (one instanceof WebAssembly.Memory) memories.push(new WeakRef(one));
		return made;
	});
}
`;

/** A second's work in each step: everything that is made in one is gone some steps later. */
const WORK = `
customElements.define('x-card', class extends HTMLElement { constructor() { super(); this.attachShadow({ mode: 'open' }).innerHTML = '<style>p { color: teal }</style><input value="v"><p>shadow</p>'; } });
window.work = async (from, to) => {
	const main = document.querySelector('main'), sheet = document.head.appendChild(document.createElement('style')).sheet;
	for (let step = from; step < to; step++) {
		const part = document.createElement('section');
		part.innerHTML = '<table>' + ('<tr class="r' + step + '"><td>' + step + '</td><td title="t' + step + '">text of step ' + step + '</td><td><input value="' + step + '"></td></tr>').repeat(20) + '</table><x-card></x-card><x-card></x-card>';
		if (step % 10 === 0) part.append(Object.assign(document.createElement('iframe'), { srcdoc: '<style>p { margin: 1px }</style><p>frame of ' + step + '</p><textarea></textarea>' }));
		main.append(part);
		while (main.children.length > 8) main.firstElementChild.remove();
		main.lastElementChild.querySelector('input').value = 'typed ' + step;
		main.firstElementChild.querySelector('td').firstChild.data = 'changed ' + step;
		sheet.insertRule('.s' + step + ' { color: red }', 0);
		if (sheet.cssRules.length > 50) sheet.deleteRule(50);
		const adopted = new CSSStyleSheet();
		adopted.replaceSync('.a' + step + ' { top: 0 }');
		document.adoptedStyleSheets = [adopted];
		part.animate([{ opacity: 0 }, { opacity: 1 }], 20);
		console.log('step', step, { step });
		document.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX: step % 300, clientY: 5 }));
		await new Promise((done) => setTimeout(done, 25));
	}
	main.replaceChildren();
	sheet.ownerNode.remove();
	document.adoptedStyleSheets = [];
};`;

const STEPS = 600;
const MB = 1e6;
/** Compiled code, and the console's messages that the tools' session keeps, come and go by a megabyte or two: what is held is told by the counts. */
const PAGE_BYTES = 3 * MB;

describe('memory', { timeout: 400_000 }, () => {
	/** @type {import('puppeteer-core').Browser} */ let browser;
	/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
	before(async () => {
		site = await serve({
			'/worker.js': { type: 'text/javascript', body: MEMORIES + readFileSync(join(web, 'rearview.worker.js'), 'utf8') },
			/* The widget is there; nothing records yet. */
			'/page': `<!doctype html><html><head><meta charset="utf-8"><title>Fixture</title><script src="/rearview/rearview.js"></script></head><body><main></main><script>${WORK}</script></body></html>`,
		});
		browser = await launch('chromium');
	});
	after(async () => {
		await browser?.close();
		await site?.close();
	});

	it('stays where it was over a session, and is given back by destroy()', async () => {
		const page = await browser.newPage();
		await page.goto(`${site.base}/page`);
		const cdp = await page.createCDPSession();
		await cdp.send('Performance.enable');

		const held = async () => {
			const worker = page.workers()[0]?.client;
			for (let i = 0; i < 3; i++) {
				await cdp.send('HeapProfiler.collectGarbage');
				await worker?.send('HeapProfiler.collectGarbage');
			}
			const metrics = Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
			const wasm = await worker?.send('Runtime.evaluate', { expression: 'memories.reduce((sum, ref) => sum + (ref.deref()?.buffer.byteLength ?? 0), 0)', returnByValue: true });
			return {
				page: (await cdp.send('Runtime.getHeapUsage')).usedSize, worker: (await worker?.send('Runtime.getHeapUsage'))?.usedSize ?? 0, wasm: wasm?.result.value ?? 0,
				nodes: metrics.Nodes, documents: metrics.Documents, listeners: metrics.JSEventListeners,
			};
		};
		/** What is held once timers have run and collections have come round, when that is little enough. @param {(now: Awaited<ReturnType<typeof held>>) => boolean} isEnough */
		const eventually = async (isEnough) => {
			for (let i = 0; ; i++) {
				const now = await held();
				if (i === 20 || isEnough(now)) return now;
				await new Promise((done) => setTimeout(done, 1000));
			}
		};
		/** Everything is written down, and what waits for a timer has run. */
		const settled = () => page.evaluate(async () => {
			await /** @type {any} */ (window).Rearview.exportReplay({ format: 'native' });
			await new Promise((done) => setTimeout(done, 2500));
		});
		/** @param {number} from @param {number} to */
		const work = (from, to) => page.evaluate((from, to) => /** @type {any} */ (window).work(from, to), from, to);

		await work(0, 20);
		const bare = await held();
		await page.evaluate(() => /** @type {any} */ (window).Rearview.init({ projectKey: 'test', endpoint: null, workerUrl: '/worker.js', config: { capture: { window_ms: 10_000, max_bytes: 1 << 20 } } }));
		await work(0, STEPS / 3);
		await settled();
		const third = await held();
		await work(STEPS / 3, STEPS);
		await settled();
		/** @type {[keyof typeof third, number][]} */
		const bounds = [['page', PAGE_BYTES], ['worker', MB], ['wasm', 2 * MB], ['nodes', 200], ['documents', 2], ['listeners', 50]];
		const end = await eventually((now) => bounds.every(([name, bound]) => now[name] - third[name] <= bound));
		const all = JSON.stringify({ bare, third, end });
		assert.ok(third.wasm > 0 && third.worker > 0, all);
		for (const [name, bound] of bounds) {
			assert.ok(end[name] - third[name] <= bound, `${name} grew: ${all}`);
		}
		/* What is gone from the page is not held: only its own few nodes are left. */
		assert.ok(end.nodes - bare.nodes <= 200 && end.documents - bare.documents <= 2, all);
		assert.ok(end.wasm <= 16 * MB, all);

		const gone = new Promise((done) => page.once('workerdestroyed', done));
		await page.evaluate(() => /** @type {any} */ (window).Rearview.destroy());
		await gone;
		const left = await eventually((now) => now.page - bare.page <= PAGE_BYTES);
		const after = JSON.stringify({ bare, end, left });
		assert.ok(left.page - bare.page <= PAGE_BYTES, after);
		assert.ok(left.nodes - bare.nodes <= 20 && left.documents <= bare.documents, after);
		assert.ok(left.listeners <= bare.listeners, after);
	});
});
