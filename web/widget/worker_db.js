/* IndexedDB behind timeouts. A call that hangs leaves its database for one of a new name; storage
 * that is missing or denied rejects every call, and the callers go on in memory. */

/**
 * @typedef {(name: string) => IDBObjectStore} Stores
 * @typedef {IDBRequest | IDBRequest[] | void} Requests
 * @typedef {object} Db
 * @property {(names: string[], body: (stores: Stores) => Requests) => Promise<any>} read
 *   the request's result, or an array of them, once the transaction is complete
 * @property {(names: string[], body: (stores: Stores) => Requests, durable?: boolean) => Promise<any>} write
 *   synchronous up to its commit() while a connection is open: what a dying page's worker relies on
 * @property {(names: string[], body: (stores: Stores) => Requests) => Promise<any>} update
 *   a write whose body goes on in the callbacks of its requests
 * @property {() => Promise<void>} rescue  moves the reports of abandoned databases into this one
 * @property {() => void} close
 */

const STORES = ['kv', 'sessions', 'ring', 'reports', 'parts'];
const NAMES = 4;
const LATE = {};

/**
 * `work`, or a rejection with LATE after `ms` in which this thread was awake: timers that a frozen or
 * sleeping page could not run do not count.
 * @template T
 * @param {Promise<T>} work
 * @param {number} ms
 * @returns {Promise<T>}
 */
const within = (work, ms) => new Promise((resolve, reject) => {
	let left = 8;
	const timer = setInterval(() => --left || reject(LATE), ms / 8);
	work.then(resolve, reject).finally(() => clearInterval(timer));
});

/** @param {string} name @returns {Promise<IDBDatabase>} */
const openOne = name => new Promise((resolve, reject) => {
	const request = indexedDB.open(name, 1);
	request.onupgradeneeded = () => {
		for (const store of STORES) request.result.createObjectStore(store);
	};
	request.onsuccess = () => resolve(request.result);
	request.onerror = () => reject(request.error);
});

/**
 * @param {string} base
 * @param {(what: string) => void} note  told once when storage is denied, and of each database left behind
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
	/** @param {number} n */
	const name = n => n ? `${base}.${n}` : base;

	const forget = () => {
		open = opening = null;
	};

	const abandon = () => {
		try {
			open?.close();
		} catch {}
		forget();
		at++;
		note('storage_hung');
	};

	const connect = async () => {
		if (at < 0) {
			at = 0;
			const known = await within((async () => indexedDB.databases())(), ms / 4).catch(() => []);
			for (let n = 1; n < NAMES; n++) if (known.some(db => db.name === name(n))) at = n;
		}
		for (; at < NAMES; at++) {
			try {
				const late = openOne(name(at));
				const db = await within(late, ms).catch(error => {
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
				if (error !== LATE) throw error;
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

	/**
	 * @param {IDBDatabase} db
	 * @param {IDBTransactionMode} mode
	 * @param {string[]} names
	 * @param {(stores: Stores) => Requests} body
	 * @param {boolean} commit
	 * @param {boolean} durable
	 */
	const begin = (db, mode, names, body, commit, durable) => new Promise((resolve, reject) => {
		const tx = db.transaction(names, mode, durable ? {durability: 'strict'} : undefined);
		const result = body(store => tx.objectStore(store));
		tx.oncomplete = () => resolve(Array.isArray(result) ? result.map(request => request.result) : result?.result);
		tx.onabort = () => reject(tx.error);
		if (commit) tx.commit?.();
	});

	/**
	 * @param {IDBTransactionMode} mode
	 * @param {string[]} names
	 * @param {(stores: Stores) => Requests} body
	 * @param {boolean} commit
	 * @param {boolean} [durable]
	 */
	const run = async (mode, names, body, commit, durable = false) => {
		for (let again = 1; ; again--) {
			if (closed) throw LATE;
			const db = open || await ready();
			try {
				return await within(begin(db, mode, names, body, commit, durable), ms);
			} catch (error) {
				if (error === LATE) {
					if (open === db) abandon();
				} else if (again && /** @type {any} */ (error)?.name === 'InvalidStateError') {
					forget(); /* the engine closed the connection; one more try on a new one */
					continue;
				}
				throw error;
			}
		}
	};

	return {
		read: (names, body) => run('readonly', names, body, false),
		write: (names, body, durable) => run('readwrite', names, body, true, durable),
		update: (names, body) => run('readwrite', names, body, false),
		rescue: async () => {
			for (let n = 0; n < at; n++) {
				const old = await within(openOne(name(n)), ms).catch(() => null);
				if (!old) continue;
				const all = ['reports', 'parts'];
				const found = await within(begin(old, 'readonly', all, stores => all.flatMap(store => [stores(store).getAllKeys(), stores(store).getAll()]), false, false), ms).catch(() => null);
				old.close();
				if (!found) continue;
				await run('readwrite', all, stores => {
					all.forEach((store, i) => found[2 * i].forEach((/** @type {IDBValidKey} */ key, /** @type {number} */ j) => stores(store).put(found[2 * i + 1][j], key)));
				}, true, true);
				indexedDB.deleteDatabase(name(n));
			}
		},
		close: () => {
			closed = true;
			open?.close();
		},
	};
}
