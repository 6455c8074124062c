/* Batches: 32-bit words in transferred buffers and the strings the core has not seen. Layout: batch.h.
 *
 *   if (!enc.open(words)) …               no buffer free: come again when onRoom is called
 *   enc.put(rv.REC_SCROLL, 3, id, x, y);  one record
 *   enc.post();
 *
 * `open` guarantees room for one record of that many words, tick included. At most four buffers are on
 * their way at a time. */
import * as rv from 'rv:records';
import {BATCH_CHARS, BATCH_WORDS, IN_FLIGHT, LARGE_CHARS, LARGE_WORDS, STRING_MAX} from './limits.js';

/** @typedef {ReturnType<typeof createEncoder>} Encoder */

/** A record that is larger is not written. */
export const RECORD_WORDS = BATCH_WORDS - rv.BATCH_HEADER_WORDS - 8;

/**
 * @param {(message: any, transfer: Transferable[]) => void} send
 * @param {() => void} onRoom  a buffer came back
 */
export function createEncoder(send, onRoom) {
	/** @type {ArrayBuffer[]} */
	let pool = [];
	let flying = 0;
	let seq = 0;
	/** @type {Map<string, number>} */
	let interned = new Map();
	let clear = 0;
	/** @type {Uint32Array} */
	let words = new Uint32Array(0);
	/** Next free word; 0: no buffer. */
	let at = 0;
	/** @type {string[]} */
	let fresh = [];
	/** @type {string[]} */
	let inline = [];
	let firstIntern = 1;
	let chars = 0;
	let time = 0;
	let written = -1;
	let start = 0;
	let bytes = 0;

	const begin = () => {
		if (flying >= IN_FLIGHT) return false;
		words = new Uint32Array(pool.pop() ?? new ArrayBuffer(BATCH_WORDS * 4));
		if (interned.size >= rv.INTERN_MAX) {
			interned = new Map();
			clear = rv.BATCH_INTERN_CLEAR;
		}
		at = rv.BATCH_HEADER_WORDS;
		firstIntern = interned.size + 1;
		fresh = [];
		inline = [];
		chars = 0;
		written = -1;
		return true;
	};

	const post = () => {
		if (at <= rv.BATCH_HEADER_WORDS) return;
		const n = at;
		words.set([rv.BATCH_MAGIC, rv.ABI_HASH, ++seq, clear, firstIntern, fresh.length, inline.length, n]);
		const buf = /** @type {ArrayBuffer} */ (words.buffer);
		bytes += n * 4 + chars;
		clear = 0;
		at = 0;
		flying++;
		send({t: 'batch', seq, buf, n, strings: fresh.concat(inline), interned: fresh.length}, [buf]);
	};

	/** @param {string} s @returns {number} a reference to a string that travels with this batch */
	const long = s => {
		const text = s.length > STRING_MAX ? s.slice(0, STRING_MAX) : s;
		chars += text.length;
		return (rv.STRING_INLINE | (inline.push(text) - 1)) >>> 0;
	};

	const tick = () => {
		if (written === time) return;
		words[at++] = rv.REC_TICK | 2 << 8;
		words[at++] = time;
		written = time;
	};

	return {
		/** The time of the records that follow; an earlier one than the last counts as that. @param {number} t */
		stamp(t) {
			if (t > time) time = t;
		},
		/** @param {number} need words of the next record, header included @returns {boolean} false: not now */
		open(need) {
			if (at && (at + need + 2 > BATCH_WORDS || chars > BATCH_CHARS)) post();
			return at !== 0 || begin();
		},
		/** Text, always inline. @param {string | null} s */
		text: s => s === null ? 0 : long(s),
		/** A name or value: interned when short. @param {string | null} s @returns {number} */
		name(s) {
			if (s === null) return 0;
			const known = interned.get(s);
			if (known !== undefined) return known;
			if (s.length > rv.INTERN_MAX_LENGTH || interned.size >= rv.INTERN_MAX) return long(s);
			const id = interned.size + 1;
			interned.set(s, id);
			fresh.push(s);
			return id;
		},
		/** A record of up to eight fixed words. @param {number} type @param {number} count */
		put(type, count, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0) {
			tick();
			words[at] = type | (count + 1) << 8;
			words[at + 1] = a;
			words[at + 2] = b;
			words[at + 3] = c;
			words[at + 4] = d;
			words[at + 5] = e;
			words[at + 6] = f;
			words[at + 7] = g;
			words[at + 8] = h;
			at += count + 1;
		},
		/** A record word by word: begin, word…, end. @param {number} type */
		begin(type) {
			tick();
			start = at;
			words[at++] = type;
		},
		/** @param {number} value */
		word(value) {
			words[at++] = value;
		},
		/** Two words. @param {number} value */
		double: value => new Uint32Array(new Float64Array([value]).buffer),
		end() {
			words[start] |= (at - start) << 8;
		},
		/** A record of any number of words. @param {number} type @param {number[]} list */
		list(type, list) {
			tick();
			words[at] = type | (list.length + 1) << 8;
			words.set(list, at + 1);
			at += list.length + 1;
		},
		post,
		/** Words and characters sent so far, as bytes. */
		bytes: () => bytes,
		/** Whether what waits is worth sending. */
		isLarge: () => at > LARGE_WORDS || chars > LARGE_CHARS,
		/** The core answered a batch. @param {ArrayBuffer | undefined} buf */
		returned(buf) {
			flying = Math.max(0, flying - 1);
			if (buf && buf.byteLength === BATCH_WORDS * 4 && pool.length < IN_FLIGHT) pool.push(buf);
			onRoom();
		},
		flying: () => flying,
		/** A new encoder: numbers and strings start anew. */
		reset() {
			seq = 0;
			flying = 0;
			clear = 0;
			at = 0;
			time = 0;
			interned = new Map();
			pool = [];
		},
	};
}
