// The benchmark of screenshots: the pages of the tests and two larger ones, photographed by Rearview, by
// html2canvas-pro, by snapDOM and by modern-screenshot, in turns, each in a fresh page. Every one is asked
// for what is to be seen of the page, as a PNG. The others' scripts are in the page beforehand and Rearview is
// not; Rearview's own files for pictures come when the picture is asked for, which counts.
//
//   differs   percent of the pixels off from Chromium's own screenshot, as in tests/browser/shot.test.mjs
//   total     from the call to the PNG, ms by the clock
//   longest   longest task of the main thread meanwhile, ms on a processor
//   main      all its tasks
//   PNG       KB
//
// Medians of the rounds; × is Rearview's by the best of the others', in each column for itself, however
// its picture looks.
import { build } from 'esbuild';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startCollector } from '../tests/collector/server.mjs';
import { launch, serve } from '../tests/browser/harness.mjs';
import { VIEW, difference, place } from '../tests/browser/shot_compare.mjs';
import { pages as tested } from '../tests/browser/shot_pages.mjs';
import { median, tasks, threadTime } from './bench-measure.mjs';
import { large } from './bench-shot-pages.mjs';

const root = resolve(import.meta.dirname, '..');
const argument = (/** @type {string} */ name, /** @type {string} */ otherwise) => {
	const at = process.argv.indexOf(`--${name}`);
	return at < 0 ? otherwise : process.argv[at + 1] ?? '';
};
const rounds = Number(argument('rounds', '3'));
const only = argument('only', '');
/** A folder that takes the pictures. */
const kept = argument('keep', '');
const GIVEN_UP_MS = 60_000;
const SETTLED_MS = 400;

/** How each is asked, as its own documentation has it: → a Blob. */
const SHOOT = {
	Rearview: 'Rearview.takeScreenshot()',
	'html2canvas-pro': 'rival.html2canvas(document.documentElement, { x: scrollX, y: scrollY, width: innerWidth, height: innerHeight, scale: devicePixelRatio, useCORS: true, logging: false }).then((canvas) => new Promise((done) => canvas.toBlob(done)))',
	snapDOM: 'rival.snapdom(document.documentElement, { clip: "viewport", backgroundColor: "#fff", dpr: devicePixelRatio }).then((made) => made.toBlob({ type: "png" }))',
	'modern-screenshot': `rival.domToBlob(document.documentElement, { width: innerWidth, height: innerHeight, scale: devicePixelRatio, backgroundColor: '#fff', style: { transform: \`translate(\${-scrollX}px, \${-scrollY}px)\` }, features: { restoreScrollPosition: true } })`,
};
const PACKAGES = { 'html2canvas-pro': 'html2canvas-pro', snapDOM: '@zumer/snapdom', 'modern-screenshot': 'modern-screenshot' };
/** @typedef {keyof typeof SHOOT} Tool */
/** @typedef {{differs: number, total: number, longest: number, main: number, kb: number, worker: number, failed: string}} Taken */
const tools = /** @type {Tool[]} */ (Object.keys(SHOOT));
const rivals = /** @type {(keyof typeof PACKAGES)[]} */ (Object.keys(PACKAGES));

process.env.RV_REARVIEWD ??= join(root, 'build/dev/rearviewd');
const collector = await startCollector({ args: ['--widget-dir', join(root, 'build/web'), '--requests-per-minute-per-key', '0'] });
const site = await serve({});
for (const name of rivals) {
	const { outputFiles } = await build({ stdin: { contents: `export * from '${PACKAGES[name]}';`, resolveDir: root }, bundle: true, minify: true, format: 'iife', globalName: 'rival', write: false });
	site.pages[`/${name}.js`] = { type: 'text/javascript', body: Buffer.from(outputFiles[0].contents), headers: { 'cache-control': 'max-age=600' } };
}
const browser = await launch('chromium');
const pid = browser.process()?.pid ?? 0;

/** The page with one of them in it. @param {Tool} tool @returns {typeof import('../tests/browser/harness.mjs').pageWith} */
const pageWith = (tool) => (body, { head = '', options = /** @type {any} */ ({}) } = {}) => `<!doctype html><html><head><meta charset="utf-8"><title>Fixture</title>${head}${tool === 'Rearview'
	? `<script src="${collector.baseUrl}/${collector.workspace.id}/rearview.js"></script><script>window.started = Rearview.init(${JSON.stringify({ projectKey: collector.workspace.projectKey, ...options, config: { ...options.config, modules: { feedback: { launcher: 'hidden' } } } })});</script>`
	: `<script src="/${tool}.js"></script>`}</head><body>${body}</body></html>`;

/** @param {Tool} tool @param {string} name @param {any} spec @returns {Promise<Taken>} */
async function shoot(tool, name, spec) {
	const context = await browser.createBrowserContext();
	const page = await context.newPage();
	try {
		await page.setViewport({ ...spec.view ?? VIEW, deviceScaleFactor: spec.ratio ?? 1 });
		await page.emulateMediaFeatures((spec.media ?? []).map((/** @type {[string, string]} */ [feature, value]) => ({ name: feature, value })));
		await page.goto(place(site, name, spec, pageWith(tool)));
		await page.evaluate('window.started');
		await page.evaluate(`(async () => { ${spec.run ?? ''} })()`);
		await page.evaluate((ms) => new Promise((done) => requestAnimationFrame(() => setTimeout(done, ms))), SETTLED_MS);
		const theirs = Buffer.from(await page.screenshot());
		const worker = threadTime(pid, /^DedicatedWorker/);
		/** @type {any} */
		let told;
		const { longest, total: main } = await tasks(page, async () => {
			told = await page.evaluate(`(async () => {
				const from = performance.now();
				try {
					window.picture = await Promise.race([${SHOOT[tool]}, new Promise((_, failed) => setTimeout(failed, ${GIVEN_UP_MS}, new Error('given up')))]);
					return { total: performance.now() - from, size: picture.size };
				} catch (error) {
					return { failed: String(error?.message ?? error) };
				}
			})()`);
		});
		if (told.failed) return { differs: 100, total: Infinity, longest, main, kb: Infinity, worker: 0, failed: told.failed };
		const workerMs = worker();
		const png = Buffer.from(await page.evaluate(() => new Promise((done) => {
			const reader = new FileReader();
			reader.onload = () => done(/** @type {string} */ (reader.result).split(',')[1]);
			reader.readAsDataURL(/** @type {any} */ (window).picture);
		})), 'base64');
		if (kept) {
			mkdirSync(kept, { recursive: true });
			writeFileSync(join(kept, `${name.replace(/\W+/g, '-')}.${tool}.png`), png);
			writeFileSync(join(kept, `${name.replace(/\W+/g, '-')}.png`), theirs);
		}
		return { differs: difference(theirs, png), total: told.total, longest, main, kb: told.size / 1000, worker: workerMs, failed: '' };
	} finally {
		await context.close();
	}
}

const FIELDS = /** @type {const} */ (['differs', 'total', 'longest', 'main', 'kb']);
const of = (/** @type {number} */ value) => (Number.isFinite(value) ? value.toFixed(value < 9.95 ? 1 : 0) : '-');
const say = (/** @type {string[]} */ cells) => console.log(cells.map((cell, i) => (i ? cell.padStart(9) : `  ${cell.padEnd(20)}`)).join(' '));

const pages = Object.entries({ ...tested, ...large }).filter(([name]) => name.includes(only));
/** Rearview's by the best rival's. @type {Record<typeof FIELDS[number], number[]>} */
const ratios = { differs: [], total: [], longest: [], main: [], kb: [] };
/** @type {Map<Tool, {exact: number, longest: number, failed: number}>} */
const sums = new Map(tools.map((tool) => [tool, { exact: 0, longest: 0, failed: 0 }]));
console.log(`Chromium, ${rounds} round${rounds > 1 ? 's' : ''} interleaved; differs: % of the pixels; ms; PNG: KB`);
for (const [name, spec] of pages) {
	const got = /** @type {Record<Tool, Taken[]>} */ (Object.fromEntries(tools.map((tool) => [tool, /** @type {Taken[]} */ ([])])));
	for (let round = 0; round < rounds; round++) for (const tool of round % 2 ? tools.toReversed() : tools) got[tool].push(await shoot(tool, name, spec));
	const mid = (/** @type {Tool} */ tool, /** @type {keyof Taken} */ field) => median(got[tool].map((one) => Number(one[field])));
	console.log(`\n${name}`);
	say(['', 'differs', 'total', 'longest', 'main', 'PNG']);
	for (const tool of tools) {
		const sum = /** @type {{exact: number, longest: number, failed: number}} */ (sums.get(tool));
		const failed = got[tool].find((one) => one.failed)?.failed;
		if (failed) sum.failed++;
		else if (mid(tool, 'differs') <= (spec.of ?? 1)) sum.exact++;
		sum.longest = Math.max(sum.longest, mid(tool, 'longest'));
		say([tool, mid(tool, 'differs').toFixed(2), ...FIELDS.slice(1).map((field) => of(mid(tool, field))), ...(failed ? [`  ${failed.slice(0, 60)}`] : tool === 'Rearview' ? [`  worker ${of(mid(tool, 'worker'))}`] : [])]);
	}
	const times = FIELDS.map((field) => {
		const best = Math.min(...rivals.map((rival) => mid(rival, field)));
		const ratio = mid('Rearview', field) / best;
		if (field !== 'differs' && Number.isFinite(ratio) && ratio > 0) ratios[field].push(ratio);
		return field === 'differs' ? '' : ratio.toFixed(2);
	});
	say(['×', ...times]);
}
const mean = (/** @type {number[]} */ values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
console.log(`\nGeometric mean of ×: total ${mean(ratios.total).toFixed(2)}, longest task ${mean(ratios.longest).toFixed(2)}, main thread ${mean(ratios.main).toFixed(2)}, PNG ${mean(ratios.kb).toFixed(2)}`);
for (const tool of tools) {
	const { exact, longest, failed } = /** @type {{exact: number, longest: number, failed: number}} */ (sums.get(tool));
	console.log(`  ${tool.padEnd(20)} ${exact} of ${pages.length} pages within their bound of 1 % or 3 %${failed ? `, ${failed} failed` : ''}; longest task of all ${of(longest)} ms`);
}
console.log('  (targets for Rearview: all pages; tasks of 50 ms, 100 ms at 6,000 elements)');
await browser.close();
await site.close();
await collector.stop();
