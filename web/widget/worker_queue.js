/* Reports on their way: stored before they are sent, deleted after a 2xx. A tab that sends holds the
 * Web Lock `rv-queue`, so that others wait and then find the rows gone; idempotency keys cover the rest.
 *
 *   ['report', key] → Row   ['part', key, 'body'] → JSON text   ['part', key, n] → the bytes of part n
 */
import {below} from './worker_db.js';
import {sendReport} from './worker_send.js';
import {newId} from './worker_session.js';

/**
 * @typedef {import('./worker_db.js').Db} Db
 * @typedef {import('./worker_send.js').Row} Row
 * @typedef {import('./worker_send.js').Outcome} Outcome
 */

const MAX_REPORTS = 100;
const MAX_BYTES = 64 << 20;
const MAX_MS = 7 * 864e5;

/** A random wait whose bound doubles from 2 s to 60 s. @param {number} attempt from 0 @returns {number} ms, at least 1 s */
export const backoff = attempt => 1000 + Math.random() * (Math.min(60e3, 2000 * 2 ** attempt) - 1000);

/** Under a lock, where there are any. @param {string} name @param {() => Promise<number>} work @returns {Promise<number>} */
const alone = async (name, work) => {
	let has = false;
	try {
		return await navigator.locks.request(name, () => {
			has = true;
			return work();
		});
	} catch (error) {
		if (has) throw error;
		return work();
	}
};

/**
 * @param {Db} db
 * @param {string} scope
 * @param {{endpoint: string, projectKey: string}} options
 * @param {(name: string, detail: Record<string, unknown>) => void} event
 * @param {ReturnType<typeof import('./worker_recording.js').startRecordings>} recordings
 */
export function startQueue(db, scope, {endpoint, projectKey}, event, recordings) {
	/** Rows that storage did not take: they live as long as the page. @type {Map<string, {row: Row, parts: Record<string, any>}>} */
	const memory = new Map();
	/** Who waits for the first word on a report; null: it stays queued. @type {Map<string, (outcome: Outcome | null) => void>} */
	const waiting = new Map();
	let dropped = 0;
	let attempt = 0;
	let stopped = false;
	let pumping = false;
	let again = false;
	let notBefore = 0;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;

	/** What is not a row of this version stays where it is. @returns {Promise<Row[]>} oldest first */
	const list = async () => [
		...await db.read(store => store.getAll(below('report'))).catch(() => []),
		...Array.from(memory.values(), held => held.row),
	].filter(row => row?.key && row.parts).sort((a, b) => a.key < b.key ? -1 : 1);

	/** @param {Row} row */
	const remove = async ({key, parts}) => {
		for (const {recording} of parts) if (recording) await recordings.drop(recording);
		if (memory.delete(key)) return;
		await db.write(store => {
			store.delete(['report', key]);
			store.delete(below('part', key));
		}, true).catch(() => {});
	};

	/** @param {string} key @param {Outcome | null} outcome */
	const tell = (key, outcome) => {
		waiting.get(key)?.(outcome);
		waiting.delete(key);
	};

	/** Gives a report up. @param {Row} row @param {number} status @param {string} code @param {string} message */
	const lose = async (row, status, code, message) => {
		await remove(row);
		event('submiterror', {key: row.key, status, code, message});
		tell(row.key, {ok: false, retry: false, after: 0, status, code, message});
	};

	/** @param {Row} row @param {string} code */
	const drop = (row, code) => {
		dropped++;
		return lose(row, 0, code, 'The report was dropped from the queue before it could be sent.');
	};

	/** Makes room, oldest first. @param {number} bytes */
	const trim = async bytes => {
		const rows = await list();
		let sum = rows.reduce((all, row) => all + row.bytes, bytes);
		for (const [i, row] of rows.entries()) {
			if (rows.length - i < MAX_REPORTS && sum <= MAX_BYTES) break;
			sum -= row.bytes;
			await drop(row, 'queue_full');
		}
	};

	/** @param {Row} row @param {string | number} part */
	const load = async (row, part) => memory.get(row.key)?.parts[part]
		?? await db.read(store => store.get(['part', row.key, part]));

	/** @param {Row} row */
	const save = async row => memory.has(row.key) || await db.write(store => store.put(row, ['report', row.key]), true).catch(() => {});

	/** @param {number} ms how long the collector wants to be left alone */
	const hold = async ms => {
		if (!ms) return;
		notBefore = Date.now() + ms;
		await db.write(store => store.put(notBefore, ['kv', 'not_before'])).catch(() => {});
	};

	/** Sends what there is. @returns {Promise<number>} ms until the next try, 0: nothing is left */
	const round = async () => {
		let failed = false;
		notBefore = Math.max(notBefore, await db.read(store => store.get(['kv', 'not_before'])).catch(() => 0) || 0);
		for (const row of await list()) {
			const now = Date.now();
			if (stopped) return 0;
			/* A time further off than any that is obeyed comes from a clock that was set back. */
			if (now < notBefore && notBefore < now + 36e5) return notBefore - now;
			const body = now - row.at > MAX_MS ? null : await load(row, 'body');
			if (!body) {
				await drop(row, 'too_old');
				continue;
			}
			const outcome = await sendReport(`${endpoint}/v1/widget`, projectKey, row, JSON.parse(body), part => load(row, part), () => save(row),
				(url, part) => recordings.upload(url, part, JSON.parse(body).session_token, () => save(row), sent => event('progress', {key: row.key, sent, total: part.bytes, part: 'recording'})),
				(part, sent) => event('progress', {key: row.key, part, sent, total: row.bytes}));
			if (outcome.ok) {
				const {id, number, session_info_url} = outcome.value || {};
				attempt = 0;
				await remove(row);
				event('submit', {id, number, session_info_url, key: row.key});
				tell(row.key, outcome);
			} else if (outcome.retry) {
				failed = true;
				await hold(outcome.after);
				tell(row.key, null);
				/* Nobody there: so it is for every report. */
				if (!outcome.status) break;
			} else {
				await lose(row, outcome.status, outcome.code, outcome.message);
			}
		}
		return failed ? Math.max(notBefore - Date.now(), backoff(attempt++)) : 0;
	};

	const pump = async () => {
		again = true;
		if (pumping) return;
		pumping = true;
		clearTimeout(timer);
		let wait = 0;
		while (again && !wait && !stopped) {
			again = false;
			try {
				wait = await alone(`rv-queue:${scope}`, round);
			} catch {
				wait = backoff(attempt++);
			}
		}
		pumping = false;
		for (const key of [...waiting.keys()]) tell(key, null);
		if (wait && !stopped) timer = setTimeout(pump, wait);
	};

	const online = () => {
		attempt = 0;
		pump();
	};
	addEventListener('online', online);

	return {
		/**
		 * Stores a report and sends it as soon as possible.
		 * @param {Record<string, any>} body
		 * @param {{kind: string, mime: string, bytes: ArrayBuffer, name?: string}[]} files
		 * @param {(key: string) => void} [stored]  told its key before it is sent
		 * @param {Awaited<ReturnType<typeof recordings.part>>} [film]  a screen recording to go with it
		 * @returns {Promise<{queued: true} | {id: string, number: number, session_info_url: string}>} rejects when the collector will not have it
		 */
		async add(body, files, stored, film) {
			const text = JSON.stringify(body);
			const at = Date.now();
			/** @type {Row} */
			const row = {
				key: at.toString(36) + newId(),
				at,
				bytes: files.reduce((all, file) => all + file.bytes.byteLength, text.length + (film?.bytes ?? 0)),
				parts: [...files.map(({kind, mime, bytes, name}) => ({kind, mime, key: newId(), bytes: bytes.byteLength, ...name && {name}})), ...film ? [{...film, key: newId()}] : []],
			};
			const {key} = row;
			await trim(row.bytes);
			try {
				await db.write(store => {
					store.put(text, ['part', key, 'body']);
					files.forEach(({bytes}, i) => store.put(bytes, ['part', key, i]));
					store.put(row, ['report', key]);
					if (film) recordings.claim(store, film.recording);
				}, true);
			} catch {
				event('degrade', {what: 'queue_in_memory'});
				memory.set(key, {row, parts: {body: text, ...files.map(file => file.bytes)}});
			}
			/** @type {Promise<Outcome | null>} */
			const word = new Promise(resolve => waiting.set(key, resolve));
			pump();
			stored?.(key);
			const outcome = await word;
			if (!outcome) return {queued: true};
			if (!outcome.ok) throw new Error(outcome.message);
			return outcome.value;
		},
		pump,
		/** Somebody asked for another try: now, whatever the collector said about waiting. */
		async retry() {
			attempt = notBefore = 0;
			await db.write(store => store.delete(['kv', 'not_before'])).catch(() => {});
			await pump();
		},
		/** Whether a report waits to be sent. @param {string} key @returns {Promise<boolean>} */
		has: async key => memory.has(key) || !!await db.read(store => store.count(['report', key])).catch(() => 0),
		dropped: () => dropped,
		stop() {
			stopped = true;
			clearTimeout(timer);
			removeEventListener('online', online);
		},
	};
}
