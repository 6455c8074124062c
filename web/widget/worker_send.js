/* One report to the collector: each part uploaded, then the submit, each with the idempotency key
 * it was born with. Whatever happens in between, doing it all again stores it once. */

/**
 * @typedef {object} Part
 * @property {string} kind
 * @property {string} mime
 * @property {string} key  idempotency key
 * @property {number} bytes
 * @property {string} [name]  of a file
 * @property {string} [attachment]  id, once uploaded
 * @property {string} [recording]  a screen recording of that id, whose bytes are worker_recording.js's
 * @property {boolean} [begun]  some of a recording may be with the collector
 * @property {boolean} [refused]  the collector does not want it; the report goes without
 *
 * @typedef {object} Row
 * @property {string} key  idempotency key of the submit and the row's name; sorts by age
 * @property {number} at
 * @property {number} bytes
 * @property {Part[]} parts
 *
 * @typedef {{ok: true, value: any} | {ok: false, retry: boolean, after: number, status: number, code: string, message: string}} Outcome
 *   after: ms the collector asked to wait, 0 if it did not; status 0: no answer at all
 */

/** @param {string | null} header @returns {number} ms */
const retryAfter = header => {
	if (!header) return 0;
	const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
	return ms > 0 ? Math.min(ms, 36e5) : 0;
};

/**
 * @param {string} url
 * @param {string} key
 * @param {FormData | string | null} body
 * @param {number} bytes
 * @param {string} [range]  of an upload in parts, which is answered 308 but for the last
 * @returns {Promise<Outcome>}
 */
export async function post(url, key, body, bytes, range) {
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), 30e3 + bytes / 10);
	try {
		/** @type {Record<string, string>} */
		const headers = {'Idempotency-Key': key};
		if (typeof body === 'string') headers['Content-Type'] = 'application/json';
		if (range) headers['Content-Range'] = range;
		const response = await fetch(url, {method: 'POST', body, headers, credentials: 'omit', cache: 'no-store', signal: abort.signal});
		const {status} = response;
		const value = await response.json().catch(() => null);
		if (response.ok || status === 308) return {ok: true, value};
		return {
			ok: false,
			retry: status >= 500 || status === 408 || status === 425 || status === 429,
			after: retryAfter(response.headers.get('Retry-After')),
			status,
			code: String(value?.error?.code || ''),
			message: String(value?.error?.message || `HTTP ${status}`),
		};
	} catch {
		return {ok: false, retry: true, after: 0, status: 0, code: 'network', message: 'The collector cannot be reached.'};
	} finally {
		clearTimeout(timer);
	}
}

/**
 * @param {string} base  `${endpoint}/v1/widget`
 * @param {string} projectKey
 * @param {Row} row
 * @param {Record<string, any>} body
 * @param {(part: number) => Promise<ArrayBuffer | undefined>} load
 * @param {() => Promise<unknown>} save  called when a part's fate is known
 * @param {(url: string, part: Part) => Promise<Outcome>} record  sends a screen recording
 * @param {(part: string, sent: number) => void} progress  which part is sent now, and bytes that are there
 * @returns {Promise<Outcome>}
 */
export async function sendReport(base, projectKey, row, body, load, save, record, progress) {
	const query = `?key=${encodeURIComponent(projectKey)}`;
	let sent = 0;
	for (const [i, part] of row.parts.entries()) {
		progress(part.kind, sent);
		sent += part.bytes;
		if (part.attachment || part.refused) continue;
		if (part.recording) {
			const outcome = await record(`${base}/upload${query}`, part);
			if (!outcome.ok && outcome.retry) return outcome;
			part.attachment = outcome.ok && outcome.value?.attachment_id;
		}
		const bytes = part.recording ? undefined : await load(i);
		if (bytes) {
			const form = new FormData();
			form.set('kind', part.kind);
			form.set('session_token', body.session_token);
			form.set('file', new Blob([bytes], {type: part.mime}), part.name || part.kind);
			const outcome = await post(`${base}/upload${query}`, part.key, form, part.bytes);
			if (!outcome.ok && outcome.retry) return outcome;
			part.attachment = outcome.ok && outcome.value?.attachment_id;
		}
		part.refused = !part.attachment;
		await save();
	}
	progress('report', sent);
	const refused = row.parts.filter(part => part.refused).map(part => `${part.kind}_refused`);
	const text = JSON.stringify({
		...body,
		attachment_ids: row.parts.flatMap(part => part.attachment || []),
		capture: {...body.capture, notes: [...body.capture.notes, ...refused]},
	});
	return post(`${base}/submit${query}`, row.key, text, text.length);
}
