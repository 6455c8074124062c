/* The widget's configuration: inline, or the cached one at once with a revalidation in the
 * background, or a first fetch that is waited for. The browser's own cache revalidates by ETag. */

/** @typedef {import('./worker_db.js').Db} Db */
/** @typedef {Record<string, any>} Config */

const MAX_CHARS = 256 * 1024;

/** A JSON reviver: names through which data could reach a prototype do not get in. @param {string} key @param {unknown} value */
export const clean = (key, value) => key === '__proto__' || key === 'constructor' || key === 'prototype' ? undefined : value;

/** @param {unknown} value @returns {value is Record<string, any>} */
export const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {string} text @returns {Config} throws on anything but an object */
const parse = text => {
	const config = text.length <= MAX_CHARS && JSON.parse(text, clean);
	if (!isObject(config)) throw new Error('not a configuration');
	return config;
};

/**
 * @param {string} url
 * @param {number} ms
 * @returns {Promise<string>} the text of a valid configuration
 */
async function load(url, ms) {
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), ms);
	try {
		const response = await fetch(url, {cache: 'no-cache', credentials: 'omit', signal: abort.signal});
		if (!response.ok) throw new Error(`configuration: HTTP ${response.status}`);
		const text = await response.text();
		parse(text);
		return text;
	} finally {
		clearTimeout(timer);
	}
}

/**
 * @param {Db} db
 * @param {{projectKey: string, endpoint: string | null, config?: unknown}} options
 * @param {(what: string) => void} note
 * @returns {Promise<{config: Config, refresh: () => Promise<void>}>} refresh: for the next page load
 */
export async function startConfig(db, {projectKey, endpoint, config}, note) {
	if (config || !endpoint) return {config: isObject(config) ? parse(JSON.stringify(config)) : {}, refresh: async () => {}};
	const url = `${endpoint}/v1/widget/config?key=${encodeURIComponent(projectKey)}`;
	const row = ['kv', `config ${endpoint}`];
	/** @type {string | undefined} */
	let cached = await db.read(store => store.get(row)).catch(() => undefined);

	const refresh = async (ms = 30e3) => {
		const text = await load(url, ms);
		if (text !== cached) await db.write(store => store.put(text, row)).catch(() => {});
		return cached = text;
	};
	const later = () => refresh().then(() => {}, () => {});
	try {
		if (cached) {
			const now = parse(cached);
			later();
			return {config: now, refresh: later};
		}
	} catch {}
	try {
		return {config: parse(await refresh(5000)), refresh: later};
	} catch {
		note('config');
		return {config: {}, refresh: later};
	}
}
