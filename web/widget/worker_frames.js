/* Frames of another origin that record into this page's recording. Each sends batches through a port of
 * its own, with the messages of the page's own line; anything else it may say has no meaning here. A
 * batch that is no good ends that frame's part and nothing else. */
import * as rv from 'rv:records';
import {createFlush} from './worker_flush.js';

/**
 * @typedef {object} Frame
 * @property {MessagePort} port  given by the page, which has checked who holds the other end
 * @property {number} node  the frame's element
 * @property {number} flags @property {unknown} level  what is masked at least
 */

/** What a frame may send in so long before it is heard no more. */
const BYTES_MAX = 32 << 20;
const SPAN_MS = 10_000;

/**
 * @param {Awaited<ReturnType<typeof import('./worker_core.js').startCore>>} core
 * @param {(what: string) => void} note
 */
export function startFrames(core, note) {
	/** What to say to each that is still heard. @type {Set<(message: object) => void>} */
	const live = new Set();
	/** Those of them that are in use: of several ports a frame takes one. @type {Set<(message: object) => void>} */
	const used = new Set();
	const flush = createFlush();

	/** @param {Frame} frame */
	const add = ({port, node, flags, level}) => {
		const join = () => core.use(core => core.join(node, flags, level));
		let part = join();
		/** It was told to begin anew and has not yet. */
		let isDeaf = false;
		/** It said what must not be. */
		let isRefused = false;
		let spent = 0;
		let since = 0;

		/** @param {any} message @param {Transferable[]} [transfer] */
		const say = (message, transfer = []) => port.postMessage(message, transfer);
		const leave = () => {
			if (part && live.has(say)) core.use(core => core.leave(part));
			part = 0;
		};

		/** @param {number} n @param {string[]} strings */
		const isTooMuch = (n, strings) => {
			const now = Date.now();
			if (now - since > SPAN_MS) {
				since = now;
				spent = 0;
			}
			spent += n * 4;
			for (const string of strings) spent += string.length;
			return !(spent <= BYTES_MAX);
		};

		/** @param {Uint32Array} words @param {string[]} strings */
		const take = (words, strings) => {
			if (!Array.isArray(strings) || !strings.every(string => typeof string === 'string') || isTooMuch(words.length, strings)) return rv.RV_STATUS_BAD;
			const status = core.use(it => it.part(part, core.now(), words, strings));
			if (!status) core.told(say);
			return status;
		};

		/** @type {Record<string, (message: any) => void>} */
		const handlers = {
			batch({seq, buf, n, strings}) {
				if (!(buf instanceof ArrayBuffer)) return;
				if (live.has(say) && !isRefused) {
					if (seq === 1) {
						if (!isFirst) {
							leave();
							part = join();
						}
						isFirst = isDeaf = false;
					} else if (!part && !isDeaf && (part = join())) {
						/* Its document was gone for a while: for another in the frame, or into the back/forward cache. */
						isDeaf = true;
						return say({t: 'reject', seq, status: rv.RV_STATUS_NOT_FOUND, buf}, [buf]);
					}
					if (part && !isDeaf) {
						let status = rv.RV_STATUS_BAD;
						try {
							status = take(new Uint32Array(buf, 0, n), strings);
						} catch {}
						if (status) {
							leave();
							isRefused = status !== rv.RV_STATUS_NOT_FOUND;
							if (isRefused) note('frame');
						}
					}
				}
				say({t: 'ack', seq, buf}, [buf]);
			},
			flushed: ({id}) => flush.answered(id),
			ping() {
				if (!live.has(say)) return;
				used.add(say);
				say({t: 'pong'});
			},
			pagehide() {
				leave();
				used.delete(say);
			},
			stop() {
				leave();
				live.delete(say);
				used.delete(say);
				port.close();
			},
		};
		let isFirst = true;

		if (!part) return port.close();
		live.add(say);
		port.onmessage = ({data}) => {
			try {
				if (Object.hasOwn(handlers, data?.t)) handlers[data.t](data);
			} catch {} /* what cannot be read is not said */
		};
		say({t: 'joined'});
	};

	return {
		add,
		/** What they have seen so far is in the core afterwards. */
		flush: () => Promise.all([...used].map(flush.ask)),
		tick: () => used.forEach(say => say({t: 'tick'})),
		/** The page begins anew, or is paused: it asks them again. */
		drop() {
			live.clear();
			used.clear();
		},
	};
}
