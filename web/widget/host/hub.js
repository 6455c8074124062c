/* What the early part and the recorder share: the taken built-ins, the guard round every entry point,
 * and the log entries that are waiting for the recorder. */
import {createPatcher} from './patch.js';
import {hookDom} from './dom.js';
import {takeNatives} from './native.js';
import {addScript, scriptAddress} from './script.js';
import {plain} from '../api/identify.js';

/**
 * Log entries, with their time (performance.now()) first:
 *   [t, 'console', level, args, stack] · [t, 'error', kind, message, source, line, column, stack] ·
 *   [t, 'network', kind, request, method, url, status, start, duration, request_bytes, response_bytes, type, error]
 * @typedef {[t: number, what: 'console' | 'error' | 'network', ...any[]]} Entry
 *
 * What the hooks on the document tell the recorder.
 * @typedef {object} DomSink
 * @property {(host: Element) => void} shadow  a shadow root was attached
 * @property {(sheet: CSSStyleSheet, index: number, text: string | null, parent?: CSSRule) => void} rule  inserted, or deleted when text is null
 * @property {(rule: CSSRule) => void} inside  something of that rule changed
 * @property {(rule: CSSRule) => void} held  the page has got hold of what is inside that rule
 * @property {(sheet: CSSStyleSheet) => void} state  disabled or media may be others
 * @property {(sheet: CSSStyleSheet) => void} sheet  its rules became others altogether
 * @property {(root: Document | ShadowRoot) => void} adopted
 */

/** @typedef {ReturnType<typeof createHub>} Hub */

const HELD = 500;

/** @param {Window & typeof globalThis} win */
export function createHub(win) {
	const native = takeNatives(win);
	let errors = 0;
	let dropped = 0;
	/** @type {Entry[]} */
	let held = [];
	/** @type {((entry: Entry) => void) | null} */
	let sink = null;
	let deaf = false;

	const failed = () => {
		errors++;
	};

	/**
	 * Runs f; what it throws is counted and goes no further.
	 * @template T
	 * @param {() => T} f
	 * @returns {T | undefined}
	 */
	const attempt = f => {
		try {
			return f();
		} catch {
			failed();
		}
	};

	const hub = {
		win, native, attempt, failed,
		/** The wall clock of performance.now() zero. */
		origin: native.date() - native.now(),
		started: native.now(),
		newPatcher: () => createPatcher(native, failed),
		patcher: createPatcher(native, failed),
		/** @type {DomSink | null} */
		dom: null,
		/** Sheets whose rules a script changed, with the texts it gave that a rule does not give back whole. @type {WeakMap<CSSStyleSheet, string>} */
		touched: new WeakMap(),
		/** What fonts made by scripts are made of. @type {WeakMap<FontFace, any>} */
		fontSources: new WeakMap(),
		/** What knows the shadow root of a host that may hide it. @type {WeakMap<Element, {shadowRoot: ShadowRoot | null}>} */
		closed: new WeakMap(),
		/** Addresses that begin so are the product's own. */
		own: '',
		/**
		 * The same function, never throwing.
		 * @template {any[]} A
		 * @param {(...args: A) => any} f
		 * @returns {(...args: A) => any}
		 */
		guard: f => (...args) => attempt(() => f(...args)),
		/** @param {any[]} rest  an entry without its time */
		log(...rest) {
			if (deaf) return;
			const entry = /** @type {Entry} */ (/** @type {unknown} */ ([native.now(), ...rest]));
			if (sink) return sink(entry);
			held.push(entry);
			if (held.length > HELD) {
				held.shift();
				dropped++;
			}
		},
		/** Hands over what waited, then everything else as it happens. @param {((entry: Entry) => void) | null} to */
		drain(to) {
			sink = to;
			const all = held;
			held = [];
			if (to) all.forEach(to);
		},
		/** Without consent nothing is kept. @param {boolean} on */
		mute(on) {
			deaf = on;
			if (on) held = [];
		},
		counters: () => ({errors, dropped}),
		plain,
		/** Runs one of our own files. @param {string} address @param {string | undefined} nonce @param {object} given properties of the script element, for the file to find */
		addScript: (address, nonce, given) => addScript(win, address, nonce, given),
		/** Hooks a frame's functions; the answer gives them back. @param {any} frame its window */
		hookFrame(frame) {
			const patcher = hub.newPatcher();
			hookDom(hub, frame, patcher);
			return patcher.restore;
		},
		scriptAddress: (/** @type {string} */ address) => scriptAddress(win, address),
	};
	return hub;
}
