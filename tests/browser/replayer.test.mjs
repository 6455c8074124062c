// Exported streams in an unmodified rrweb Replayer, in Chromium: they load without a warning, played
// through as well as by a seek, and what is shown then is the document that the stream folds to.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, root, serve } from './harness.mjs';

const tool = [process.env.RV_STREAMTOOL, join(root, 'build/asan-ubsan/rv_streamtool'), join(root, 'build/dev/rv_streamtool')].find((path) => path && existsSync(path)) ?? 'rv_streamtool is not built';

/** Runs in the page. Where the document differs from the nodes, as lines of text. */
function differences(/** @type {any[]} */ nodes) {
	const replayer = /** @type {any} */ (window).replayer;
	const mirror = replayer.getMirror();
	/** @type {string[]} */ const found = [];
	const byId = new Map(nodes.map((node) => [node.id, node]));
	const HOSTS = new Set('article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span'.split(' '));
	/** As a set: the Replayer adds and removes :hover through classList, which writes the others anew. */
	const classes = (/** @type {string | null | undefined} */ value) => [...new Set((value ?? '').split(/\s+/))].filter((name) => name && name !== ':hover' && name !== 'rrweb-paused').join(' ');
	const normal = (/** @type {string} */ css) => css.replace(/,\s*[^,{]*\.\\:hover/g, '').replace(/url\("[^"]*\/([^"/]*)"\)/g, 'url("$1")').replace(/\s+/g, ' ');
	const actualRules = (/** @type {any} */ sheet) => Array.from(sheet?.cssRules ?? [], (rule) => normal(/** @type {any} */ (rule).cssText));
	function expectedRules(/** @type {string[]} */ rules) {
		const sheet = new CSSStyleSheet();
		for (const rule of rules) sheet.insertRule(rule, sheet.cssRules.length);
		return actualRules(sheet);
	}
	const same = (/** @type {number} */ id, /** @type {string} */ what, /** @type {any} */ actual, /** @type {any} */ expected) => {
		const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
		if (a !== b) found.push(`node ${id}: ${what} is ${a}, should be ${b}`);
	};
	const idsOf = (/** @type {Node} */ parent) => Array.from(parent.childNodes, (child) => mirror.getId(child)).filter((id) => id > 0);
	const walk = [nodes.find((node) => node.kind === 9)];
	while (walk.length) {
		const node = walk.pop();
		const actual = mirror.getNode(node.id);
		if (!actual) {
			found.push(`node ${node.id} is not there`);
			continue;
		}
		const descend = (/** @type {Node} */ parent, /** @type {string} */ what, /** @type {number[]} */ ids) => {
			same(node.id, what, idsOf(parent), ids);
			for (const id of ids) walk.push(byId.get(id));
		};
		if (node.kind === 9) {
			descend(actual, 'child list', node.children);
		} else if (node.kind === 1) {
			const blocked = Boolean(node.flags & 8);
			same(node.id, 'name', actual.nodeName.toLowerCase(), node.name === 'script' ? 'noscript' : node.rules && node.name === 'link' ? 'style' : node.name.toLowerCase());
			const cls = classes(actual.getAttribute('class'));
			if (blocked) {
				same(node.id, 'class', cls, classes(`${node.attributes.class ?? ''} rr-block`));
				same(node.id, 'child list', idsOf(actual), []);
				continue;
			}
			same(node.id, 'class', cls, classes(node.attributes.class));
			for (const name of ['id', 'title', 'data-x']) same(node.id, name, actual.getAttribute(name), node.attributes[name] ?? null);
			if (node.rules) {
				same(node.id, 'media', actual.getAttribute('media'), node.media);
				if (node.media !== 'not all') same(node.id, 'rules', actualRules(actual.sheet), expectedRules(node.rules));
			}
			const popover = ((node.dialog ?? 0) & 5) === 5;
			same(node.id, 'popover', [actual.hasAttribute('data-rv-popover-open'), actual.style.zIndex], [popover, popover || (node.fullscreen && node.name !== 'html') ? '2147483647' : '']);
			same(node.id, 'full screen', [actual.hasAttribute('data-rv-fullscreen'), actual.style.objectFit], [Boolean(node.fullscreen), node.fullscreen && node.name !== 'html' ? 'contain' : '']);
			if (node.hold) for (const part of node.hold.split(';')) if (!node.fullscreen) same(node.id, 'held style', actual.style.getPropertyValue(part.split(':')[0].trim()), part.split(':')[1].trim());
			if (!node.hold && node.name !== 'canvas' && !node.attributes.style && !node.fullscreen && !popover) same(node.id, 'style', actual.getAttribute('style') || null, null);
			if (node.name === 'dialog' && node.dialog !== undefined && !(node.dialog & 4)) same(node.id, 'dialog', [actual.open, actual.open && actual.matches(':modal')], [Boolean(node.dialog & 1), (node.dialog & 3) === 3]);
			if (node.name === 'canvas') {
				const shown = /url\("(.*)"\)/s.exec(actual.style.content)?.[1] ?? '';
				same(node.id, 'picture', node.canvas ? shown : shown.startsWith('data:image/svg+xml'), node.canvas ?? true);
				const probe = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'));
				if (actual.width && actual.height) probe.drawImage(actual, 0, 0);
				const [red, , blue, solid] = probe.getImageData(0, 0, 1, 1).data;
				if (solid) same(node.id, 'pixel', [red, blue], !node.canvas ? [0, 0] : node.canvas.includes('AP8A') ? [255, 0] : [0, 255]);
			}
			if (node.manual && actual.shadowRoot && !(node.flags & 8)) {
				const texts = new Set(nodes.filter((other) => other.kind !== 1 && other.slot).map((other) => other.slot));
				for (const id of node.children.filter((/** @type {number} */ id) => byId.get(id).kind === 1)) {
					const slotted = byId.get(id).slot, child = mirror.getNode(id);
					const slot = slotted && actual.shadowRoot.contains(mirror.getNode(slotted)) ? mirror.getNode(slotted) : null;
					if (!texts.size) same(id, 'slot', mirror.getId(child.assignedSlot), slot ? slotted : -1);
				}
			}
			if (node.input && node.name === 'input' && node.input.flags & 8) same(node.id, 'value', actual.value, node.input.flags & 16 ? '*'.repeat(node.input.len) : node.input.value);
			if (node.input && node.input.flags & 64) same(node.id, 'checked', actual.checked, Boolean(node.input.flags & 1));
			if (node.input && node.name === 'select') same(node.id, 'value', actual.value, node.input.value);
			if (node.name === 'textarea' && node.input) same(node.id, 'value', actual.value, node.input.value);
			if (node.name !== 'iframe' && node.name !== 'textarea') descend(actual, 'child list', node.children);
			if (node.shadow && (HOSTS.has(node.name) || node.name.includes('-'))) {
				if (!actual.shadowRoot) {
					found.push(`node ${node.id} has no shadow root`);
					continue;
				}
				descend(actual.shadowRoot, 'shadow tree', node.shadow);
			}
			if (node.frame && node.name === 'iframe') {
				same(node.id, 'frame', mirror.getId(actual.contentDocument), node.frame);
				walk.push(byId.get(node.frame));
			}
		} else if (node.kind !== 10) {
			const parent = nodes.find((other) => other.children.includes(node.id) || other.shadow?.includes(node.id));
			if (parent.name === 'script') same(node.id, 'text', actual.textContent, 'SCRIPT_PLACEHOLDER');
			else if (parent.name !== 'style') same(node.id, 'text', actual.textContent, node.text);
		}
		if (node.adopted && !(node.flags & 8 && node.kind === 1)) same(node.id, 'adopted sheets', Array.from((node.kind === 9 ? actual : actual.shadowRoot)?.adoptedStyleSheets ?? [], actualRules), node.adopted.map(expectedRules));
	}
	return found;
}

describe('rrweb export', { timeout: 240_000 }, () => {
	/** @type {string} */ let dir;
	/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
	/** @type {import('puppeteer-core').Browser} */ let browser;

	before(async () => {
		dir = mkdtempSync(join(tmpdir(), 'rv-replayer-'));
		server = await serve({
			'/': '<!doctype html><title>replayer</title><link rel="icon" href="data:,"><body><script src="/rrweb.js"></script></body>',
			'/rrweb.js': readFileSync(join(root, 'node_modules/rrweb/dist/rrweb.umd.cjs')),
		});
		browser = await launch('chromium');
	});
	after(async () => {
		await browser?.close();
		await server?.close();
		rmSync(dir, { recursive: true, force: true });
	});

	function stream(/** @type {string} */ name, /** @type {string[]} */ ...args) {
		const file = join(dir, name);
		execFileSync(tool, [...args, file]);
		return file;
	}
	const run = (/** @type {string[]} */ ...args) => execFileSync(tool, args, { maxBuffer: 256 << 20 }).toString();

	function events(/** @type {string} */ file) {
		const { stdout, stderr, status } = spawnSync(tool, ['rrweb', file], { maxBuffer: 256 << 20 });
		assert.equal(status, 0, stderr.toString());
		return { list: JSON.parse(stdout.toString()), counts: JSON.parse(stderr.toString()) };
	}

	/**
	 * Loads events into a Replayer of a page of its own, brings it to a time and compares.
	 * @param {any[]} list
	 * @param {'play' | 'seek' | 'plain seek'} how
	 * @param {{at: number, nodes: any[]}[]} stops in order of time
	 */
	async function replay(list, how, stops) {
		const page = await browser.newPage();
		/** @type {string[]} */ const complaints = [];
		/* A medium without a source never plays, and its promise is nobody's. */
		const unplayed = /play\(\) request|no supported source/;
		page.on('pageerror', (error) => unplayed.test(String(error)) || complaints.push(String(error)));
		page.on('console', (message) => {
			if (message.type() === 'warn' || (message.type() === 'error' && !/Failed to load resource/.test(message.text()))) if (!unplayed.test(message.text())) complaints.push(message.text());
		});
		await page.setRequestInterception(true);
		page.on('request', (request) => (request.url().startsWith(server.base) || request.url().startsWith('data:') ? request.continue() : request.abort()));
		await page.goto(server.base);
		await page.evaluate(
			async (list, virtual) => {
				const w = /** @type {any} */ (window);
				w.list = list;
				w.replayer = new w.rrweb.Replayer(list, { useVirtualDom: virtual, mouseTail: false, speed: 8, loadTimeout: 0 });
				await new Promise((done) => setTimeout(done, 30));
			},
			list,
			how !== 'plain seek',
		);
		for (const { at, nodes } of stops) {
			if (how === 'play')
				await page.evaluate(
					(at) =>
						new Promise((done) => {
							const { replayer, list } = /** @type {any} */ (window);
							const last = list.filter((/** @type {any} */ event) => event.timestamp <= at).pop();
							const seen = () => {
								replayer.off('event-cast', look);
								replayer.off('finish', seen);
								replayer.pause();
								done(undefined);
							};
							const look = (/** @type {any} */ event) => event === last && seen();
							replayer.on('event-cast', look);
							replayer.on('finish', seen);
							replayer.play(0);
						}),
					at,
				);
			else
				await page.evaluate((offset) => /** @type {any} */ (window).replayer.pause(offset), at - list[0].timestamp + 0.5);
			await page.evaluate(() => new Promise((done) => setTimeout(done, 20)));
			assert.deepEqual(await page.evaluate(differences, nodes), [], `${how} to ${at - list[0].timestamp} ms`);
		}
		assert.deepEqual(complaints, [], how);
		await page.close();
	}
	const at = (/** @type {string} */ file, /** @type {number} */ time) => ({ at: time, nodes: JSON.parse(run('nodes', file, String(time))) });

	it('shows the sample page as it was', async () => {
		const file = stream('sample', 'sample');
		const { list, counts } = events(file);
		assert.deepEqual({ ...counts, events: 0 }, { events: 0, full_snapshots: 1, order_violations: 0, skipped: 0 });
		const first = list[0].timestamp;
		const times = [0, 650, 750, 850, 950, 1050, 1150, 1250].map((t) => first + t);
		await replay(list, 'seek', times.map((t) => at(file, t)));
		await replay(list, 'plain seek', times.map((t) => at(file, t)));
		for (const time of times) await replay(list, 'seek', [at(file, time)]);
		await replay(list, 'play', [at(file, first + 1250)]);
	});

	it('keeps secrets, scripts and blocked content out', () => {
		const text = JSON.stringify(events(stream('sample', 'sample')).list);
		for (const secret of ['window.secret', 'hidden title', '"onload"', '"onfocus"', '"srcdoc"']) assert.ok(!text.includes(secret), secret);
		assert.ok(text.includes('"******"') && text.includes('SCRIPT_PLACEHOLDER') && text.includes('https://shop.test/b.html') && text.includes('https://shop.test/img/a.png'));
	});

	it('shows random pages as they were', async () => {
		const first = Number(process.env.RV_REPLAY_FIRST ?? 1);
		for (let seed = first; seed < first + Number(process.env.RV_REPLAY_SEEDS ?? 6); seed++) {
			const file = stream(`random-${seed}`, 'random', String(seed), '500');
			const { list, counts } = events(file);
			assert.equal(counts.order_violations, 0);
			const metas = list.filter((/** @type {any} */ event) => event.type === 4).map((/** @type {any} */ event) => event.timestamp);
			const { from, to } = JSON.parse(run('summary', file));
			const whole = (/** @type {number} */ t) => list.some((/** @type {any} */ event) => event.type === 3 && event.timestamp <= t && event.timestamp >= metas.filter((/** @type {number} */ m) => m <= t).pop());
			const times = [0.3, 0.5, 0.7, 0.9, 1].map((part) => Math.floor(from + (to - from) * part)).filter(whole);
			try {
				const stops = times.filter((t) => !list.some((/** @type {any} */ event) => event.type === 2 && event.timestamp === t)).map((t) => at(file, t));
				const done = stops.filter(({ at: t }) => run('done', file, String(t)).trim() === '1');
				for (const how of /** @type {const} */ (['seek', 'plain seek'])) await replay(list, how, done);
				for (const stop of done) await replay(list, 'seek', [stop]);
				await replay(list, 'play', done.slice(-1));
			} catch (error) {
				/** @type {Error} */ (error).message = `seed ${seed}: ${/** @type {Error} */ (error).message}`;
				throw error;
			}
		}
	});

	it('shows a window as it was', async () => {
		const file = stream('sample', 'sample');
		const part = join(dir, 'part');
		run('cut', file, '1700000000720', '1700000001100', part);
		const { list, counts } = events(part);
		assert.deepEqual({ ...counts, events: 0 }, { events: 0, full_snapshots: 1, order_violations: 0, skipped: 0 });
		assert.equal(list[0].timestamp, 1700000000720);
		await replay(list, 'seek', [at(file, 1700000000730), at(file, 1700000001100)]);
	});
});
