// Builds the files browsers load into build/web: the widget, its npm module with types, the Wasm core
// beside it, and the console. Prints what each weighs beside its budget; --strict fails when one is broken.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { minify } from 'terser';
import { snippet, snippetCsp } from '../web/widget/snippet.js';

const root = resolve(import.meta.dirname, '..');
const widget = join(root, 'web/widget');
const out = join(root, 'build/web');
const types = join(root, 'build/web-types');
const BUDGETS = /** @type {[string, number, string[]][]} */ ([
	['the script tag', 8, ['rearview.js']],
	['later', 8, ['rearview.extras.js']],
	['later, reports', 8, ['rearview.report.js']],
	['later, styles', 8, ['rearview.styles.js']],
	['later, logs', 8, ['rearview.logs.js']],
	['on the main thread', 18, ['rearview.js', 'rearview.recorder.js']],
	['with worker and Wasm', 45, ['rearview.js', 'rearview.recorder.js', 'rearview.worker.js', 'rearview.wasm']],
]);

mkdirSync(out, { recursive: true });
mkdirSync(types, { recursive: true });

/** records.js as CMake generated it, or made here when no native tree is up to date. */
function findRecords() {
	const sources = ['record.def', 'gen.c'].map((name) => statSync(join(root, 'src/wire', name)).mtimeMs);
	const made = readdirSync(join(root, 'build')).map((name) => join(root, 'build', name, 'generated/records.js')).filter((name) => existsSync(name));
	const fresh = made.find((name) => statSync(name).mtimeMs >= Math.max(...sources));
	if (fresh) return fresh;
	const gen = join(types, 'gen');
	execFileSync('cc', ['-std=c11', `-I${join(root, 'src/wire')}`, `-I${join(root, 'src/base')}`, '-o', gen, join(root, 'src/wire/gen.c')]);
	execFileSync(gen, [join(types, 'record_gen.h'), join(types, 'records.js')]);
	return join(types, 'records.js');
}
const records = findRecords();
if (records !== join(types, 'records.js')) copyFileSync(records, join(types, 'records.js'));

// Members that only our own page-side modules use: they get short names, the same in every file. None of
// them may be part of the public API, of a message to the worker or of the configuration.
const INTERNAL = new RegExp(`^(?:${[
	'addScript adopted adopters alive areaValue ask attempt attrNames attrNode bitsOf both breadcrumb changed check collect combined compact correct counters',
	'double drain drop every failed field fields flying fnText force frameDoc free getter guard hookFrame hosts inputType inputValue introduce',
	'hasBodies isBusy isDirty isFull isMasked isNew isTimed isRelevant isRunning isSecret isValue isWalking kill live logAt lost maker measured mute native nested newPatcher onBlocked onDegrade onMessage onFlush onNode onNote onTimer',
	'onRoom onRoot onWindow pageState parentOf past patcher poll queryAll reach reread returned roots schedule scriptAddress setBits skipped stamp stackOf',
	'boxes onReplaced errorText targetOf touched unlisten within accessor adoptedIn doubt fontSources hollow isLarge isOther isSettled sheetMedia flagsOf isAlive textOf fullOf isChanged begun attribute descriptor listen word record namespace contexts touched skipped imports ownerId collect clip',
].join(' ').replaceAll(' ', '|')})$`);
const nameCache = {};
/** The first of ours in the page: it takes the built-ins that all of them use. */
const FIRST = /^(?:loader|index)\.js$/;
/** Files that rearview.js loads, with what they hand to it. @type {Record<string, string>} */
const PARTS = {recorder: 'createRecorder', 'record/selectors': 'createSelectors', report: 'createReports', extras: 'createExtras', styles: 'styles', frame: 'frame', logs: 'logs'};

const hash = (/** @type {string | Uint8Array} */ content) => createHash('sha256').update(content).digest('hex').slice(0, 8);
/** @type {Record<string, string>} */
const hashes = {};

/** The hashes of what that entry loads. @param {string} entry */
const files = entry => Object.fromEntries(Object.entries(hashes)
	.map(([name, value]) => [name.slice('rearview.'.length), value])
	.filter(([name]) => (/^worker/.test(entry) ? /^(?:assets|later)\.js$/ : /^(?!assets)/).test(name)));

/**
 * @param {string} entry @param {string} name
 * @param {'iife' | 'esm'} format
 */
async function bundle(entry, name, format) {
	const made = PARTS[entry.slice(0, -3)];
	const isFirst = FIRST.test(entry);
	const contents = `import {script} from './host/later.js'; import {${made}} from './${entry}'; script?.rearview?.(${made});`;
	const { outputFiles } = await build({
		...(made ? { stdin: { contents, resolveDir: widget } } : { entryPoints: [join(widget, entry)] }),
		outfile: join(out, name),
		bundle: true,
		minifySyntax: true,
		write: false,
		format,
		target: 'es2022',
		charset: 'utf8',
		legalComments: 'none',
		logLevel: 'warning',
		alias: { 'rv:records': join(types, 'records.js') },
		define: { RV_FILES: JSON.stringify(files(entry)) },
		...((isFirst || made) && { inject: [join(widget, 'host', isFirst ? 'own.js' : 'later.js')] }),
	});
	const { code = '' } = await minify(outputFiles[0].text, {
		module: format === 'esm',
		ecma: 2020,
		toplevel: true,
		compress: { passes: 3, keep_fargs: false, pure_getters: true, unsafe_arrows: true },
		...((isFirst || made) && { nameCache, mangle: { properties: { regex: INTERNAL } } }),
	});
	writeFileSync(join(out, name), code);
	hashes[name] = hash(code);
}

// What carries the others' hashes is built after them.
for (const name of ['rearview.wasm', 'rearview.tools.wasm']) {
	const wasm = join(root, 'build/wasm-release', name);
	if (!existsSync(wasm)) continue;
	copyFileSync(wasm, join(out, name));
	hashes[name] = hash(readFileSync(wasm));
	/* The same as JavaScript, for where no Wasm runs; one of another build would be refused. */
	const script = `${wasm}.js`;
	rmSync(join(out, `${name}.js`), { force: true });
	if (existsSync(script) && statSync(script).mtimeMs >= statSync(wasm).mtimeMs) copyFileSync(script, join(out, `${name}.js`));
}
await bundle('worker_assets.js', 'rearview.assets.js', 'esm');
await bundle('worker_later.js', 'rearview.later.js', 'iife');
await bundle('worker.js', 'rearview.worker.js', 'iife');
await bundle('page.js', 'rearview.page.js', 'iife');
await bundle('recorder.js', 'rearview.recorder.js', 'iife');
await bundle('record/selectors.js', 'rearview.selectors.js', 'iife');
await bundle('report.js', 'rearview.report.js', 'iife');
await bundle('extras.js', 'rearview.extras.js', 'iife');
await bundle('styles.js', 'rearview.styles.js', 'iife');
await bundle('frame.js', 'rearview.frame.js', 'iife');
await bundle('logs.js', 'rearview.logs.js', 'iife');
await bundle('loader.js', 'rearview.js', 'iife');
await bundle('index.js', 'rearview.mjs', 'esm');

// The install snippets, for the collector to fill in.
writeFileSync(join(out, 'snippet.txt'), snippet('{{BASE}}', '{{WORKSPACE}}', '{{KEY}}'));
writeFileSync(join(out, 'snippet-csp.txt'), snippetCsp('{{BASE}}', '{{WORKSPACE}}', '{{KEY}}'));

// rearview.d.ts: the declarations of the module and what they refer to, in one folder.
rmSync(join(out, 'types'), { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(widget, 'tsconfig.json')], { stdio: 'inherit' });
rmSync(join(out, 'types/build'), { recursive: true, force: true });
writeFileSync(join(out, 'rearview.d.ts'), "export * from './types/web/widget/index.js';\nexport { default } from './types/web/widget/index.js';\n");

if (existsSync(join(root, 'web/console/build.mjs'))) {
	const { buildConsole } = await import('../web/console/build.mjs');
	await buildConsole(out);
}

// ---- compressed variants and sizes ----
const COMPRESSED = /\.(js|mjs|css|html|svg|wasm|txt)$/;
/** @type {Record<string, number>} */
const brotli = {};
for (const path of /** @type {string[]} */ (readdirSync(out, { recursive: true }))) {
	const file = join(out, path);
	if (path.startsWith('types') || !COMPRESSED.test(path) || !statSync(file).isFile()) continue;
	const content = readFileSync(file);
	const br = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
	brotli[path] = br.length;
	writeFileSync(`${file}.br`, br);
	writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
}

const kb = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1).padStart(8)} KB`;
console.log(`${'file'.padEnd(28)}${'plain'.padStart(11)}${'brotli'.padStart(11)}`);
for (const path of Object.keys(brotli).filter((name) => name.startsWith('rearview'))) console.log(`${path.padEnd(28)}${kb(statSync(join(out, path)).size)}${kb(brotli[path])}`);
let broken = false;
for (const [what, budget, files] of BUDGETS) {
	const size = files.reduce((sum, name) => sum + (brotli[name] ?? 0), 0);
	const over = size > budget * 1024;
	broken ||= over;
	console.log(`${what.padEnd(28)}${' '.repeat(11)}${kb(size)}   of ${budget} KB${over ? ': over' : ''}`);
}
if (broken && process.argv.includes('--strict')) process.exit(1);
