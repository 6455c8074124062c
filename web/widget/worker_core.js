/* Drives the core: batches in, segments out to IndexedDB, and a new core when one breaks.
 *
 * The open segment is stored under the number it will be sealed with, so its row is overwritten until
 * the sealed one takes its place. The core does not compress: what is sealed is packed with the browser's own
 * compression before it is stored, when there is time for that. */
import * as rv from 'rv:records';
import {below} from './worker_db.js';

/**
 * @typedef {import('./worker_db.js').Db} Db
 * @typedef {import('./core.js').Core} Core
 * @typedef {Awaited<ReturnType<typeof import('./worker_session.js').startSession>>} Session
 */

const TAIL_MS = 500;
const REVIVALS = 5;
const KIND_AT = 4;
const SEQUENCE_AT = 20;
const CHECKPOINT = 2;
const HEAD = 52;
const BLOCK_HEAD = 5;

/** The wall clock of the epoch that an encoder's first batch begins. @param {Uint32Array} words @returns {number} ms, 0: none */
export function epochOf(words) {
	for (let at = rv.BATCH_HEADER_WORDS; at + 2 < words.length; at += words[at] >>> 8 || words.length) {
		if ((words[at] & 255) === rv.REC_EPOCH) return new Float64Array(words.slice(at + 1, at + 3).buffer)[0];
	}
	return 0;
}

/** The pieces that a segment holds uncompressed: blocks of deflate, stored. @param {Uint8Array<ArrayBuffer>} segment */
export function contentsOf(segment) {
	const pieces = [];
	for (let at = HEAD, len = 0; at + BLOCK_HEAD < segment.length; at += BLOCK_HEAD + len) {
		len = segment[at + 1] | segment[at + 2] << 8;
		pieces.push(segment.subarray(at + BLOCK_HEAD, at + BLOCK_HEAD + len));
	}
	return pieces;
}

/**
 * @typedef {{key: number, bytes: Uint8Array<ArrayBuffer>, isPacked?: boolean}} Row
 *
 * @param {object} env
 * @param {() => Promise<Core>} env.load  a new instance
 * @param {Record<string, unknown>} env.options
 * @param {Db} env.db
 * @param {Session} env.session
 * @param {(message: object, transfer?: Transferable[]) => void} env.send
 * @param {(what: string) => void} env.note
 * @param {(() => Promise<unknown>) | undefined} env.rest
 */
export async function startCore({load, options, db, session, send, note, rest}) {
	/** @type {Core | null} */
	let core = null;
	let revivals = 0;
	let wall = 0;
	/** Something was recorded since the tail was last written. */
	let dirty = false;
	/** A write failed: what is stored has a hole, so storing starts anew with the next checkpoint. */
	let broken = false;
	let saving = false;
	/** The encoder was told to start again and has not yet. */
	let deaf = false;
	/** @type {ReturnType<typeof setTimeout> | 0} */
	let timer = 0;
	/** Sealed segments on their way into the database. @type {Row[]} */
	let waiting = [];
	/** Of who stores them: the last one that asked. */
	let turn = 0;

	const boot = async () => {
		const next = await load();
		let error = next.start(options);
		if (error) {
			/* A setting that is not understood must not loosen what is masked. */
			note(`config: ${error}`);
			error = next.start({level: 'strict'});
			if (error) throw new Error(error);
		}
		const range = below('ring', session.id);
		const [keys, rows] = await db.read(store => [store.getAllKeys(range), store.getAll(range)]).catch(() => [[], []]);
		/** @type {IDBValidKey[]} */
		const bad = [];
		for (const [i, key] of keys.entries()) {
			await rest?.();
			if (next.loadSegment(rows[i])) bad.push(key);
		}
		if (bad.length) await db.write(store => bad.forEach(key => store.delete(key))).catch(() => {});
		next.restart();
		core = next;
	};

	const schedule = () => {
		timer ||= setTimeout(tick, TAIL_MS);
	};

	/** What is to be stored. @param {Core} core @param {number} left  not 0: the page is going, no time to seal */
	const collect = (core, left) => {
		if (!left) core.seal(Math.max(0, Date.now() - wall), false);
		/** @type {Row[]} */
		let rows = [];
		for (let entry = core.unsaved(); entry; entry = core.unsaved()) rows.push(entry);
		let oldest = core.oldest();
		if (broken) {
			waiting = [];
			const whole = rows.findIndex(({bytes}) => bytes[KIND_AT] === CHECKPOINT);
			if (whole < 0) return {rows: [], oldest, open: true};
			rows = rows.slice(whole);
			oldest = rows[0].key;
			broken = false;
		}
		const bytes = core.tail();
		const tail = bytes && (dirty || left) ? {key: new DataView(bytes.buffer).getUint32(SEQUENCE_AT, true), bytes} : null;
		dirty = false;
		return {rows, oldest, open: !!bytes, tail};
	};

	/** Compresses a segment, if the browser can. @param {Row} row */
	const pack = async row => {
		if (row.isPacked) return;
		try {
			const stream = new Blob(contentsOf(row.bytes)).stream().pipeThrough(new CompressionStream('deflate-raw'));
			const payload = new Uint8Array(await new Response(stream).arrayBuffer());
			const bytes = core?.pack(row.key, payload);
			if (bytes) Object.assign(row, {bytes, isPacked: true});
		} catch {} /* it is stored as it is */
	};

	/** Synchronous up to the commit when the page is left. @param {number} left @returns {Promise<boolean>} whether a segment is open */
	const save = async left => {
		const {rows: sealed, oldest, open, tail} = use(core => collect(core, left));
		const rows = waiting = waiting.concat(sealed);
		const mine = ++turn;
		if (!left) {
			for (const row of rows) await pack(row);
			if (mine !== turn) return open; /* another has stored them, or nobody is to */
		}
		waiting = [];
		if (tail) rows.push(tail);
		if (rows.length || left) {
			const {id} = session;
			await db.write(store => {
				for (const {key, bytes} of rows) store.put(bytes, ['ring', id, key]);
				store.delete(IDBKeyRange.bound(['ring', id], ['ring', id, oldest], false, true));
				store.put(session.row(left), ['session', id]);
			}).catch(error => {
				broken = true;
				note(error?.name === 'QuotaExceededError' ? 'storage_full' : 'storage');
			});
		}
		return open;
	};

	const tick = () => {
		timer = 0;
		if (saving) return schedule();
		saving = true;
		save(0).catch(() => false).then(open => {
			saving = false;
			if (core && (open || dirty)) schedule();
		});
	};

	/** What is on its way into the database does not get there. */
	const recall = () => {
		waiting = [];
		turn++;
	};

	/** @param {number} seq @param {number} status @param {ArrayBuffer} buf */
	const reject = (seq, status, buf) => {
		deaf = true;
		if (status === rv.RV_STATUS_LIMIT) note('page_too_large');
		send({t: 'reject', seq, status, buf}, [buf]);
	};

	/** A core that trapped is not touched again. */
	const revive = () => {
		core = null;
		deaf = true;
		if (++revivals > REVIVALS) return note('core');
		boot().then(() => send({t: 'reject', seq: 0, status: rv.RV_STATUS_MEMORY}), () => note('core'));
	};

	/**
	 * @template T
	 * @param {(core: Core) => T} call
	 * @returns {T}
	 */
	const use = call => {
		if (!core) throw new Error('The capture core is not available.');
		try {
			return call(core);
		} catch (error) {
			if (core && !(/** @type {any} */ (error)?.status)) revive();
			throw error;
		}
	};

	/** A batch was good: what it says to its sender. @param {(message: object) => void} send */
	const told = send => {
		dirty = true;
		schedule();
		const nodes = use(core => core.drift());
		if (nodes.length) send({t: 'drift', nodes});
	};

	await boot();

	return {
		use,
		/** @param {number} seq @param {ArrayBuffer} buf @param {number} n @param {string[]} strings */
		batch(seq, buf, n, strings) {
			if (seq === 1 && core) deaf = false;
			const words = new Uint32Array(buf, 0, n);
			let status = 0;
			if (!deaf) {
				if (seq === 1) wall = epochOf(words) || wall;
				try {
					status = use(core => core.batch(words, strings));
				} catch {
					if (core) status = rv.RV_STATUS_MEMORY;
				}
			}
			if (status) {
				core?.restart();
				reject(seq, status, buf);
				return;
			}
			send({t: 'ack', seq, buf}, [buf]);
			if (deaf) return;
			told(send);
		},
		told,
		/** Milliseconds of the page's epoch. */
		now: () => Math.max(0, Date.now() - wall),
		/** Stores what is new, now. @param {number} left  0: it stays, 1: it may be about to go, 2: it goes */
		save: left => save(left).catch(() => {}),
		/** All that was recorded until now is sealed and packed. */
		async settle() {
			use(core => core.seal(Math.max(0, Date.now() - wall), true));
			await save(0);
		},
		/** The window and what is stored of it end; `renew` makes the session another one. @param {() => Promise<unknown>} renew */
		async forget(renew) {
			const old = session.id;
			recall();
			await renew();
			use(core => core.forget());
			recall();
			await db.write(store => {
				store.delete(below('ring', old));
				store.delete(['session', old]);
			}).catch(() => {});
			dirty = true;
			schedule();
		},
		/** What is recorded from now on belongs to another session. */
		moved() {
			broken = true;
			recall();
		},
		stop() {
			clearTimeout(timer);
			timer = 0;
			core = null;
		},
	};
}
