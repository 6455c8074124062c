/* IndexedDB behind timeouts, one store whose keys are arrays that begin with what the row is.
 *
 *   ['kv', name]   ['session', id]   ['ring', session, sequence]   ['report', key]   ['part', key, n]
 *   ['assets', key]   ['recording', id]   ['record', id, n]
 *
 * A call that hangs leaves its database for one of a new name; storage that is missing or denied
 * rejects every call, and the callers go on in memory. */

/**
 * @typedef {(store: IDBObjectStore) => IDBRequest | IDBRequest[] | void} Body
 * @typedef {object} Db
 * @property {(body: Body) => Promise<any>} read
 *   the request's result, or an array of them, once the transaction is complete
 * @property {(body: Body, durable?: boolean) => Promise<any>} write
 *   synchronous up to its commit() while a connection is open: what a dying page's worker relies on
 * @property {(body: Body) => Promise<any>} update
 *   a write whose body goes on in the callbacks of its requests
 * @property {() => string[]} left  the names of databases that were left
 * @property {(ms?: number) => void} sleep
 *   nothing runs for so long, without a time until `wake`: what runs is aborted and done again then
 * @property {() => void} wake
 * @property {() => void} close
 */

const NAMES = 4;
const LATE = {};

/** All rows whose keys begin like this. @param {string[]} key */
export const below = (...key) => IDBKeyRange.bound(key, [...key, []]);

/**
 * `work`, or a rejection with LATE after `ms` in which this thread was awake: timers that a frozen or
 * sleeping page could not run do not count.
 * @template T
 * @param {Promise<T>} work
 * @param {number} ms
 * @returns {Promise<T>}
 */
export const within = (work, ms) => new Promise((resolve, reject) => {
	let left = 8;
	const timer = setInterval(() => --left || reject(LATE), ms / 8);
	work.then(resolve, reject).finally(() => clearInterval(timer));
});

/** @param {string} name @returns {Promise<IDBDatabase>} */
export const openOne = name => new Promise((resolve, reject) => {
	const request = indexedDB.open(name, 1);
	request.onupgradeneeded = () => request.result.createObjectStore('rows');
	request.onsuccess = () => resolve(request.result);
	request.onerror = () => reject(request.error);
});

/** What runs now. @type {Set<IDBTransaction>} */
const running = new Set();

/**
 * @param {IDBDatabase} db
 * @param {IDBTransactionMode} mode
 * @param {Body} body
 * @param {boolean} commit
 * @param {boolean} durable
 * @returns {Promise<any>}
 */
const begin = (db, mode, body, commit, durable) => new Promise((resolve, reject) => {
	const tx = db.transaction('rows', mode, durable ? {durability: 'strict'} : undefined);
	const result = body(tx.objectStore('rows'));
	running.add(tx);
	tx.oncomplete = () => {
		running.delete(tx);
		resolve(Array.isArray(result) ? result.map(request => request.result) : result?.result);
	};
	tx.onabort = () => {
		running.delete(tx);
		reject(tx.error);
	};
	if (commit) tx.commit?.();
});

/** @param {IDBDatabase} db @param {IDBKeyRange} range @returns {Promise<[keys: IDBValidKey[], rows: any[]]>} */
export const readAll = (db, range) => begin(db, 'readonly', store => [store.getAllKeys(range), store.getAll(range)], false, false);

/**
 * @param {string} base
 * @param {(what: string) => void} note  told when storage is denied, and of each database left behind
 * @param {number} [ms]  how long a call may take
 * @returns {Db}
 */
export function openDb(base, note, ms = 4000) {
	/** @type {Promise<IDBDatabase> | null} */
	let opening = null;
	/** @type {IDBDatabase | null} */
	let open = null;
	let at = -1;
	let closed = false;
	/** While nothing may run. @type {Promise<void> | null} */
	let asleep = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;
	let wake = () => {};
	/** @param {number} n */
	const name = n => n ? `${base}.${n}` : base;

	const forget = () => {
		open = opening = null;
	};

	const connect = async () => {
		if (at < 0) {
			at = 0;
			const known = await within((async () => indexedDB.databases())(), ms / 4).catch(() => []);
			for (let n = 1; n < NAMES; n++) if (known.some(db => db.name === name(n))) at = n;
		}
		for (const first = at; at < NAMES; at++) {
			try {
				const late = openOne(name(at));
				/* The next one's turn is shorter: a browser whose databases all hang must not keep recording waiting. */
				const db = await within(late, at > first ? ms / 4 : ms).catch(error => {
					late.then(db => db.close(), () => {});
					throw error;
				});
				db.onversionchange = () => {
					db.close();
					forget();
				};
				db.onclose = forget;
				return open = db;
			} catch (error) {
				/* One of a newer widget's is left alone as well. */
				if (error !== LATE && /** @type {any} */ (error)?.name !== 'VersionError') throw error;
				note('storage_hung');
			}
		}
		throw LATE;
	};

	/** @returns {Promise<IDBDatabase>} */
	const ready = () => opening ||= connect().catch(error => {
		closed = true;
		note('storage');
		throw error;
	});

	/** @param {IDBTransactionMode} mode @param {Body} body @param {boolean} [commit] @param {boolean} [durable] @returns {Promise<any>} */
	const run = async (mode, body, commit = false, durable = false) => {
		for (let again = 1; ;) {
			if (closed) throw LATE;
			if (asleep) await asleep;
			const db = open || await ready();
			if (asleep) continue;
			try {
				return await within(begin(db, mode, body, commit, durable), ms);
			} catch (error) {
				if (asleep) continue;
				if (error === LATE) {
					if (open === db) {
						db.close();
						forget();
						at++;
						note('storage_hung');
					}
				} else if (again-- > 0 && /** @type {any} */ (error)?.name === 'InvalidStateError') {
					forget(); /* the engine closed the connection; one more try on a new one */
					continue;
				}
				throw error;
			}
		}
	};

	return {
		read: body => run('readonly', body),
		write: (body, durable) => run('readwrite', body, true, durable),
		update: body => run('readwrite', body),
		left: () => Array.from({length: Math.max(0, at)}, (_, n) => name(n)),
		sleep(ms) {
			clearTimeout(timer);
			asleep ||= new Promise(done => {
				wake = () => {
					asleep = null;
					done();
				};
			});
			timer = ms ? setTimeout(wake, ms) : undefined;
			for (const tx of running) {
				try {
					tx.abort();
				} catch {} /* over already */
			}
			open?.close();
			forget();
		},
		wake() {
			clearTimeout(timer);
			wake();
		},
		close() {
			closed = true;
			open?.close();
		},
	};
}
