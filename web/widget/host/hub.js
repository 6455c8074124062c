/* What the early part and the recorder share: the taken built-ins, the guard round every entry point,
 * and the log entries that are waiting for the recorder. */
import * as rv from 'rv:records';
import {createPatcher} from './patch.js';
import {hookDom} from './dom.js';
import {takeNatives} from './native.js';
import {addScript, scriptAddress} from './script.js';
import {plain} from '../api/identify.js';

/**
 * Log entries, with their time (performance.now()) first:
 *   [t, 'console', level, args, stack, count]   count goes up while the line is repeated, 0: written
 *   [t, 'error', kind, message, source, line, column, stack]
 * @typedef {[t: number, what: 'console' | 'error', ...any[]]} Entry
 *
 * What happened on the network: when (performance.now()), what, to which call, request or socket, and
 * what came with it.
 * @typedef {[t: number, what: string, object: any, a?: any, b?: any]} Note
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

/**
 * What comes later puts itself here.
 * @typedef {object} Later
 * @property {((args: any[], stringify: import('./stringify.js').Stringify) => string[] | null) | null} [table]  a table's rows as texts
 * @property {((note: Note) => void) | null} [onNote]
 * @property {((t: number, what: string, stringify: import('./stringify.js').Stringify, args: any[]) => void) | null} [onTimer]  a timer's or counter's
 * @property {(() => void) | null} [onFlush]  before everything is flushed
 * @property {() => void} [onScroll]  writes the scroll offsets that are known
 * @property {any} [network]  what of observe/network.js lives longer than an epoch
 * @property {any} [labels]  of observe/console.js
 * @property {number} [measured]  of observe/performance.js
 * @property {string} [url]  the page's address as the stream has it
 * @property {WeakSet<Node>} [ownNodes]  hosts `rearview-ui` of what the widget shows itself: neither they nor what is in them is recorded
 * @property {any} [shown]  the element that holds it (ui/host.js)
 */

/** @typedef {ReturnType<typeof createHub>} Hub */

const HELD = 500;
/** Entries a second before the rest is only counted. */
const RATE = 200;
/** What happened on the network is kept for what makes sense of it. */
const NOTES = 300;
const NOTES_MS = 30_000;

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
	let second = 0;
	let inSecond = 0;
	/** @type {Note[]} */
	let notes = [];

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
		/** What setContext() was given. @type {Record<string, any>} */
		contexts: {},
		/** Addresses that begin so are the product's own. */
		own: '',
		/**
		 * The same function, never throwing.
		 * @template {any[]} A
		 * @param {(...args: A) => any} f
		 * @returns {(...args: A) => any}
		 */
		guard: f => (...args) => attempt(() => f(...args)),
		/** The entry that came last. @type {Entry | null} */
		tail: null,
		/** Entries over the rate. */
		skipped: 0,
		/** Nothing from before is told: performance.now(). */
		since: 0,
		/** Over the rate, or nothing is to be kept: an entry would be for nothing. */
		isFull() {
			if (deaf) return true;
			const t = native.now();
			if (t - second > 1000) {
				second = t;
				inSecond = 0;
			}
			if (inSecond < RATE) return false;
			hub.skipped++;
			return true;
		},
		/** @param {string[]} texts */
		breadcrumb: texts => hub.log('console', rv.LEVEL_BREADCRUMB, texts, '', 1),
		/** @param {any[]} rest  an entry without its time */
		log: (...rest) => hub.logAt(native.now(), ...rest),
		/** @param {any[]} parts */
		logAt(...parts) {
			if (hub.isFull()) return;
			inSecond++;
			const entry = hub.tail = /** @type {Entry} */ (/** @type {unknown} */ (parts));
			if (sink) return sink(entry);
			held.push(entry);
			if (held.length > HELD) {
				held.shift();
				dropped++;
			}
		},
		/* Given by what comes later. */
		.../** @type {Later} */ ({}),
		/** @param {string} what @param {any} object @param {any} [a] @param {any} [b] */
		note(what, object, a, b) {
			if (deaf) return;
			const t = native.now();
			/** @type {Note} */
			const item = [t, what, object, a, b];
			if (hub.onNote) return void attempt(() => hub.onNote?.(item));
			notes.push(item);
			while (notes.length > NOTES || notes[0][0] < t - NOTES_MS) notes.shift();
		},
		/** What waited, oldest first. */
		notes: () => notes.splice(0),
		/** Hands over what waited, then everything else as it happens. @param {((entry: Entry) => void) | null} to */
		drain(to) {
			sink = to;
			const all = held;
			held = [];
			if (to) all.forEach(to);
		},
		/** Without consent nothing is kept. @param {boolean} on */
		mute(on) {
			if (deaf && !on) hub.since = hub.started = native.now();
			deaf = on;
			held = [];
			hub.tail = null;
			notes = [];
		},
		counters: () => ({errors, dropped}),
		plain,
		/** Runs one of our own files; answers what it hands over. @param {string} address @param {string | undefined} nonce */
		addScript: (address, nonce) => addScript(win, address, nonce),
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
