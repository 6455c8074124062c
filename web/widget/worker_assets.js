/* Pictures, style sheets and fonts that a report's recording refers to, brought to the collector after
 * the report itself: listed from the recording, fetched from the browser's cache, hashed, and uploaded
 * where the collector does not have them yet. A file of its own, loaded with the first report.
 *
 *   ['assets', key of the report] → {key, at, tries, urls}
 *
 * Nothing here runs on the page's thread, and one reason to stop is enough: what is not captured is
 * shown as a placeholder. */
import {below} from './worker_db.js';
import {readBounded} from './worker_read.js';
import {post} from './worker_send.js';
import {backoff} from './worker_queue.js';

/**
 * @typedef {{key: string, at: number, tries: number, urls: string[]}} Row
 * @typedef {{url: string, sha256: string, bytes: ArrayBuffer, type: string}} Asset
 * @typedef {Awaited<ReturnType<typeof import('./core.js').loadTools>>} Tools
 */

const MAX_ASSETS = 500;
const MAX_BYTES = 2 << 20;
const MAX_REPORT_BYTES = 20 << 20;
const MAX_MS = 7 * 864e5;
const MAX_TRIES = 8;
const FETCH_MS = 10e3;
const ALL_MS = 60e3;
const PARALLEL = 4;
/** Refusals of another origin after which it is left alone: each may show in the page's console. */
const REFUSALS = 2;

const FIRST = /\.(?:css|woff2?|ttf|otf)(?:\?|$)/i;
const TYPES = /^(?:$|image\/|font\/|text\/css|application\/(?:x-)?font|application\/octet-stream)/;
const TEXT_FREE = /font|^text\/css/;

/** @param {ArrayBuffer} bytes */
const sha256 = async bytes => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), byte => byte.toString(16).padStart(2, '0')).join('');

/**
 * @param {string} url
 * @param {number} room  bytes
 * @returns {Promise<{bytes: ArrayBuffer, type: string}>}
 */
async function load(url, room) {
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), FETCH_MS);
	try {
		const response = await fetch(url, /** @type {RequestInit} */ ({cache: 'force-cache', credentials: 'same-origin', priority: 'low', signal: abort.signal}));
		const type = (response.headers.get('Content-Type') || '').toLowerCase();
		if (!response.ok || !response.body || !TYPES.test(type)) return {bytes: new ArrayBuffer(0), type};
		const body = await readBounded(response, room);
		return {bytes: body ? await body.arrayBuffer() : new ArrayBuffer(0), type};
	} finally {
		clearTimeout(timer);
	}
}

/**
 * @param {object} ctx
 * @param {import('./worker_db.js').Db} ctx.db
 * @param {string} ctx.scope
 * @param {string} ctx.endpoint
 * @param {string} ctx.projectKey
 * @param {boolean} ctx.strict  nothing that shows what people saw: style sheets and fonts alone
 * @param {() => Promise<Tools>} ctx.tools
 * @param {(key: string) => Promise<boolean>} ctx.isQueued  the report is not with the collector yet
 */
export function startAssets({db, scope, endpoint, projectKey, strict, tools, isQueued}) {
	/** Rows that storage did not take. @type {Map<string, Row>} */
	const memory = new Map();
	let running = false;
	let again = false;
	let stopped = false;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;

	/** @param {Row} row */
	const save = row => db.write(store => store.put(row, ['assets', row.key])).catch(() => memory.set(row.key, row));

	/** @param {string} key */
	const remove = async key => {
		if (!memory.delete(key)) await db.write(store => store.delete(['assets', key])).catch(() => {});
	};

	/** @param {Row} row @returns {Promise<Asset[]>} */
	const fetchAll = async ({urls}) => {
		const made = await tools();
		const known = new Set(urls);
		const list = [...known].sort((a, b) => +FIRST.test(b) - +FIRST.test(a));
		/** @type {Map<string, number>} */
		const refused = new Map();
		/** @type {Asset[]} */
		const assets = [];
		const end = Date.now() + ALL_MS;
		let left = MAX_REPORT_BYTES;
		let next = 0;
		const lane = async () => {
			while (next < list.length && assets.length < MAX_ASSETS && left > 0 && Date.now() < end && !stopped) {
				const url = list[next++];
				if (!/^(?:https?|blob):/.test(url)) continue;
				const {origin} = new URL(url);
				if ((refused.get(origin) || 0) >= REFUSALS) continue;
				try {
					const {bytes, type} = await load(url, Math.min(left, MAX_BYTES));
					if (!bytes.byteLength || strict && !TEXT_FREE.test(type)) continue;
					left -= bytes.byteLength;
					assets.push({url, sha256: globalThis.crypto?.subtle ? await sha256(bytes) : '', bytes, type});
					if (!type.startsWith('text/css')) continue;
					for (const more of made.assetsSheet(new Uint8Array(bytes), url)) {
						if (known.has(more) || known.size >= 2 * MAX_ASSETS) continue;
						known.add(more);
						list.push(more);
					}
				} catch {
					refused.set(origin, (refused.get(origin) || 0) + 1);
				}
			}
		};
		/* A sheet's own addresses come late, when other lanes may have ended. */
		while (next < list.length && assets.length < MAX_ASSETS && left > 0 && Date.now() < end && !stopped) await Promise.all(Array.from({length: PARALLEL}, lane));
		return assets;
	};

	/** @param {string} key @param {Asset[]} assets */
	const tell = (key, assets) => {
		const text = JSON.stringify({submit_key: key, assets: assets.map(({url, sha256}) => ({url, sha256}))});
		return post(`${endpoint}/v1/widget/assets?key=${encodeURIComponent(projectKey)}`, key, text, text.length);
	};

	/** @param {Asset} asset */
	const upload = async asset => {
		const form = new FormData();
		form.set('kind', 'asset');
		form.set('file', new Blob([asset.bytes], {type: asset.type}), 'asset');
		const outcome = await post(`${endpoint}/v1/widget/upload?key=${encodeURIComponent(projectKey)}`, asset.sha256 || 'asset', form, asset.bytes.byteLength);
		asset.sha256 = outcome.ok ? outcome.value?.sha256 : '';
		return outcome;
	};

	/** @param {Row} row @returns {Promise<boolean>} whether it is to be tried again */
	const bring = async row => {
		const assets = await fetchAll(row);
		if (!assets.length) return stopped;
		let missing = assets;
		if (assets[0].sha256) {
			const outcome = await tell(row.key, assets);
			if (!outcome.ok) return outcome.retry;
			const hashes = new Set(outcome.value?.missing);
			missing = assets.filter(({sha256}) => hashes.delete(sha256));
			if (!missing.length) return false;
		}
		for (const asset of missing) {
			const outcome = await upload(asset);
			if (!outcome.ok && outcome.retry) return true;
		}
		const sent = assets.filter(asset => asset.sha256);
		const outcome = await tell(row.key, sent);
		return !outcome.ok && outcome.retry;
	};

	/** @returns {Promise<number>} ms until the next try, 0: nothing is left that could be done */
	const round = async () => {
		let wait = 0;
		const rows = /** @type {Row[]} */ ([...await db.read(store => store.getAll(below('assets'))).catch(() => []), ...memory.values()]);
		for (const row of rows) {
			if (stopped) return 0;
			if (Date.now() - row.at <= MAX_MS && row.tries < MAX_TRIES) {
				if (await isQueued(row.key)) continue;
				if (await bring(row).catch(() => false)) {
					row.tries++;
					await save(row);
					wait = backoff(row.tries);
					continue;
				}
			}
			await remove(row.key);
		}
		return wait;
	};

	const pump = async () => {
		again = true;
		if (running) return;
		running = true;
		clearTimeout(timer);
		let wait = 0;
		while (again && !stopped) {
			again = false;
			wait = await (navigator.locks ? navigator.locks.request(`rv-assets:${scope}`, round) : round()).catch(() => 0);
		}
		running = false;
		if (wait && !stopped) timer = setTimeout(pump, wait);
	};

	return {
		/** Keeps the list of what a report's recording refers to. @param {string} key  the report's @param {Uint8Array} stream  its recording */
		async add(key, stream) {
			const urls = (await tools()).assets(stream);
			if (!urls.length) return;
			await save({key, at: Date.now(), tries: 0, urls});
			await pump();
		},
		/** Brings what waits and may go. */
		pump,
		stop() {
			stopped = true;
			clearTimeout(timer);
		},
	};
}
