/* Screen recordings: kept piece by piece as they come, so that a page that ends leaves all but the last
 * second, and sent in parts that go on where the collector says it stands.
 *
 *   ['recording', id] → Recording   ['record', id, n] → the bytes of piece n
 *
 * Whoever records holds the Web Lock `rv-recording:…`; what nobody holds was cut off and is the next
 * page's to send, if the user had agreed to that, or to delete. */
import {below} from './worker_db.js';
import {post} from './worker_send.js';

/**
 * @typedef {object} Recording
 * @property {string} id
 * @property {number} at  of the last piece
 * @property {string} mime
 * @property {number[]} sizes  of the pieces
 * @property {Record<string, any> | null} draft  the report to send when it is cut off; null: it is not to be sent
 * @property {boolean} [queued]  a report in the queue has it
 *
 * @typedef {import('./worker_send.js').Outcome} Outcome
 */

const MAX_BYTES = 60 << 20;
const PART_BYTES = 1 << 20;
const MAX_MS = 8 * 864e5;
/** Where there are no locks: a recording without a new piece for so long has ended. */
const QUIET_MS = 10e3;

/** @param {number[]} sizes */
const sum = sizes => sizes.reduce((all, size) => all + size, 0);

/** @param {import('./worker_db.js').Db} db @param {string} scope */
export function startRecordings(db, scope) {
	/** Those of this page. @type {Map<string, {recording: Recording, release: () => void}>} */
	const mine = new Map();
	/** Pieces that storage did not take. @type {Map<string, Map<number, ArrayBuffer>>} */
	const memory = new Map();

	/** Holds the recording until it is released. @param {string} id @returns {Promise<(() => void) | null>} null: another page has it */
	const hold = id => new Promise(resolve => {
		const {locks} = navigator;
		if (!locks) return resolve(() => {});
		locks.request(`rv-recording:${scope}:${id}`, {ifAvailable: true}, lock => lock ? new Promise(done => resolve(() => done(undefined))) : resolve(null)).catch(() => resolve(() => {}));
	});

	/** @param {string} id @returns {Promise<Recording | undefined>} */
	const find = async id => mine.get(id)?.recording ?? await db.read(store => store.get(['recording', id])).catch(() => undefined);

	/** @param {string} id */
	const drop = async id => {
		mine.get(id)?.release();
		mine.delete(id);
		memory.delete(id);
		await db.write(store => {
			store.delete(['recording', id]);
			store.delete(below('record', id));
		}).catch(() => {});
	};

	/** @param {Recording} recording @param {number} from @param {number} to @returns {Promise<ArrayBuffer[] | null>} null: some of it is gone */
	const read = async ({id, sizes}, from, to) => {
		/** @type {{n: number, at: number}[]} */
		const wanted = [];
		for (let n = 0, at = 0; n < sizes.length && at < to; at += sizes[n++]) if (at + sizes[n] > from) wanted.push({n, at});
		const held = memory.get(id);
		const rows = await db.read(store => wanted.map(({n}) => store.get(['record', id, n]))).catch(() => []);
		const pieces = wanted.map(({n, at}, i) => (held?.get(n) ?? rows[i])?.slice(Math.max(0, from - at), to - at));
		return pieces.every(piece => piece instanceof ArrayBuffer) ? pieces : null;
	};

	return {
		drop,
		/** What the page asks. @param {any} message @returns {Promise<{bytes: number, isOver: boolean}>} isOver: there is no room for more */
		async told({op, recording: id, mime, draft, bytes}) {
			if (op === 'begin') {
				const release = await hold(id);
				/** @type {Recording} */
				const recording = {id, at: Date.now(), mime, sizes: [], draft};
				mine.set(id, {recording, release: release ?? (() => {})});
				await db.write(store => store.put(recording, ['recording', id])).catch(() => {});
			} else if (op === 'drop') {
				await drop(id);
			}
			const recording = mine.get(id)?.recording;
			const all = recording ? sum(recording.sizes) : 0;
			if (op !== 'piece' || !recording) return {bytes: all, isOver: !recording};
			if (all + bytes.byteLength > MAX_BYTES) return {bytes: all, isOver: true};
			const n = recording.sizes.push(bytes.byteLength) - 1;
			recording.at = Date.now();
			try {
				await db.write(store => {
					store.put(bytes, ['record', id, n]);
					store.put(recording, ['recording', id]);
				});
			} catch {
				memory.set(id, (memory.get(id) ?? new Map()).set(n, bytes));
			}
			return {bytes: all + bytes.byteLength, isOver: false};
		},
		/** As a part of a report. @param {string} id @returns {Promise<{kind: string, mime: string, bytes: number, recording: string} | null>} */
		async part(id) {
			const recording = await find(id);
			const bytes = recording ? sum(recording.sizes) : 0;
			return recording && bytes ? {kind: 'recording', mime: recording.mime.split(';')[0], bytes, recording: id} : null;
		},
		/** In the transaction that stores the report: it is the report's from now on. @param {IDBObjectStore} store @param {string} id */
		claim(store, id) {
			const held = mine.get(id);
			if (held) store.put(held.recording = {...held.recording, queued: true}, ['recording', id]);
		},
		/**
		 * Those that were cut off, to be reported; what must not be sent is deleted.
		 * @param {(report: Record<string, any>) => Promise<unknown>} report
		 */
		async finish(report) {
			for (const recording of await db.read(store => store.getAll(below('recording'))).catch(() => [])) {
				const {id, at, sizes, draft, queued} = recording;
				const now = Date.now();
				if (mine.has(id) || (queued && now - at < MAX_MS)) continue;
				const release = await hold(id);
				if (!release || (!navigator.locks && now - at < QUIET_MS)) continue;
				if (queued || !draft || !sizes?.length || now - at > MAX_MS) {
					release();
					await drop(id);
					continue;
				}
				mine.set(id, {recording, release});
				await report({...draft, recording: id, notes: [...draft.notes ?? [], 'recording_cut']}).catch(() => {});
			}
		},
		/**
		 * Sends what the collector does not have yet.
		 * @param {string} url  of uploads
		 * @param {import('./worker_send.js').Part} part
		 * @param {string} token  the report's session token
		 * @param {() => Promise<unknown>} save  that it was begun
		 * @param {(sent: number) => void} progress
		 * @returns {Promise<Outcome>}
		 */
		async upload(url, part, token, save, progress) {
			const recording = await find(part.recording ?? '');
			const total = part.bytes;
			let at = 0;
			if (part.begun) {
				const outcome = await post(url, part.key, null, 0, `bytes */${total}`);
				if (!outcome.ok || outcome.value?.attachment_id) return outcome;
				at = outcome.value?.received || 0;
			}
			part.begun = true;
			await save();
			for (;;) {
				progress(at);
				const to = Math.min(total, at + PART_BYTES);
				const pieces = recording && await read(recording, at, to);
				if (!pieces) return {ok: false, retry: false, after: 0, status: 0, code: 'recording_lost', message: 'The recording is no longer there.'};
				const form = new FormData();
				form.set('kind', 'recording');
				form.set('session_token', token);
				form.set('file', new Blob(pieces, {type: part.mime}), 'recording');
				const outcome = await post(url, part.key, form, to - at, `bytes ${at}-${to - 1}/${total}`);
				if (!outcome.ok || outcome.value?.attachment_id) return outcome;
				const next = outcome.value?.received;
				if (!(next > at)) return {ok: false, retry: true, after: 0, status: 308, code: 'no_progress', message: 'The collector did not take the part.'};
				at = next;
			}
		},
	};
}
