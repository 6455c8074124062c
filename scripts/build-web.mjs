// Builds the files browsers load into build/web: the widget, its npm module with types, the Wasm core
// beside it, and the console. Prints what each weighs beside its budget; --strict fails when one is broken.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { minify } from 'terser';
import { smallWasm } from './small-wasm.mjs';
import { snippet, snippetCsp } from '../web/widget/snippet.js';

const root = resolve(import.meta.dirname, '..');
const widget = join(root, 'web/widget');
const out = join(root, 'build/web');
const types = join(root, 'build/web-types');
const BUDGETS = /** @type {[string, number, string[]][]} */ ([
	['the script tag', 8, ['rearview.js']],
	['later', 8, ['rearview.extras.js']],
	['later, reports', 8, ['rearview.report.js']],
	['later, pictures', 8, ['rearview.shot.js']],
	['later, styles', 8, ['rearview.styles.js']],
	['later, logs', 8, ['rearview.logs.js']],
	['later, marks', 10, ['rearview.mark.js']],
	['later, the picker', 6, ['rearview.pick.js']],
	['later, screen recording', 8, ['rearview.screen.js']],
	['the panel', 20, ['rearview.ui.js']],
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
	'double drain drop every failed field compare flying fnText force frameDoc free getter guard hookFrame hosts inputType inputValue introduce',
	'hasBodies isBusy isDirty isFull isMasked isNew isTimed isRelevant isRunning isSecret isValue isWalking kill live logAt lost maker measured mute native nested newPatcher onBlocked onDegrade onMessage onFlush onNode onNote onTimer',
	'onRoom onRoot onWindow pageState parentOf past patcher poll queryAll reach reread returned roots schedule scriptAddress setBits skipped stamp stackOf',
	'boxes onReplaced errorText targetOf touched unlisten within accessor adoptedIn doubt fontSources hollow isLarge isOther isSettled sheetMedia flagsOf isAlive textOf fullOf isChanged begun attribute descriptor listen word record namespace contexts touched skipped imports ownerId collect clip isOwn ownNodes',
].join(' ').replaceAll(' ', '|')})$`);
const nameCache = {};
// The same of the worker's files: the modules' functions, which get these names there too, and what their own parts call each other by.
const WORKER = /^(?:rv_\w+|unsaved|oldest|loadSegment|settle|told|asked|moved|obey|renew|stay|fetchModule|startLater|startFrames|inPage|refresh|lend|alloc|heap|foldHash|markupResource|markupSvg|assetsSheet|isPacked|released)$/;
const IN_WORKER = /^(?:worker|page)/;
/** @type {{props?: {props: Record<string, string>}}} */
const workerCache = {};
/** The first of ours in the page: it takes the built-ins that all of them use. */
const FIRST = /^(?:loader|index)\.js$/;
/** Files that rearview.js loads, with what they hand to it. @type {Record<string, string>} */
const PARTS = {recorder: 'createRecorder', 'record/selectors': 'createSelectors', report: 'createReports', extras: 'createExtras', styles: 'styles', frame: 'frame', logs: 'logs', ui: 'createUi', mark: 'createMark', pick: 'createPick', words: 'words', screen: 'createScreen', shot: 'createShot'};

const hash = (/** @type {string | Uint8Array} */ content) => createHash('sha256').update(content).digest('hex').slice(0, 8);
/** @type {Record<string, string>} */
const hashes = {};
/** Packages with something in the widget's files. @type {Set<string>} */
const bundled = new Set();

/** What people see, fetched when they ask for it: one hash for all, under '', since every name costs each page. */
const SHOWN = /^(?:ui|mark|pick|screen|shot|words)\.js$/;
/** The hashes of what that entry loads. @param {string} entry */
function files(entry) {
	const all = Object.entries(hashes).map(([name, value]) => [name.slice('rearview.'.length), value]);
	if (/^worker/.test(entry)) return Object.fromEntries(all.filter(([name]) => /^(?:assets|later|flat)\.js$/.test(name)));
	const shown = hash(all.filter(([name]) => SHOWN.test(name)).join());
	return Object.fromEntries([...all.filter(([name]) => !/^(?:assets|flat)/.test(name) && !SHOWN.test(name)), ['', shown]]);
}

/** web-vitals listens with what can be stopped. @type {import('esbuild').Plugin} */
const heard = {
	name: 'heard',
	setup: ({ onLoad }) => onLoad({ filter: /[\\/]web-vitals[\\/]dist[\\/]web-vitals\.js$/ }, ({ path }) => ({
		contents: `import {addEventListener, removeEventListener, PerformanceObserver} from ${JSON.stringify(join(widget, 'observe/heard.js'))};\n${readFileSync(path, 'utf8')}`,
	})),
};

/**
 * @param {string} entry @param {string} name
 * @param {'iife' | 'esm'} format
 */
async function bundle(entry, name, format) {
	const made = PARTS[entry.slice(0, -3)];
	const isFirst = FIRST.test(entry);
	const contents = `import {script} from './host/later.js'; import {${made}} from './${entry}'; script?.rearview?.(${made});`;
	const { outputFiles, metafile } = await build({
		...(made ? { stdin: { contents, resolveDir: widget } } : { entryPoints: [join(widget, entry)] }),
		outfile: join(out, name),
		bundle: true,
		minifySyntax: true,
		write: false,
		metafile: true,
		format,
		target: 'es2022',
		charset: 'utf8',
		legalComments: 'none',
		logLevel: 'warning',
		alias: { 'rv:records': join(types, 'records.js') },
		define: { RV_FILES: JSON.stringify(files(entry)), RV_WHOLE: 'false' },
		plugins: [heard],
		// Preact calls the page's Array.
		...((isFirst || (made && entry !== 'ui.js')) && { inject: [join(widget, 'host', isFirst ? 'own.js' : 'later.js')] }),
	});
	const { code = '' } = await minify(outputFiles[0].text, {
		module: format === 'esm',
		ecma: 2020,
		toplevel: true,
		compress: { passes: 3, keep_fargs: false, pure_getters: true, unsafe_arrows: true },
		...((isFirst || made) && { nameCache, mangle: { properties: { regex: INTERNAL } } }),
		...(IN_WORKER.test(entry) && { nameCache: workerCache, mangle: { properties: { regex: WORKER } } }),
	});
	writeFileSync(join(out, name), code);
	for (const path of Object.keys(metafile.inputs)) {
		const found = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
		if (found) bundled.add(found[1]);
	}
	hashes[name] = hash(code);
}

// What carries the others' hashes is built after them.
await bundle('worker_assets.js', 'rearview.assets.js', 'esm');
await bundle('flat/flat.js', 'rearview.flat.js', 'iife');
await bundle('worker_later.js', 'rearview.later.js', 'iife');
await bundle('worker.js', 'rearview.worker.js', 'iife');
await bundle('page.js', 'rearview.page.js', 'iife');
/** What the worker's files call one of the modules' functions. @param {string} name */
const short = (name) => workerCache.props?.props[`$${name}`] ?? name;
for (const name of ['rearview.wasm', 'rearview.tools.wasm']) {
	const wasm = join(root, 'build/wasm-release', name);
	if (!existsSync(wasm)) continue;
	const small = smallWasm(wasm, join(types, 'wasm'), short, name === 'rearview.wasm');
	writeFileSync(join(out, name), small);
	hashes[name] = hash(small);
	/* The same as JavaScript, for where no Wasm runs; one of another build would be refused. */
	const script = `${wasm}.js`;
	rmSync(join(out, `${name}.js`), { force: true });
	if (existsSync(script) && statSync(script).mtimeMs >= statSync(wasm).mtimeMs) writeFileSync(join(out, `${name}.js`), readFileSync(script, 'utf8').replace(/\brv_\w+/g, short));
}
await bundle('recorder.js', 'rearview.recorder.js', 'iife');
await bundle('record/selectors.js', 'rearview.selectors.js', 'iife');
await bundle('shot.js', 'rearview.shot.js', 'iife');
await bundle('report.js', 'rearview.report.js', 'iife');
await bundle('extras.js', 'rearview.extras.js', 'iife');
await bundle('styles.js', 'rearview.styles.js', 'iife');
await bundle('frame.js', 'rearview.frame.js', 'iife');
await bundle('logs.js', 'rearview.logs.js', 'iife');
await bundle('ui.js', 'rearview.ui.js', 'iife');
await bundle('mark.js', 'rearview.mark.js', 'iife');
await bundle('pick.js', 'rearview.pick.js', 'iife');
await bundle('words.js', 'rearview.words.js', 'iife');
await bundle('screen.js', 'rearview.screen.js', 'iife');
await bundle('loader.js', 'rearview.js', 'iife');

writeFileSync(join(types, 'bundled.json'), JSON.stringify([...bundled].sort()));

// ---- the npm module: the same parts as chunks, and what bundlers must see as it is ----
const module = join(root, 'build/npm/module');
rmSync(module, { recursive: true, force: true });
mkdirSync(join(module, 'chunks'), { recursive: true });

/** @param {string} path @param {string} text */
async function writeModule(path, text) {
	const { code = '' } = await minify(text, {
		module: true,
		ecma: 2020,
		toplevel: true,
		compress: { passes: 3, keep_fargs: false, pure_getters: true, unsafe_arrows: true },
		/* The members' names are those of every other file, variables are each file's own. */
		nameCache: { props: /** @type {any} */ (nameCache).props },
		mangle: { properties: { regex: INTERNAL } },
	});
	writeFileSync(join(module, path), code);
}

/** @type {import('esbuild').BuildOptions} */
const esm = { bundle: true, minifySyntax: true, write: false, format: 'esm', target: 'es2022', charset: 'utf8', legalComments: 'none', logLevel: 'warning', outdir: module, outExtension: { '.js': '.mjs' } };
const made = await build({
	...esm,
	entryPoints: { rearview: join(widget, 'index.js') },
	splitting: true,
	metafile: true,
	chunkNames: 'chunks/[name]-[hash]',
	alias: { 'rv:records': join(types, 'records.js') },
	define: { RV_FILES: JSON.stringify(files('index.js')), RV_WHOLE: 'false' },
	inject: [join(widget, 'host/own.js')],
	plugins: [heard, {
		name: 'module',
		setup({ onResolve, onLoad }) {
			onResolve({ filter: /^rv:parts$/ }, () => ({ path: 'parts', namespace: 'rv' }));
			onLoad({ filter: /./, namespace: 'rv' }, () => ({
				contents: `export const parts = {${Object.entries(PARTS).filter(([path]) => existsSync(join(widget, `${path}.js`))).map(([path, name]) => `${basename(path)}: () => import('${path === 'ui' ? 'rv:ui' : `./${path}.js`}').then(part => part.${name})`)}};`,
				resolveDir: widget,
			}));
			onResolve({ filter: /^rv:ui$/ }, () => ({ path: './chunks/ui.mjs', external: true }));
			onResolve({ filter: /^\.\/files\.js$/ }, ({ importer }) => importer === join(widget, 'index.js') ? { path: './files.mjs', external: true } : undefined);
		},
	}],
});
for (const { path, text } of made.outputFiles ?? []) await writeModule(path.slice(module.length + 1), text);
/* As in the script tag's file, Preact's Array is the page's. */
const ui = await build({ ...esm, entryPoints: { ui: join(widget, 'ui.js') }, alias: { 'rv:records': join(types, 'records.js') }, define: { RV_FILES: '{}', RV_WHOLE: 'false' } });
await writeModule('chunks/ui.mjs', ui.outputFiles?.[0].text ?? '');
copyFileSync(join(widget, 'files.js'), join(module, 'files.mjs'));
/* One file without imports: development servers rewrite those, and a worker is no module. */
const whole = await build({
	...esm,
	format: 'iife',
	entryPoints: { worker: join(widget, 'worker.js') },
	outExtension: {},
	alias: { 'rv:records': join(types, 'records.js') },
	define: { RV_FILES: JSON.stringify(files('worker.js')), RV_WHOLE: 'true' },
});
writeFileSync(join(module, 'worker.js'), (await minify(whole.outputFiles?.[0].text ?? '', {
	ecma: 2020, toplevel: true, compress: { passes: 3 },
	nameCache: { props: /** @type {any} */ (workerCache).props },
	mangle: { properties: { regex: WORKER } },
})).code ?? '');
const react = await build({
	...esm,
	entryPoints: { react: join(widget, 'react/index.js') },
	external: ['react'],
	plugins: [{ name: 'module', setup: ({ onResolve }) => onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({ path: './rearview.mjs', external: true })) }],
});
writeFileSync(join(module, 'react.mjs'), `'use client';\n${react.outputFiles?.[0].text}`);
for (const name of readdirSync(join(widget, 'public'))) copyFileSync(join(widget, 'public', name), join(module, name));

/** What is loaded with that chunk, which is none of those. @param {string} chunk @param {Set<string>} [known] @returns {Set<string>} */
function statics(chunk, known = new Set()) {
	if (known.has(chunk)) return known;
	known.add(chunk);
	for (const { path, kind, external } of made.metafile.outputs[chunk].imports) if (kind === 'import-statement' && !external) statics(path, known);
	return known;
}
const chunks = Object.keys(made.metafile.outputs);
const entry = statics(chunks.find((name) => name.endsWith('/rearview.mjs')) ?? '');
const recording = statics(chunks.find((name) => made.metafile.outputs[name].entryPoint?.endsWith('/recorder.js')) ?? '', new Set(entry));

// The install snippets, for the collector to fill in.
writeFileSync(join(out, 'snippet.txt'), snippet('{{BASE}}', '{{WORKSPACE}}', '{{KEY}}'));
writeFileSync(join(out, 'snippet-csp.txt'), snippetCsp('{{BASE}}', '{{WORKSPACE}}', '{{KEY}}'));

for (const name of ['types', 'rearview.d.ts', 'rearview.mjs', 'rearview.mjs.br', 'rearview.mjs.gz']) rmSync(join(out, name), { recursive: true, force: true });

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
for (const [what, budget, names] of /** @type {[string, number, Set<string>][]} */ ([['module, initial', 8, entry], ['module, on the main thread', 20, recording]])) {
	const size = [...names].reduce((sum, name) => sum + brotliCompressSync(readFileSync(join(root, name))).length, 0);
	const over = size > budget * 1024;
	broken ||= over;
	console.log(`${what.padEnd(28)}${' '.repeat(11)}${kb(size)}   of ${budget} KB${over ? ': over' : ''}`);
}
for (const [what, budget, files] of BUDGETS) {
	const size = files.reduce((sum, name) => sum + (brotli[name] ?? 0), 0);
	const over = size > budget * 1024;
	broken ||= over;
	console.log(`${what.padEnd(28)}${' '.repeat(11)}${kb(size)}   of ${budget} KB${over ? ': over' : ''}`);
}
if (broken && process.argv.includes('--strict')) process.exit(1);
