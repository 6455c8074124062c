/* The real Wasm modules behind the real wrapper, in Node. RV_WASM_BUILD: another build directory. */
import {readFileSync} from 'node:fs';
import {register} from 'node:module';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {deflateRawSync} from 'node:zlib';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const build = process.env.RV_WASM_BUILD || `${root}build/wasm-release`;
const records = pathToFileURL(`${build}/generated/records.js`).href;

register('data:text/javascript,' + encodeURIComponent(`
	export const resolve = (name, context, next) => name === 'rv:records' ? {url: ${JSON.stringify(records)}, format: 'module', shortCircuit: true} : next(name, context);
`));

export const wasmBytes = readFileSync(`${build}/rearview.wasm`);
export const symbols = readFileSync(`${build}/rearview.wasm.symbols`, 'utf8');
export const toolsBytes = readFileSync(`${build}/rearview.tools.wasm`);
export const toolsSymbols = readFileSync(`${build}/rearview.tools.wasm.symbols`, 'utf8');
const module = await WebAssembly.compile(wasmBytes);
const toolsModule = await WebAssembly.compile(toolsBytes);
export const rv = await import(records);
export const {contentsOf} = await import(pathToFileURL(`${root}web/widget/worker_core.js`).href);
export const {loadCore, loadTools, encodeWtf8} = await import(pathToFileURL(`${root}web/widget/core.js`).href);

/** @param {object} [options] */
export async function newCore(options = {}) {
	const core = await loadCore(module);
	const error = core.start(options);
	if (error) throw new Error(error);
	return core;
}

/** A sealed segment compressed as the worker does it. @param {any} core @param {{key: number, bytes: Uint8Array<ArrayBuffer>}} entry @returns {Uint8Array} the segment now */
export const packed = (core, {key, bytes}) => core.pack(key, deflateRawSync(Buffer.concat(contentsOf(bytes)))) ?? bytes;

export const bare = () => loadCore(module);
export const newTools = () => loadTools(toolsModule);
const tools = await newTools();
/** A core's window, cut. @returns {Uint8Array} a native stream */
export const nativeOf = (core, from = 0, to = 0) => tools.cut(core.window(from, to));
export const logsOf = (core, from = 0, to = 0) => JSON.parse(tools.logs(core.window(from, to)));
/** A core's window as rrweb events. */
export const rrwebOf = async (core, from = 0, to = 0) => JSON.parse((await newTools()).rrweb(nativeOf(core, from, to)));
export const WALL = 1_700_000_000_000;

/** An encoder of batches, by the schema: add(t, 'element', [id, parent, …]). */
export function encoder() {
	/** @type {Map<string, number>} */
	const known = new Map();
	let seq = 0;
	/** @type {Record<string, {number: number, types: string[], group: string[]}>} */
	const schema = {};
	for (const [number, {name, fixed, group}] of Object.entries(rv.SCHEMA)) {
		schema[name] = {number: +number, types: fixed.map(([, type]) => type), group: group.map(([, type]) => type)};
	}
	return {
		/** @param {[t: number, name: string, values: (number | string | null)[]][]} records */
		batch(records) {
			const words = new Array(rv.BATCH_HEADER_WORDS).fill(0);
			const first = known.size + 1;
			/** @type {string[]} */
			const interned = [];
			/** @type {string[]} */
			const inline = [];
			let t = -1;
			const ref = text => {
				if (text === null || text === undefined) return 0;
				if (text.length > rv.INTERN_MAX_LENGTH) return (rv.STRING_INLINE | inline.push(text) - 1) >>> 0;
				let id = known.get(text);
				if (!id) {
					known.set(text, id = known.size + 1);
					interned.push(text);
				}
				return id;
			};
			for (const [time, name, values] of records) {
				if (time !== t) words.push(rv.REC_TICK | 2 << 8, t = time);
				const {number, types, group} = schema[name];
				const at = words.push(0) - 1;
				values.forEach((value, i) => {
					const type = i < types.length ? types[i] : group[(i - types.length) % group.length];
					if (type === 'str') words.push(ref(value));
					else if (type === 'f64') words.push(...new Uint32Array(new Float64Array([value]).buffer));
					else words.push(value >>> 0);
				});
				words[at] = number | words.length - at << 8;
			}
			words.splice(0, rv.BATCH_HEADER_WORDS, rv.BATCH_MAGIC, rv.ABI_HASH, ++seq, 0, first, interned.length, inline.length, words.length);
			return {words: Uint32Array.from(words), strings: [...interned, ...inline]};
		},
	};
}

/** The records of a small page: 1 document, 2 html, 3 body, 4 ul, 5 input. */
export const page = (t = 0, wall = WALL) => [
	[t, 'epoch', [wall, 800, 600, 1000, 'https://shop.test/?token=abc', null, 1]],
	[t, 'document', [1, 0, 0, 'https://shop.test/']],
	[t, 'doctype', [7, 1, 0, 'html', '', '']],
	[t, 'element', [2, 1, 0, 0, 'html']],
	[t, 'element', [3, 2, 0, 0, 'body', 'class', 'dark']],
	[t, 'element', [4, 3, 0, 0, 'ul']],
	[t, 'element', [5, 3, 0, 0, 'input', 'type', 'password']],
	[t, 'snapshot_done', []],
];
