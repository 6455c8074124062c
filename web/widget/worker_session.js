/* Who is recorded: the visitor (a browser) and the session (a tab's visit, over page changes). A tab
 * holds a Web Lock on its session; while it is held nobody else records into that session. */

import {below} from './worker_db.js';

/** @typedef {import('./worker_db.js').Db} Db */

/** Sessions older than this are not taken up again. */
export const SESSION_MS = 30 * 60e3;
/** Sessions whose window is kept though no tab has them. */
export const KEEP = 5;

/** 128 random bits. */
export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => (byte + 256).toString(16).slice(1)).join('');

/** @param {unknown} id @returns {string | null} */
const asId = id => typeof id === 'string' && /^[\w-]{8,64}$/.test(id) ? id : null;

/**
 * Without Web Locks (insecure origins) there is nothing to hold: `locks` false.
 * @param {string} name
 * @param {number} [wait] ms
 * @returns {Promise<(() => void) | null>} the release, or null when it is held elsewhere
 */
const acquire = (name, wait = 0) => new Promise(resolve => {
	const abort = new AbortController();
	navigator.locks.request(name, wait ? {signal: abort.signal} : {ifAvailable: true},
		lock => lock ? new Promise(release => resolve(() => release(0))) : resolve(null)).catch(() => resolve(null));
	if (wait) setTimeout(() => abort.abort(), wait);
});

/**
 * @param {Db} db
 * @param {string} scope
 * @param {{session?: unknown, visitor?: unknown, isAgain?: boolean}} hints  isAgain: after a worker that died
 */
export async function startSession(db, scope, hints) {
	/* Present but refused in opaque origins. */
	const locks = await (async () => !!await navigator.locks.query())().catch(() => false);
	/** @type {(() => void) | null} */
	let release = null;
	let id = '';
	let visitor = asId(hints.visitor) || newId();
	/** @type {any[]} */
	let rows = [];

	/** @param {string} session @param {number} [wait] */
	const lock = (session, wait) => acquire(`rv-session:${scope}:${session}`, wait);

	const fresh = async () => {
		id = newId();
		release = locks ? await lock(id) : null;
	};

	/** Takes a session that was left in good order; for origins without locks. @param {string} session @param {boolean} own  the tab's: perhaps left is enough */
	const claim = async (session, own) => {
		let taken = false;
		await db.update(store => {
			const get = store.get(['session', session]);
			get.onsuccess = () => {
				if (get.result?.left > (own ? 0 : 1)) {
					taken = true;
					store.put({...get.result, left: 0}, ['session', session]);
				}
			};
		}).catch(() => {});
		return taken;
	};

	/** @param {string} session @param {boolean} likely @param {boolean} [own] */
	const take = async (session, likely, own = false) => {
		if (!locks) return claim(session, own);
		/* The page before this one may be on its way out: its lock ends with its worker. Browsers let one
		 * that hangs in a loop live on for two seconds. */
		return !!(release = await lock(session, likely ? hints.isAgain ? 5000 : 300 : 0));
	};

	await db.update(store => {
		const get = store.get(['kv', 'visitor']);
		get.onsuccess = () => {
			if (asId(get.result)) visitor = get.result;
			else store.put(visitor, ['kv', 'visitor']);
		};
		const all = store.getAll(below('session'));
		all.onsuccess = () => {
			rows = all.result;
		};
	}).catch(() => {});

	const young = rows.filter(row => Date.now() - row.at < SESSION_MS).sort((a, b) => b.at - a.at);
	const hint = asId(hints.session);
	const own = young.find(row => row.id === hint);
	if (own) {
		if (await take(own.id, true, true)) id = own.id;
	} else {
		for (const known of young.slice(0, KEEP)) {
			if (await take(known.id, known === young[0])) {
				id = known.id;
				break;
			}
		}
	}
	if (!id) await fresh();

	/** The privacy settings under which what is stored of the session was recorded. */
	let rules = rows.find(row => row.id === id)?.rules;
	/** The row to store whenever something of the session is. @param {number} [left]  1: perhaps about to be, 2: left */
	const row = (left = 0) => ({id, at: Date.now(), left, rules});
	const stay = () => db.write(store => store.put(row(), ['session', id])).catch(() => {});
	stay();

	return {
		visitor,
		locks,
		/** Null: it is held elsewhere. */
		lock,
		get id() {
			return id;
		},
		row,
		stay,
		/** Drops what was recorded under other privacy settings: it may tell more than these allow. @param {string} next */
		async obey(next) {
			const same = rules === next;
			rules = next;
			if (!same) await db.write(store => {
				store.delete(below('ring', id));
				store.put(row(), ['session', id]);
			}).catch(() => {});
		},
		/** The page is left, perhaps for good: a held lock would keep it out of the back/forward cache. */
		leave() {
			release?.();
			release = null;
		},
		/** The page came back: true when the session is still this tab's, else it has a new one. */
		async resume() {
			if (locks ? release || (release = await lock(id)) : await claim(id, true)) return true;
			await fresh();
			return false;
		},
		/** Ends the session, its rows are the caller's to delete. */
		async renew() {
			release?.();
			await fresh();
		},
	};
}
