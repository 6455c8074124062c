// The window is exact: over random mutation scripts, what rrweb's Replayer shows of the full recording and
// of windows that begin anywhere equals what the page itself was at the sampled times. RV_SEED repeats a run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, root, serve } from './harness.mjs';
import { startWorld } from './worker_page.mjs';

const SEED = Number(process.env.RV_SEED ?? 1) >>> 0;

/** Runs in both documents: a tree as lines. @param {Document} doc */
function digest(doc) {
	/** @type {string[]} */ const lines = [];
	/** @param {any} node @param {number} depth */
	const walk = (node, depth) => {
		for (const child of node.childNodes) {
			if (child.nodeType === 3) lines.push(`${depth} ${JSON.stringify(child.data)}`);
			if (child.nodeType === 8) lines.push(`${depth} <!-- ${child.data}`);
			if (child.nodeType !== 1) continue;
			const attributes = ['id', 'class', 'title', 'data-a', 'data-b', 'hidden'].filter((name) => child.hasAttribute(name)).map((name) => `${name}=${child.getAttribute(name)}`);
			lines.push(`${depth} <${child.localName} ${attributes.join(' ')}${child.type === 'checkbox' ? ` ${child.checked}` : ''}${child.localName === 'details' ? ` ${child.open}` : ''}`);
			if (child.shadowRoot) {
				lines.push(`${depth} shadow`);
				walk(child.shadowRoot, depth + 1);
			}
			walk(child, depth + 1);
		}
	};
	const stage = doc.getElementById('stage');
	if (stage) walk(stage, 0);
	else lines.push(`no stage in ${doc.documentElement?.outerHTML}`);
	return lines.join('\n');
}

/** Runs in the page: some random changes below #stage. @param {number} seed */
function mutate(seed) {
	let state = seed || 1;
	/** @param {number} n */
	const below = (n) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % n;
	};
	const stage = /** @type {HTMLElement} */ (document.getElementById('stage'));
	/** @returns {(Element | ShadowRoot)[]} */
	const parents = () => [stage, ...[...stage.querySelectorAll('div, ul, section, details')].flatMap((e) => (e.shadowRoot ? [e, e.shadowRoot] : [e]))];
	const anyParent = () => {
		const all = parents();
		return all[below(all.length)];
	};
	const anyElement = () => {
		const all = [...stage.querySelectorAll('*')];
		return all.length ? all[below(all.length)] : null;
	};
	const make = (depth = 0) => {
		const kind = ['div', 'p', 'ul', 'li', 'span', 'section', 'input', 'details', '#text', '#comment'][below(10)];
		if (kind === '#text') return document.createTextNode(`text ${below(1000)} ${'é😀'.slice(0, below(4))}`);
		if (kind === '#comment') return document.createComment(`c${below(100)}`);
		const made = document.createElement(kind);
		if (below(3) === 0) made.id = `i${below(500)}`;
		if (below(2)) made.className = `c${below(20)} d${below(5)}`;
		if (kind === 'input') Object.assign(made, { type: 'checkbox', checked: below(2) === 1 });
		else if ((kind === 'div' || kind === 'section') && below(6) === 0) made.attachShadow({ mode: 'open' }).append(`shadow ${below(100)}`, document.createElement('p'));
		if (depth < 3 && kind !== 'input') for (let n = below(4); n--;) made.append(make(depth + 1));
		return made;
	};
	const place = (/** @type {Node} */ node) => {
		const parent = anyParent();
		if (node.contains(parent) || (parent instanceof ShadowRoot && node.contains(parent.host))) return;
		const child = parent.childNodes[below(parent.childNodes.length + 1)] ?? null;
		if (child !== node) parent.insertBefore(node, child);
	};
	for (let n = 1 + below(30); n--;) {
		const element = anyElement();
		switch (below(9)) {
			case 0: case 1: case 2: place(make()); break;
			case 3: if (element && below(3) === 0) element.remove(); break;
			case 4: if (element) place(element); break;
			case 5: element?.setAttribute(['data-a', 'data-b', 'title', 'class'][below(4)], `v${below(1000)}`); break;
			case 6: element?.removeAttribute(['data-a', 'class', 'hidden'][below(3)]); break;
			case 7: {
				const parent = anyParent();
				const child = parent.childNodes[below(Math.max(1, parent.childNodes.length))];
				if (child instanceof CharacterData) child.data = `changed ${below(1000)}`;
				else if (child && below(4) === 0) child.textContent = `all ${below(100)}`;
				break;
			}
			case 8:
				if (element instanceof HTMLInputElement) element.checked = !element.checked;
				else if (element instanceof HTMLDetailsElement) element.open = !element.open;
				else if (element && below(8) === 0) element.innerHTML = `<b>raw ${below(100)}</b><div class="x"></div>`;
		}
	}
	while (stage.querySelectorAll('*').length > 400) stage.lastElementChild?.remove();
}

/** Runs in the player's page: where the Replayer differs from the samples. @param {any[]} events @param {{at: number, want: string}[]} samples @param {string} how */
function compare(events, samples, how) {
	const { rrweb } = /** @type {any} */ (window);
	const digestOf = new Function(`return (${how})`)();
	const warn = console.warn;
	/** @type {string[]} */ const wrong = [];
	console.warn = (...args) => wrong.push(`warning: ${args.map(String).join(' ').slice(0, 300)}`);
	const replayer = new rrweb.Replayer(events, { root: document.body, showWarning: true, mouseTail: false, pauseAnimation: false });
	try {
		for (const { at, want } of samples) {
			replayer.pause(at - events[0].timestamp + 1); // at 0 the Replayer has not begun
			const got = digestOf(replayer.iframe.contentDocument);
			if (got === want) continue;
			const [a, b] = [got.split('\n'), want.split('\n')];
			const i = b.findIndex((/** @type {string} */ line, /** @type {number} */ k) => line !== a[k]);
			wrong.push(`at ${at}: line ${i} is ${a[i]}, should be ${b[i]} (${a.length} and ${b.length} lines)`);
		}
	} finally {
		replayer.destroy();
		console.warn = warn;
		document.body.replaceChildren();
	}
	return wrong;
}

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`the exact window in ${engine}`, { timeout: 600_000 }, () => {
		const scripts = engine === 'chromium' ? 24 : 12;
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {any} */ let world;
		/** @type {import('puppeteer-core').Page} */ let player;

		before(async () => {
			world = await startWorld();
			site = await serve({
				'/player': '<!doctype html><title>player</title><link rel="icon" href="data:,"><body></body><script src="/rrweb.js"></script>',
				'/rrweb.js': readFileSync(join(root, 'node_modules/rrweb/dist/rrweb.umd.cjs')),
				'/page': pageWith('<div id="stage"></div>', { options: { projectKey: world.first.project_key, endpoint: world.url, config: { capture: { segment_ms: 100, checkpoint_ms: 300 } } } }),
			});
			browser = await launch(engine);
			player = await browser.newPage();
			await player.goto(`${site.base}/player`);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
			await world?.stop();
		});

		it(`${scripts} scripts: full recording and windows show what was`, async () => {
			for (let script = 0; script < scripts; script++) {
				const page = await (await browser.createBrowserContext()).newPage();
				await page.goto(`${site.base}/page`);
				await recording(page);
				const seed = SEED * 1000 + script;
				/** @type {{at: number, want: string}[]} */
				const samples = await page.evaluate(async (first, change, how) => {
					const { Rearview } = /** @type {any} */ (window);
					const run = new Function(`return (${change})`)();
					const look = new Function(`return (${how})`)();
					const rest = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));
					const out = [];
					for (let step = 0; step < 6; step++) {
						for (let part = 0; part < 4; part++) {
							run(first * 100 + step * 10 + part);
							await rest(part * 15);
						}
						/* Everything is written down; its times are in the past, what comes is later. */
						await Rearview.exportReplay({ format: 'native', from: Date.now() });
						await rest(20);
						out.push({ at: Date.now(), want: look(document) });
						await rest(20);
					}
					return out;
				}, seed, mutate.toString(), digest.toString());
				const full = await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay());
				const why = `script of seed ${seed}`;
				const check = async (/** @type {any[]} */ events, /** @type {{at: number, want: string}[]} */ from, /** @type {string} */ what) =>
					assert.deepEqual(await player.evaluate(compare, events, from, digest.toString()), [], `${what}, ${why}`);
				await check(full, samples, 'full');
				for (const i of [1, 3, 5]) {
					const events = await page.evaluate((from, to) => /** @type {any} */ (window).Rearview.exportReplay({ from, to }), samples[i].at, samples[5].at);
					assert.ok(events[0].timestamp >= samples[i].at - 1, 'begins where it was asked to');
					await check(events, samples.slice(i).map(({ at, want }) => ({ at: Math.max(at, events[0].timestamp), want })), `window from sample ${i}`);
				}
				const saved = await page.evaluate(() => /** @type {any} */ (window).Rearview.saveReport({ title: 'exact' }));
				const { json } = await world.report(saved.id);
				assert.deepEqual([json.capture.order_violations, json.capture.resyncs, json.capture.snapshots], [0, 0, 1], why);
				assert.ok(json.capture.checkpoints > 0, 'windows begin at checkpoints');
				await page.browserContext().close();
			}
		});
	});
}
