/**
 * Requests to the collector. Every failure is an `ApiError` with a sentence that can be shown:
 * what failed and what to do about it.
 */

/** @typedef {{status: number, code: string, message: string, field?: string}} Failure */

export class ApiError extends Error {
	/** @param {Failure} failure */
	constructor(failure) {
		super(failure.message);
		this.status = failure.status;
		this.code = failure.code;
		/** @type {string|undefined} */
		this.field = failure.field;
	}
}

/** @type {() => void} */
let onSignedOut = () => {};
/**
 * Called whenever the collector says that nobody is signed in (any more).
 * @param {() => void} fn
 */
export function whenSignedOut(fn) { onSignedOut = fn; }

/**
 * @param {number} status
 * @returns {string}
 */
function explain(status) {
	if (status === 403) return 'This login may not do that.';
	if (status === 404) return 'That does not exist, or is not yours to see.';
	if (status === 413) return 'That is larger than the collector accepts.';
	if (status === 429) return 'Too many requests. Wait a moment, then try again.';
	if (status === 503) return 'The collector is busy. Nothing was lost; try again in a moment.';
	return `The collector answered with ${status}. Try again; its log says more.`;
}

/**
 * @param {string} path
 * @param {{method?: string, body?: unknown, signal?: AbortSignal, quiet?: boolean}} [options]
 *   quiet: a 401 is an ordinary answer and does not lead to the login page
 * @returns {Promise<Response>}
 */
async function send(path, options = {}) {
	const { method = 'GET', body, signal, quiet } = options;
	/** @type {Record<string, string>} */
	const headers = { accept: 'application/json' };
	if (method !== 'GET') headers['x-rearview-console'] = '1';
	if (body !== undefined) headers['content-type'] = 'application/json';
	let response;
	try {
		response = await fetch(path, { method, headers, signal, credentials: 'same-origin', body: body === undefined ? undefined : JSON.stringify(body) });
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new ApiError({ status: 0, code: 'OFFLINE', message: 'The collector cannot be reached. Check that it runs and that you are online.' });
	}
	if (response.ok) return response;
	/** @type {Partial<Failure>} */
	let told = {};
	try { told = (await response.json())?.error ?? {}; } catch { /* not JSON: the status says enough */ }
	if (response.status === 401 && !quiet) onSignedOut();
	throw new ApiError({
		status: response.status,
		code: typeof told.code === 'string' ? told.code : String(response.status),
		message: typeof told.message === 'string' && told.message ? told.message : explain(response.status),
		field: typeof told.field === 'string' ? told.field : undefined,
	});
}

/**
 * @param {string} path
 * @param {Parameters<typeof send>[1]} [options]
 * @returns {Promise<any>}
 */
async function json(path, options) {
	const response = await send(path, options);
	const text = await response.text();
	return text ? JSON.parse(text) : {};
}

const console_ = '/api/console';
/** @param {string} text */
const part = (text) => encodeURIComponent(text);

/** @typedef {{id: string, name: string, site_id: string, project_key: string, created_at: string, reports: number}} Workspace */
/** @typedef {{id: string|null, email: string|null, name: string|null}} RowUser */
/**
 * @typedef {{id: string, number: number, title: string|null, state: string, trigger: string, item_type: string|null,
 *   user: RowUser|null, page: {url: string|null, path: string|null, title: string|null}, created_at: string,
 *   has: {replay: boolean, screenshot: boolean}, errors: number, failed_requests: number, first_error: string|null}} Row
 */
/** @typedef {{reports: Row[], next: string|null, total: number}} RowPage */
/**
 * @typedef {{config: any, defaults: any, keys: import('./settings-keys.js').Key[], project_key: string, api_keys: {id: string, hint: string, created_at: string}[],
 *   snippet: string, snippet_csp: string, snippet_pinned: string, csp: Record<string, string>}} Settings
 */

export const api = {
	/** @param {string} name @param {string} password */
	login: (name, password) => json(`${console_}/login`, { method: 'POST', body: { name, password }, quiet: true }),
	logout: () => json(`${console_}/logout`, { method: 'POST' }),
	/** @returns {Promise<{user: {name: string}}>} */
	me: () => json(`${console_}/me`, { quiet: true }),
	/** @returns {Promise<{workspaces: Workspace[]}>} */
	workspaces: () => json(`${console_}/workspaces`),
	/** @param {Record<string, string>} query @param {AbortSignal} [signal] @returns {Promise<RowPage>} */
	reports: (query, signal) => json(`${console_}/reports?${new URLSearchParams(query)}`, { signal }),
	/** @param {string} id @param {AbortSignal} [signal] @param {boolean} [shared] by a link, without a login @returns {Promise<any>} */
	report: (id, signal, shared) => json(shared ? `/api/v1/reports/${part(id)}` : `${console_}/reports/${part(id)}`, { signal, quiet: shared }),
	/** @param {string} token @returns {Promise<{report_id: string, expires_at: string}>} */
	share: (token) => json(`/api/v1/shares/${part(token)}`, { quiet: true }),
	/** @param {string} id @returns {Promise<{shares: {id: string, created_at: string, expires_at: string}[]}>} */
	shares: (id) => json(`${console_}/reports/${part(id)}/shares`),
	/** @param {string} id @param {number} days @returns {Promise<{id: string, url: string, expires_at: string}>} */
	addShare: (id, days) => json(`${console_}/reports/${part(id)}/shares`, { method: 'POST', body: { days } }),
	/** @param {string} id @param {string} share */
	removeShare: (id, share) => json(`${console_}/reports/${part(id)}/shares/${part(share)}`, { method: 'DELETE' }),
	/** @param {string} id @param {string} state */
	setState: (id, state) => json(`${console_}/reports/${part(id)}`, { method: 'PATCH', body: { state } }),
	/** @param {string} id */
	remove: (id) => json(`${console_}/reports/${part(id)}`, { method: 'DELETE' }),
	/** @param {string} id */
	restore: (id) => json(`${console_}/reports/${part(id)}/restore`, { method: 'POST' }),
	/** @param {string} workspace @returns {Promise<Settings>} */
	settings: (workspace) => json(`${console_}/workspaces/${part(workspace)}/settings`),
	/** What its pages asked for last. @param {string} workspace @param {AbortSignal} [signal] @returns {Promise<{now: string, seen: Record<string, {at: string, origin?: string}>}>} */
	seen: (workspace, signal) => json(`${console_}/workspaces/${part(workspace)}/seen`, { signal }),
	/** @param {string} workspace @param {unknown} config @returns {Promise<Settings>} */
	saveSettings: (workspace, config) => json(`${console_}/workspaces/${part(workspace)}/settings`, { method: 'PUT', body: { config } }),
	/** @param {string} workspace @returns {Promise<{id: string, api_key: string}>} */
	addKey: (workspace) => json(`${console_}/workspaces/${part(workspace)}/api-keys`, { method: 'POST' }),
	/** @param {string} workspace @param {string} key */
	removeKey: (workspace, key) => json(`${console_}/workspaces/${part(workspace)}/api-keys/${part(key)}`, { method: 'DELETE' }),
	/** @param {string} id @param {'rrweb'|'native'} format */
	replayUrl: (id, format) => `/api/v1/reports/${part(id)}/replay?format=${format}`,
	/** @param {string} id @param {AbortSignal} signal @returns {Promise<ArrayBuffer>} */
	replay: async (id, signal) => (await send(api.replayUrl(id, 'rrweb'), { signal })).arrayBuffer(),
	/** @param {string} id @param {string} attachment */
	attachmentUrl: (id, attachment) => `/api/v1/reports/${part(id)}/attachments/${part(attachment)}`,
};
