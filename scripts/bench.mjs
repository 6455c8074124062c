// The benchmark: what recording costs the page. Every workload runs with nothing, with @rrweb/record and
// with Rearview, interleaved round by round in fresh pages; what is printed are ratios of medians.
//
//   main   added main-thread time: CDP's TaskDuration over the workload and the second after it
//   page   wall time of the workload itself, against the bare page
//   bytes  native stream against gzip of rrweb's JSON
import { build } from 'esbuild';
import { createServer } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import puppeteer from 'puppeteer-core';
import { WORKLOADS } from './bench-workloads.mjs';

const root = resolve(import.meta.dirname, '..');
const argument = (/** @type {string} */ name, /** @type {string} */ otherwise) => {
	const at = process.argv.indexOf(`--${name}`);
	return at < 0 ? otherwise : process.argv[at + 1] ?? '';
};
const rounds = Number(argument('rounds', '5'));
const only = argument('only', '');
const firefox = process.argv.includes('--firefox');

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
const workloads = readFileSync(join(root, 'scripts/bench-workloads.mjs'), 'utf8');
const head = {
	none: '',
	rrweb: '<script src="/rrweb.js"></script><script>window.__events=[];__record({emit(e){__events.push(e)}, maskAllInputs:true});</script>',
	rearview: '<script src="/rearview/rearview.js"></script><script>Rearview.init({projectKey:"bench",endpoint:null,config:{capture:{window_ms:600000,max_bytes:67108864}}});</script>',
};
const types = /** @type {Record<string,string>} */ ({ js: 'text/javascript', wasm: 'application/wasm', mjs: 'text/javascript' });
const server = createServer((request, response) => {
	const path = new URL(request.url ?? '/', 'http://x').pathname;
	const send = (/** @type {string|Buffer|Uint8Array} */ body, /** @type {string} */ type) => response.writeHead(200, { 'content-type': type }).end(body);
	if (path === '/rrweb.js') return send(rrweb.outputFiles[0].contents, 'text/javascript');
	if (path === '/workloads.mjs') return send(workloads, 'text/javascript');
	const variant = path.slice(1);
	if (variant in head) return send(`<!doctype html><meta charset="utf-8"><title>bench</title>${head[/** @type {keyof typeof head} */ (variant)]}<body><main id="main"></main>`, 'text/html; charset=utf-8');
	const file = join(web, path.replace('/rearview/', ''));
	if (path.startsWith('/rearview/') && existsSync(file)) return send(readFileSync(file), types[path.split('.').pop() ?? ''] ?? 'text/plain');
	response.writeHead(404).end();
});
await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
const base = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;

const profile = mkdtempSync(join(tmpdir(), 'rv-bench-'));
const browser = await puppeteer.launch(
	firefox
		? { browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true }
		: { executablePath: '/usr/bin/chromium', userDataDir: profile, args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] },
);

/** One workload in one fresh page with a storage of its own: a recording goes on over navigations. */
async function run(/** @type {string} */ variant, /** @type {string} */ name) {
	const context = await browser.createBrowserContext();
	const page = await context.newPage();
	try {
		await page.goto(`${base}/${variant}`);
		if (variant === 'rearview') await page.evaluate(() => new Promise((done) => /** @type {any} */ (window).Rearview.on('load', () => done(undefined))));
		await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
		const task = async () => (firefox ? 0 : (await page.metrics()).TaskDuration ?? 0);
		const before = await task();
		const wall = await page.evaluate(async (workload) => {
			// @ts-ignore a module of the served page
			const { WORKLOADS: all } = await import('/workloads.mjs');
			const run = await all[workload].prepare(document.getElementById('main'));
			await new Promise((done) => setTimeout(done, 600));
			/** @type {any} */ (window).__mark = performance.now();
			const from = performance.now();
			await run();
			return performance.now() - from;
		}, name);
		await page.evaluate(() => new Promise((done) => setTimeout(done, 1000)));
		const cpu = ((await task()) - before) * 1000;
		const bytes = await page.evaluate(async (kind) => {
			const w = /** @type {any} */ (window);
			if (kind === 'rrweb') return JSON.stringify(w.__events);
			if (kind === 'rearview') return (await w.Rearview.exportReplay({ format: 'native' })).size;
			return 0;
		}, variant);
		return { cpu, wall, bytes: typeof bytes === 'string' ? gzipSync(bytes).length : bytes };
	} finally {
		await context.close();
	}
}

const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const names = Object.keys(WORKLOADS).filter((name) => !only || name === only);
console.log(`\n${firefox ? 'Firefox' : 'Chromium'}, ${rounds} rounds interleaved; medians`);
console.log('  workload              bare ms   added main ms          added ratio   page time ×        bytes ÷ gzip(rrweb)');
console.log('                                  rrweb     Rearview     Rearview/rrweb  rrweb  Rearview');
const ratios = [];
for (const name of names) {
	/** @type {Record<string, {cpu:number, wall:number, bytes:number}[]>} */
	const got = { none: [], rrweb: [], rearview: [] };
	for (let round = 0; round < rounds; round++) for (const variant of round % 2 ? ['rearview', 'rrweb', 'none'] : ['none', 'rrweb', 'rearview']) got[variant].push(await run(variant, name));
	const cpu = Object.fromEntries(Object.entries(got).map(([k, v]) => [k, median(v.map((x) => x.cpu))]));
	const wall = Object.fromEntries(Object.entries(got).map(([k, v]) => [k, median(v.map((x) => x.wall))]));
	const bytes = Object.fromEntries(Object.entries(got).map(([k, v]) => [k, median(v.map((x) => x.bytes))]));
	const added = { rrweb: cpu.rrweb - cpu.none, rearview: cpu.rearview - cpu.none };
	const ratio = added.rearview / added.rrweb;
	if (added.rrweb > 0) ratios.push(Math.max(ratio, 0.01));
	console.log(`  ${name.padEnd(20)} ${wall.none.toFixed(0).padStart(8)} ${added.rrweb.toFixed(0).padStart(9)} ${added.rearview.toFixed(0).padStart(12)} ${ratio.toFixed(2).padStart(15)} ${(wall.rrweb / wall.none).toFixed(2).padStart(9)} ${(wall.rearview / wall.none).toFixed(2).padStart(8)} ${(bytes.rearview / bytes.rrweb).toFixed(2).padStart(14)}`);
}
if (ratios.length && !firefox) console.log(`  geometric mean of added main-thread time, Rearview ÷ rrweb: ${Math.exp(ratios.reduce((a, r) => a + Math.log(r), 0) / ratios.length).toFixed(2)}   (target 0.25)`);
await browser.close();
server.close();
rmSync(profile, { recursive: true, force: true });
