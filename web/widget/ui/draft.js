/* What was written so far: the texts in the tab's sessionStorage, its files in IndexedDB under the tab's
 * name for them. Both survive a reload; files older than a day go. */

const KEY = 'rearview.draft';
const DATABASE = 'rearview-drafts';
const DAY = 864e5;
const RECENT = 'rearview.sent';
const WINDOW_MS = 600_000;
const MOST = 5;

/** @typedef {import('./panel.js').Values} Fields */

/** @param {import('../host/hub.js').Hub} hub */
export function createDrafts({win, attempt}) {
	/** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest | void} use @returns {Promise<any>} */
	const files = (mode, use) => new Promise((done, failed) => {
		const opening = win.indexedDB.open(DATABASE, 1);
		opening.onupgradeneeded = () => opening.result.createObjectStore('files');
		opening.onerror = () => failed(opening.error);
		opening.onsuccess = () => {
			const db = opening.result;
			const work = db.transaction('files', mode);
			const request = use(work.objectStore('files'));
			work.oncomplete = () => {
				db.close();
				done(request?.result);
			};
			work.onabort = () => {
				db.close();
				failed(work.error);
			};
		};
	});
	/** @returns {any} */
	const read = () => attempt(() => JSON.parse(win.sessionStorage.getItem(KEY) ?? 'null')) ?? null;
	const recent = () => {
		const list = attempt(() => JSON.parse(win.localStorage.getItem(RECENT) ?? '[]'));
		const now = Date.now();
		return Array.isArray(list) ? list.filter(at => typeof at === 'number' && at > now - WINDOW_MS && at <= now) : [];
	};
	return {
		/** @returns {Promise<{fields: Partial<Fields>, files: import('./files.js').Attached[]} | null>} */
		async load() {
			const fields = read();
			if (!fields) return null;
			const row = fields.id ? await files('readonly', store => store.get(fields.id)).catch(() => null) : null;
			return {fields, files: row?.files ?? []};
		},
		/** @param {Fields} fields */
		save(fields) {
			attempt(() => win.sessionStorage.setItem(KEY, JSON.stringify({...fields, id: read()?.id ?? Math.random().toString(36).slice(2)})));
		},
		/** @param {import('./files.js').Attached[]} list */
		async saveFiles(list) {
			const id = read()?.id;
			if (!id) return;
			await files('readwrite', store => {
				const old = store.openCursor();
				old.onsuccess = () => {
					const at = old.result;
					if (!at) return;
					if (!(at.value.at > Date.now() - DAY)) at.delete();
					at.continue();
				};
				store.put({at: Date.now(), files: list}, id);
			}).catch(() => {});
		},
		async clear() {
			const id = read()?.id;
			attempt(() => win.sessionStorage.removeItem(KEY));
			if (id) await files('readwrite', store => void store.delete(id)).catch(() => {});
		},
		/** Minutes until another report may be sent, 0: now. */
		wait() {
			const list = recent();
			return list.length < MOST ? 0 : Math.max(1, Math.ceil((list[list.length - MOST] + WINDOW_MS - Date.now()) / 60_000));
		},
		sent() {
			attempt(() => win.localStorage.setItem(RECENT, JSON.stringify([...recent(), Date.now()])));
		},
	};
}
