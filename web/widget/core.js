/* The Wasm modules as the worker sees them: an instance of rearview.wasm (the capture core) or of
 * rearview.tools.wasm (what is made of a native stream, and PNG) behind plain functions.
 *
 * Arguments are copied into the core's heap and freed after the call; results are copies. The heap may
 * grow, and so move, in every call: no view of it outlives one. A core that threw anything without a
 * `status` trapped and is not to be used again. */
import * as rv from 'rv:records';

/**
 * @typedef {Error & {status: number}} CoreError  status: RV_STATUS_*
 * @typedef {() => Record<string, any>} Make  a module as JavaScript (scripts/wasm2js.mjs): its exports, anew with each call
 * @typedef {WebAssembly.Module | ArrayBuffer | Response | URL | string | Make} Source  what a module is made from
 * @typedef {Awaited<ReturnType<typeof loadCore>>} Core
 */

/** Memory that the core asked for and did not get. */
const ENOUGH = 'The capture core is out of memory.';

/** @param {string} message @param {number} status @returns {CoreError} */
const failure = (message, status) => Object.assign(new Error(message), {status});

/** A surrogate without its partner: TextEncoder would replace it. */
const LONE = /\p{Surrogate}/u;
const encoder = new TextEncoder();
/** enum rv_level @type {unknown[]} */
const LEVELS = ['none', 'inputs', 'strict'];
/** What the core may be told, see src/capture/options.c, and the values of those that are no numbers. @type {[name: string, option: number, values?: unknown[]][]} */
const OPTIONS = [
	['window_ms', rv.OPTION_WINDOW_MS], ['max_bytes', rv.OPTION_MAX_BYTES],
	['segment_ms', rv.OPTION_SEGMENT_MS], ['segment_bytes', rv.OPTION_SEGMENT_BYTES],
	['checkpoint_ms', rv.OPTION_CHECKPOINT_MS], ['checkpoint_bytes', rv.OPTION_CHECKPOINT_BYTES],
	['level', rv.OPTION_LEVEL, LEVELS], ['console', rv.OPTION_CONSOLE, [false, true]], ['network', rv.OPTION_NETWORK, [false, true]],
];
/** In the order of COUNTER_*. */
const COUNTERS = ['batches', 'records', 'rejected', 'order_violations', 'resyncs', 'snapshots', 'nodes', 'ring_bytes', 'mirror_bytes', 'segments', 'checkpoints', 'evicted', 'redactions'];

/**
 * Writes UTF-16 as WTF-8: lone surrogates become three bytes each.
 * @param {string} text
 * @param {Uint8Array} to  with room for three bytes a unit
 * @returns {number} bytes written
 */
export function encodeWtf8(text, to) {
	if (!LONE.test(text)) return encoder.encodeInto(text, to).written;
	let n = 0;
	for (const char of text) {
		const code = /** @type {number} */ (char.codePointAt(0));
		if (code >= 0xd800 && code <= 0xdfff) {
			to[n++] = 0xe0 | code >> 12;
			to[n++] = 0x80 | code >> 6 & 63;
			to[n++] = 0x80 | code & 63;
		} else {
			n += encoder.encodeInto(char, to.subarray(n)).written;
		}
	}
	return n;
}

/** @param {Source} source @returns {Promise<WebAssembly.Module | Make>} */
export async function compile(source) {
	if (typeof source === 'function' || source instanceof WebAssembly.Module) return source;
	if (source instanceof ArrayBuffer) return WebAssembly.compile(source);
	const response = source instanceof Response ? source : await fetch(/** @type {URL | string} */ (source));
	if (!response.ok) throw new Error(`The capture core could not be fetched: HTTP ${response.status}.`);
	/* compileStreaming wants the right MIME type, which not every host sends. */
	return WebAssembly.compile(await response.arrayBuffer());
}

/** @param {string} string */
const utf8 = string => encoder.encode(string);

/** A new instance, and how to call it. @param {Source} source */
async function load(source) {
	const module = await compile(source);
	const exports = typeof module === 'function' ? module() : (await WebAssembly.instantiate(module, {})).exports;
	const wasm = /** @type {Record<string, (...args: number[]) => number> & {memory: WebAssembly.Memory}} */ (/** @type {unknown} */ (exports));
	wasm._initialize();
	const abi = wasm.rv_abi() >>> 0;
	if (abi !== rv.ABI_HASH) throw new Error('The capture core is of another version than this script.');

	const heap = () => new Uint8Array(wasm.memory.buffer);

	/** A copy of the last result. */
	const result = () => {
		const at = wasm.rv_out_ptr() >>> 0;
		return heap().slice(at, at + (wasm.rv_out_len() >>> 0));
	};
	const text = () => new TextDecoder().decode(result());

	/** @param {number} len @returns {number} */
	const alloc = len => {
		const at = wasm.rv_alloc(len) >>> 0;
		if (!at) throw failure(ENOUGH, rv.RV_STATUS_MEMORY);
		return at;
	};

	/**
	 * Calls with bytes in the heap, each given as address and length.
	 * @template T
	 * @param {Uint8Array[]} list
	 * @param {(...args: number[]) => T} call
	 * @returns {T}
	 */
	const lend = (list, call) => {
		/** @type {number[]} */
		const args = [];
		try {
			for (const bytes of list) {
				const at = alloc(bytes.length);
				heap().set(bytes, at);
				args.push(at, bytes.length);
			}
			return call(...args);
		} finally {
			for (let i = 0; i < args.length; i += 2) wasm.rv_free(args[i]);
		}
	};

	/** @param {number} status */
	const check = status => {
		if (status !== rv.RV_STATUS_OK) throw failure(`Capture core: ${rv.RV_STATUS_TEXT[status] || status}`, status);
	};

	return {wasm, abi, heap, result, text, alloc, lend, check};
}

/**
 * A native stream that holds a window, and the window's bounds in wall clock ms.
 * @typedef {{stream: Uint8Array<ArrayBuffer>, from: number, to: number}} Window
 */

/** A new instance of the capture core. @param {Source} source */
export async function loadCore(source) {
	const {wasm, abi, heap, result, text, alloc, lend, check} = await load(source);

	/** @param {Uint32Array} words @param {string[]} strings @param {(words: number, wordsLen: number, strings: number, stringsLen: number) => number} call */
	const pack = (words, strings, call) => {
		const head = strings.length * 4;
		const room = strings.reduce((sum, string) => sum + string.length * 3, head);
		const at = alloc(room);
		try {
			const to = heap().subarray(at, at + room);
			const lengths = new DataView(to.buffer, at, head);
			let n = head;
			strings.forEach((string, i) => {
				const len = encodeWtf8(string, to.subarray(n));
				lengths.setUint32(i * 4, len, true);
				n += len;
			});
			return lend([new Uint8Array(words.buffer, words.byteOffset, words.byteLength)], (ptr, len) => call(ptr, len, at, n));
		} finally {
			wasm.rv_free(at);
		}
	};

	return {
		abi,

		/**
		 * Begins anew.
		 * @param {Record<string, unknown>} options  by the names in OPTIONS, and redact_patterns: string[]
		 * @returns {string} what is wrong with them; '' when nothing is. Without a core nothing works.
		 */
		start(options) {
			check(wasm.rv_start());
			const {redact_patterns: patterns = []} = options;
			const wrong = OPTIONS.find(([name, option, values]) => {
				const value = options[name];
				return value !== undefined && wasm.rv_option(option, values ? values.indexOf(value) : typeof value === 'number' ? value : NaN);
			})?.[0] || (Array.isArray(patterns) && patterns.every(text => typeof text === 'string' && !lend([utf8(text)], wasm.rv_pattern)) ? '' : 'redact_patterns');
			/* No core rather than one that is not as it was asked to be. */
			if (wrong) wasm.rv_option(-1, 0);
			return wrong && `Capture option not usable: ${wrong}`;
		},

		/**
		 * @param {Uint32Array} words
		 * @param {string[]} strings  interned ones first
		 * @returns {number} status
		 */
		batch: (words, strings) => pack(words, strings, wasm.rv_batch),

		/** Nodes of the last batch that its checks found different. @returns {Uint32Array} */
		drift() {
			wasm.rv_drift();
			return new Uint32Array(result().buffer);
		},

		/** A frame's document is about to come. @param {number} node @param {number} flags @param {unknown} level @returns {number} the part, 0: none */
		join: (node, flags, level) => wasm.rv_join(node, flags, LEVELS.indexOf(level)) >>> 0,

		/** @param {number} part @param {number} nowMs @param {Uint32Array} words @param {string[]} strings @returns {number} status */
		part: (part, nowMs, words, strings) => pack(words, strings, (...four) => wasm.rv_part(...four, part, nowMs)),

		/** @param {number} part */
		leave(part) {
			wasm.rv_leave(part);
		},

		/** Another encoder is about to talk. */
		restart() {
			wasm.rv_restart();
		},

		/** @param {number} nowMs  since the epoch's wall clock @param {boolean} force @returns {number} status */
		seal: (nowMs, force) => wasm.rv_seal(nowMs, +force),

		/** The open segment, whole; null when nothing is open. @returns {Uint8Array<ArrayBuffer> | null} */
		tail() {
			const status = wasm.rv_tail();
			if (status === rv.RV_STATUS_NOT_FOUND) return null;
			check(status);
			return result();
		},

		/** The next sealed segment that has not been handed out. @returns {{key: number, bytes: Uint8Array<ArrayBuffer>} | null} */
		unsaved() {
			const status = wasm.rv_unsaved();
			if (status === rv.RV_STATUS_END) return null;
			check(status);
			return {key: wasm.rv_key() >>> 0, bytes: result()};
		},

		/** Puts a payload, compressed, in the place of that segment's. @param {number} key @param {Uint8Array} payload  raw deflate @returns {Uint8Array<ArrayBuffer> | null} the segment, null when it stays as it is */
		pack: (key, payload) => lend([payload], (at, len) => wasm.rv_pack(key, at, len)) ? null : result(),

		/** Everything stored under a smaller key may go. @returns {number} */
		oldest: () => wasm.rv_oldest() >>> 0,

		/** @param {Uint8Array} segment @returns {number} status */
		loadSegment: segment => lend([segment], wasm.rv_load),

		/** Drops what was recorded until now. */
		forget() {
			wasm.rv_forget();
		},

		/** What the tools cut the window out of. @param {number} from  wall clock, ms; 0: the window's start @param {number} to  0: now @returns {Window} */
		window(from, to) {
			check(wasm.rv_window(from, to));
			return {stream: result(), from: wasm.rv_from(), to: wasm.rv_to()};
		},

		/** Text beside the stream, without secrets. @param {string} string @returns {string} */
		redact(string) {
			check(lend([utf8(string)], wasm.rv_redacted));
			return text();
		},

		/** @returns {Record<string, number>} */
		counters() {
			check(wasm.rv_counters());
			const numbers = new Uint32Array(result().buffer);
			return Object.fromEntries(COUNTERS.map((name, i) => [name, numbers[i]]));
		},
	};
}

/** A new instance of the tools. The heap never shrinks: let go of it when the work is done. @param {Source} source */
export async function loadTools(source) {
	const {wasm, result, text, lend, check} = await load(source);

	return {
		/** @param {Window} window @returns {Uint8Array<ArrayBuffer>} a native stream of just the window */
		cut({stream, from, to}) {
			check(lend([stream], (at, len) => wasm.rv_cut(at, len, from, to)));
			return result();
		},

		/** @param {Window} window @returns {string} JSON: console_logs, network_logs, log_notes */
		logs({stream, from, to}) {
			check(lend([stream], (at, len) => wasm.rv_logs(at, len, from, to)));
			return text();
		},

		/** @param {Uint8Array} stream  native @returns {string} JSON: rrweb events */
		rrweb(stream) {
			check(lend([stream], wasm.rv_rrweb));
			return text();
		},

		/** What a replay of the stream fetches; nothing whose address holds a secret. @param {Uint8Array} stream  native @returns {string[]} absolute addresses without fragments */
		assets(stream) {
			check(lend([stream], wasm.rv_assets));
			return JSON.parse(text());
		},

		/** The same of a style sheet. @param {Uint8Array} css @param {string} base  its address @returns {string[]} */
		assetsSheet(css, base) {
			check(lend([css, utf8(base)], wasm.rv_assets_sheet));
			return JSON.parse(text());
		},

		/** The document at a stream's end, for a picture of it. @param {Uint8Array} stream  native @returns {import('./flat/tree.js').Told} */
		markup(stream) {
			check(lend([stream], wasm.rv_markup));
			return JSON.parse(text());
		},

		/**
		 * @param {Uint8Array | Uint8ClampedArray} pixels  RGBA @param {number} width @param {number} height
		 * @returns {Uint8Array<ArrayBuffer>}
		 */
		png(pixels, width, height) {
			if (pixels.length !== width * height * 4) throw new RangeError('The pixels do not fit the size.');
			check(lend([new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)], ptr => wasm.rv_png(ptr, width, height)));
			return result();
		},

		/** The document that a native stream shows at a time, hashed; for tests. @param {Uint8Array} stream @param {number} at @returns {number} */
		foldHash(stream, at) {
			check(lend([stream], (ptr, len) => wasm.rv_fold_hash(ptr, len, at)));
			return new DataView(result().buffer).getUint32(0, true);
		},
	};
}
