// The benchmark: what recording costs the page. Everything runs with nothing, with @rrweb/record and with
// Rearview, interleaved round by round in fresh pages.
//
//   added     main-thread time on a processor over the work and the time after it, less the bare page's
//             of the same round: mean of the rounds ± its standard error
//   ratio     Rearview's addition by rrweb's. Where Rearview's is below its own noise, the noise is taken for
//             it: "≤". Where rrweb's is below twice its noise there is nothing to compare with
//   page ×    main-thread time of the work against the bare page's, and wall time to paint
//   task      longest main-thread task, on a processor
//   worker    time of the worker's thread
//   bytes     native stream against gzip of rrweb's JSON
//
// The workloads change a part of the page that is not rendered (and rules for print): laying out thousands of
// rows takes more time, and varies by more, than any recorder adds. The applications are rendered as usual.
// In Firefox main-thread time is that of its content processes' main threads.
import { build } from 'esbuild';
import { createServer } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import puppeteer from 'puppeteer-core';
import { buildApps } from './bench-apps.mjs';
import { added, mainThread, median, tasks, threadTime } from './bench-measure.mjs';
import { WORKLOADS } from './bench-workloads.mjs';

const root = resolve(import.meta.dirname, '..');
const argument = (/** @type {string} */ name, /** @type {string} */ otherwise) => {
	const at = process.argv.indexOf(`--${name}`);
	return at < 0 ? otherwise : process.argv[at + 1] ?? '';
};
const rounds = Number(argument('rounds', '5'));
const only = argument('only', '');
const firefox = process.argv.includes('--firefox');
const wanted = (/** @type {string} */ name) => !only || name.includes(only);

// ---- sizes ----
const web = join(root, 'build/web');
const brotli = (/** @type {string} */ name) => brotliCompressSync(readFileSync(join(web, name)), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
const sizes = Object.fromEntries(['rearview.js', 'rearview.recorder.js', 'rearview.worker.js', 'rearview.wasm'].map((name) => [name, brotli(name)]));
const main = sizes['rearview.js'] + sizes['rearview.recorder.js'];
const all = main + sizes['rearview.worker.js'] + sizes['rearview.wasm'];
console.log('Sizes, brotli 11');
for (const [name, bytes] of Object.entries(sizes)) console.log(`  ${name.padEnd(22)} ${String(bytes).padStart(7)} B`);
console.log(`  on the main thread     ${String(main).padStart(7)} B   (target 18 KB)`);
console.log(`  with worker and Wasm   ${String(all).padStart(7)} B   (target 45 KB)`);

// ---- pages ----
const rrweb = await build({ stdin: { contents: "import {record} from '@rrweb/record'; window.__record = record;", resolveDir: root }, bundle: true, minify: true, format: 'iife', write: false });
const apps = await buildApps();
const texts = /** @type {Record<string, string | Uint8Array>} */ ({
	'/rrweb.js': rrweb.outputFiles[0].contents,
	'/workloads.mjs': readFileSync(join(root, 'scripts/bench-workloads.mjs')),
	...Object.fromEntries(Object.entries(apps).map(([name, text]) => [`/app-${name}.mjs`, text])),
});
const START = {
	none: '',
	rrweb: 'window.__events=[];__record({emit(e){__events.push(e)}, maskAllInputs:true});',
	rearview: 'window.__rv=Rearview.init({projectKey:"bench",endpoint:null,config:{capture:{window_ms:900000,max_bytes:67108864}}});',
};
const SCRIPT = { none: '', rrweb: '/rrweb.js', rearview: '/rearview/rearview.js' };
/** Keeps the worker's Wasm memories where they can be measured. */
const MEMORIES = 'self.memories=[];{const keep=(made)=>{for(const one of Object.values((made.instance??made).exports))if(one instanceof WebAssembly.Memory)memories.push(one);return made};for(const name of ["instantiate","instantiateStreaming"]){const own=WebAssembly[name];WebAssembly[name]=(...given)=>own.apply(WebAssembly,given).then(keep)}}\n';
/** @typedef {keyof typeof START} Variant */
const variants = /** @type {Variant[]} */ (['none', 'rrweb', 'rearview']);
const types = /** @type {Record<string,string>} */ ({ js: 'text/javascript', wasm: 'application/wasm', mjs: 'text/javascript' });
const server = createServer((request, response) => {
	const path = new URL(request.url ?? '/', 'http://x').pathname;
	const send = (/** @type {string|Buffer|Uint8Array} */ body, /** @type {string} */ type) => response.writeHead(200, { 'content-type': type }).end(body);
	if (path in texts) return send(texts[path], 'text/javascript');
	const [variant, how] = /** @type {[Variant, string?]} */ (path.slice(1).split('-'));
	if (variant in START) return send(`<!doctype html><meta charset="utf-8"><title>bench</title>${SCRIPT[variant] && `<script src="${SCRIPT[variant]}"></script>`}${how === 'late' ? '' : `<script>${START[variant]}</script>`}<body><main id="main"${how === 'work' ? ' hidden' : ''}></main>`, 'text/html; charset=utf-8');
	const file = join(web, path.replace('/rearview/', ''));
	if (path.startsWith('/rearview/') && existsSync(file)) return send(path.endsWith('worker.js') ? `${MEMORIES}${readFileSync(file, 'utf8')}` : readFileSync(file), types[path.split('.').pop() ?? ''] ?? 'text/plain');
	response.writeHead(404).end();
});
await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
const base = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;

const profile = mkdtempSync(join(tmpdir(), 'rv-bench-'));
const browser = await puppeteer.launch(
	firefox
		? { browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, protocolTimeout: 300_000 }
		: { executablePath: '/usr/bin/chromium', userDataDir: profile, protocolTimeout: 300_000, args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--js-flags=--expose-gc'] },
);
const pid = browser.process()?.pid ?? 0;
const workerTime = () => threadTime(pid, firefox ? /^DOM Worker/ : /^DedicatedWorker/);
const pageTime = async (/** @type {import('puppeteer-core').Page} */ page) => firefox ? threadTime(pid, /^(?:Isolated Web Co|Web Content)/) : mainThread(page);
const rest = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/** A fresh page with a storage of its own: a recording goes on over navigations. @template T @param {string} address @param {(page: import('puppeteer-core').Page) => Promise<T>} f @returns {Promise<T>} */
async function withPage(address, f) {
	const context = await browser.createBrowserContext();
	const page = await context.newPage();
	try {
		await page.goto(`${base}/${address}`);
		return await f(page);
	} finally {
		await context.close();
	}
}
const started = (/** @type {import('puppeteer-core').Page} */ page) => page.evaluate(() => /** @type {any} */ (window).__rv?.then(() => undefined));

/** What one recorder has kept, in bytes. @param {import('puppeteer-core').Page} page @param {Variant} variant */
async function stored(page, variant) {
	if (variant === 'none') return 0;
	if (variant === 'rrweb') return gzipSync(await page.evaluate(() => JSON.stringify(/** @type {any} */ (window).__events))).length;
	return page.evaluate(async () => (await /** @type {any} */ (window).Rearview.exportReplay({ format: 'native' })).size);
}

/** A long flush is followed by a gap of up to a second. */
const TAIL_MS = 1000;

/** One piece of work in one page. @param {Variant} variant @param {string} module @param {string} [name] the workload, when the module has several */
const run = (variant, module, name) => withPage(name ? `${variant}-work` : variant, async (page) => {
	await started(page);
	await page.evaluate(async (module, name) => {
		const w = /** @type {any} */ (window);
		const found = await import(module);
		w.__run = await (name ? found.WORKLOADS[name] : found).prepare(document.getElementById('main'));
		await w.Rearview?.exportReplay({ format: 'native' }); /* all of this is written down */
		await new Promise((done) => setTimeout(done, 500));
	}, module, name);
	const [time, helpers] = [await pageTime(page), workerTime()];
	const wall = await page.evaluate(async () => {
		const from = performance.now();
		await /** @type {any} */ (window).__run();
		return performance.now() - from;
	});
	const during = await time();
	await rest(TAIL_MS);
	return { cpu: await time(), during, wall, worker: helpers(), bytes: await stored(page, variant) };
});

/** Every variant, every round, in turns. @template T @param {(variant: Variant) => Promise<T>} f @returns {Promise<Record<Variant, T[]>>} */
async function interleaved(f, times = rounds) {
	const got = /** @type {Record<Variant, any[]>} */ ({ none: [], rrweb: [], rearview: [] });
	for (let round = 0; round < times; round++) for (const variant of round % 2 ? variants.toReversed() : variants) got[variant].push(await f(variant));
	return got;
}
const mids = (/** @type {Record<Variant, any[]>} */ got, /** @type {string} */ field) => /** @type {Record<Variant, number>} */ (Object.fromEntries(variants.map((variant) => [variant, median(got[variant].map((one) => one[field]))])));
const say = (/** @type {(string | number)[]} */ cells, /** @type {number[]} */ widths) => console.log('  ' + cells.map((cell, i) => (i ? String(cell).padStart(widths[i]) : String(cell).padEnd(widths[i]))).join(' '));
const of = (/** @type {number} */ value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : '-');

/** The cost of one piece of work: the ratio, null without one, and cells: bare ms, rrweb added, Rearview added, ratio. @param {Record<Variant, any[]>} got */
function cost(got) {
	const series = (/** @type {Variant} */ variant) => got[variant].map((one) => one.cpu);
	const theirs = added(series('rrweb'), series('none'));
	const ours = added(series('rearview'), series('none'));
	const band = (/** @type {{ms: number, noise: number}} */ { ms, noise }) => `${ms.toFixed(0)} ±${noise.toFixed(0)}`;
	const ratio = theirs.ms > 2 * theirs.noise ? Math.max(ours.ms, ours.noise) / theirs.ms : null;
	return { ratio, cells: [median(series('none')).toFixed(0), band(theirs), band(ours), ratio === null ? 'none' : `${ours.ms < ours.noise ? '≤ ' : ''}${of(ratio)}`] };
}

// ---- work on the page ----
const names = Object.keys(WORKLOADS).filter(wanted);
console.log(`\n${firefox ? 'Firefox' : 'Chromium'}, ${rounds} rounds interleaved; added: mean of the rounds' differences ± its standard error`);
if (names.length) say(['workload', 'bare ms', 'rrweb added', 'Rearview added', 'ratio', 'worker ms', 'bytes ÷ gzip(rrweb)'], [20, 8, 13, 15, 8, 10, 20]);
/** @type {Map<string, number | null>} */
const ratios = new Map();
for (const name of names) {
	const got = await interleaved((variant) => run(variant, '/workloads.mjs', name));
	const { ratio, cells } = cost(got);
	ratios.set(name, ratio);
	const bytes = mids(got, 'bytes');
	say([name, ...cells, of(mids(got, 'worker').rearview, 0), of(bytes.rearview / bytes.rrweb)], [20, 8, 13, 15, 8, 10, 20]);
}
if (ratios.size > 1) {
	const compared = [...ratios.values()].filter((ratio) => ratio !== null);
	const missing = [...ratios.keys()].filter((name) => ratios.get(name) === null);
	console.log(`  geometric mean, "≤" as it stands: ${of(Math.exp(compared.reduce((sum, ratio) => sum + Math.log(ratio), 0) / compared.length))}, most ${of(Math.max(...compared))}   (target 0.25, none above 0.6)${missing.length ? `; without ${missing.join(', ')}: rrweb's is not measurable` : ''}`);
}

// ---- applications ----
const shown = Object.keys(apps).filter((name) => wanted(`app ${name}`));
if (shown.length) {
	console.log('\nApplications: create, replace, update, select, swap, remove, check, append, sort, clear');
	say(['application', 'bare ms', 'rrweb added', 'Rearview added', 'ratio', 'page × rrweb', 'Rearview', 'wall × rrweb', 'Rearview'], [20, 8, 13, 15, 8, 13, 9, 13, 9]);
	for (const name of shown) {
		const got = await interleaved((variant) => run(variant, `/app-${name}.mjs`));
		const [during, wall] = [mids(got, 'during'), mids(got, 'wall')];
		say([name, ...cost(got).cells, of(during.rrweb / during.none), of(during.rearview / during.none), of(wall.rrweb / wall.none), of(wall.rearview / wall.none)], [20, 8, 13, 15, 8, 13, 9, 13, 9]);
	}
	console.log('  (target of page × and wall × for Rearview: 1.05, at most 1.10)');
}

// ---- nothing happens ----
if (!firefox && wanted('idle minute')) {
	const IDLE_MS = 30_000;
	/* Side by side: each page has a process of its own. */
	const idle = await Promise.all(variants.map((variant) => withPage(variant, async (page) => {
		await page.evaluate(async () => {
			// @ts-ignore a module of the served page
			(await import('/workloads.mjs')).bigPage(document.getElementById('main'), 5000);
		});
		await started(page);
		await rest(5000);
		if (await page.evaluate(() => document.visibilityState) !== 'visible') throw new Error('A page that is not visible is not idle.');
		const [time, helpers] = [await pageTime(page), workerTime()];
		await rest(IDLE_MS);
		return { ms: (await time()) * 60_000 / IDLE_MS, worker: helpers() * 60_000 / IDLE_MS };
	})));
	console.log(`\nIdle minute, 5,000 elements and 5,000 rules: main thread ${variants.map((variant, i) => `${variant} ${of(idle[i].ms, 0)}`).join(', ')} ms; worker ${of(idle[2].worker, 0)} ms`);
}

// ---- first snapshot ----
if (!firefox && wanted('first snapshot')) {
	console.log('\nFirst snapshot, with 5,000 rules: longest main-thread task, ms on a processor');
	say(['elements', 'nothing', 'rrweb', 'Rearview'], [20, 10, 10, 10]);
	for (const elements of [1000, 10_000, 70_000]) {
		const got = await interleaved((variant) => withPage(`${variant}-late`, async (page) => {
			await page.evaluate(async (elements) => {
				// @ts-ignore a module of the served page
				(await import('/workloads.mjs')).bigPage(document.getElementById('main'), elements);
				await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 1000)));
			}, elements);
			const { longest: task } = await tasks(page, async () => {
				await page.evaluate((start) => setTimeout(() => new Function(start)(), 50), START[variant]);
				await rest(1000);
				await started(page);
				if (variant === 'rearview') await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay({ format: 'native' }).then(() => undefined));
				await rest(500);
			});
			return { task };
		}), Math.min(rounds, 3));
		const task = mids(got, 'task');
		say([elements, of(task.none, 1), of(task.rrweb, 1), of(task.rearview, 1)], [20, 10, 10, 10]);
	}
	console.log('  (target for Rearview: 16)');
}

// ---- a session ----
if (!firefox && wanted('session')) {
	const STEPS = 600;
	console.log(`\nA session of ${STEPS / 60} minutes, a second in each 10 ms`);
	/** Heaps and buffers of the page and of its worker, Wasm's among them, in MB. @param {import('puppeteer-core').Page} page @param {boolean} collect */
	const memory = async (page, collect) => {
		const all = [await page.createCDPSession(), ...page.workers().map((worker) => worker.client)];
		const got = [];
		for (const cdp of all) {
			if (collect) await cdp.send('HeapProfiler.collectGarbage');
			const usage = /** @type {any} */ (await cdp.send('Runtime.getHeapUsage'));
			const { result } = await cdp.send('Runtime.evaluate', { expression: '(self.memories ?? []).reduce((sum, memory) => sum + memory.buffer.byteLength, 0)', returnByValue: true });
			got.push([usage.usedSize / 1e6, (usage.backingStorageSize ?? 0) / 1e6 + result.value / 1e6]);
		}
		return got;
	};
	const got = await interleaved((variant) => withPage(variant, async (page) => {
		await started(page);
		await rest(500);
		const [time, helpers] = [await pageTime(page), workerTime()];
		await page.evaluate(async (steps) => {
			// @ts-ignore a module of the served page
			await (await import('/workloads.mjs')).session(document.getElementById('main'), steps);
		}, STEPS);
		await rest(1000);
		const cpu = await time();
		const [page0, worker] = await memory(page, true);
		const worked = helpers();
		let peak = 0;
		let isOver = false;
		const bytes = stored(page, variant).finally(() => { isOver = true; });
		while (!isOver && variant === 'rearview') {
			const [, now] = await memory(page, false);
			peak = Math.max(peak, (now?.[0] ?? 0) + (now?.[1] ?? 0));
		}
		return { cpu, heap: page0[0], worker: worked, workerHeap: worker?.[0] ?? 0, workerBuffers: worker?.[1] ?? 0, peak, bytes: await bytes };
	}), Math.min(rounds, 2));
	const [cpu, heap, bytes] = [mids(got, 'cpu'), mids(got, 'heap'), mids(got, 'bytes')];
	const { cells } = cost(got);
	console.log(`  main thread    ${cpu.none.toFixed(0)} ms bare, added: rrweb ${cells[1]}, Rearview ${cells[2]} (ratio ${cells[3]})`);
	console.log(`  page's heap    ${of(heap.none, 1)} MB bare, rrweb ${of(heap.rrweb, 1)}, Rearview ${of(heap.rearview, 1)}`);
	console.log(`  worker         ${of(mids(got, 'worker').rearview, 0)} ms, heap ${of(mids(got, 'workerHeap').rearview, 1)} MB, buffers and Wasm ${of(mids(got, 'workerBuffers').rearview, 1)} MB (mirror, ring), ${of(mids(got, 'peak').rearview, 1)} MB in all at the peak of an export`);
	console.log(`  bytes          ${bytes.rearview} of ${bytes.rrweb} for gzip(rrweb): ${of(bytes.rearview / bytes.rrweb)}   (target 0.35)`);
}
await browser.close();
server.close();
rmSync(profile, { recursive: true, force: true });
