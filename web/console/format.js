/** Times, sizes and addresses as people read them. Pure functions: the time now is an argument. */

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const absolute = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', year: 'numeric' });

/**
 * Milliseconds since 1970 of a time that is a number or ISO text; NaN of anything else.
 * @param {unknown} time
 */
export function toMs(time) {
	return typeof time === 'number' ? time : typeof time === 'string' ? Date.parse(time) : NaN;
}

/** @param {number} ms */
export const absoluteTime = (ms) => Number.isFinite(ms) ? absolute.format(ms) : '';
/** @param {number} ms */
export const clockTime = (ms) => Number.isFinite(ms) ? clock.format(ms) : '';

/**
 * "just now", "5 min ago", "3 h ago", "2 d ago", "Mar 4".
 * @param {number} ms @param {number} now
 */
export function ago(ms, now) {
	const age = now - ms;
	if (!Number.isFinite(age)) return '';
	if (age < 45_000) return 'just now';
	if (age < HOUR) return `${Math.max(1, Math.round(age / MINUTE))} min ago`;
	if (age < DAY) return `${Math.floor(age / HOUR)} h ago`;
	if (age < 7 * DAY) return `${Math.floor(age / DAY)} d ago`;
	return (age < 300 * DAY ? day : dayOfYear).format(ms);
}

/**
 * "2:14", "1:02:14"; with tenths "2:14.3".
 * @param {number} ms @param {boolean} [tenths]
 */
export function length(ms, tenths) {
	if (!Number.isFinite(ms)) return '';
	const whole = tenths ? Math.floor(ms / 100) / 10 : Math.floor(ms / 1000);
	const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = whole % 60;
	const seconds = tenths ? s.toFixed(1).padStart(4, '0') : String(s).padStart(2, '0');
	return h ? `${h}:${String(m).padStart(2, '0')}:${seconds}` : `${m}:${seconds}`;
}

/**
 * A moment relative to the report: "−2:14.3" before, "+0:01.0" after.
 * @param {number} ms @param {number} zero @param {boolean} [tenths]
 */
export function relative(ms, zero, tenths = true) {
	const off = ms - zero;
	if (!Number.isFinite(off)) return '';
	const text = length(Math.abs(off), tenths);
	return (off < 0 && /[1-9]/.test(text) ? '−' : off > 0 && /[1-9]/.test(text) ? '+' : '') + text;
}

/** @param {unknown} bytes */
export function size(bytes) {
	if (typeof bytes !== 'number' || !(bytes >= 0)) return '–';
	if (bytes < 1000) return `${bytes} B`;
	if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
	return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** @param {unknown} ms */
export function duration(ms) {
	if (typeof ms !== 'number' || !(ms >= 0)) return '–';
	return ms < 1000 ? `${Math.round(ms)} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s` : length(ms);
}

/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many = `${one}s`) => `${n.toLocaleString()} ${n === 1 ? one : many}`;

/**
 * What to show of an address: the path with its query; the host too when it is another one.
 * @param {unknown} url @param {unknown} [page]
 */
export function shortUrl(url, page) {
	if (typeof url !== 'string' || !url) return '';
	try {
		const base = typeof page === 'string' && page ? page : undefined;
		const it = new URL(url, base);
		const same = base ? new URL(base).origin === it.origin : true;
		const path = it.pathname + it.search + it.hash;
		return same ? path : it.host + path;
	} catch { return url; }
}

/**
 * http and https addresses may become links; everything else stays text.
 * @param {unknown} url @returns {string|undefined}
 */
export function linkable(url) {
	if (typeof url !== 'string') return undefined;
	try { return /^https?:$/.test(new URL(url).protocol) ? url : undefined; } catch { return undefined; }
}

/** @param {unknown} value @returns {string} */
export function text(value) {
	if (value === null || value === undefined) return '';
	return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
}

/**
 * A value on one line, for rows; objects without white space.
 * @param {unknown} value @returns {string}
 */
export function line(value) {
	return typeof value === 'object' && value !== null ? JSON.stringify(value) : text(value);
}

/**
 * "application/json; charset=utf-8" as "json".
 * @param {string} mime
 */
export function shortType(mime) {
	const sub = mime.split(';')[0].trim().split('/').pop() ?? '';
	return sub.replace(/^(x-|vnd\.)/, '').replace(/\+xml$/, '');
}

/** @param {any} user @returns {string} */
export function userName(user) {
	if (!user) return '';
	const full = [user.firstName, user.lastName].filter((part) => typeof part === 'string' && part).join(' ');
	return text(user.name || full || user.email || user.id);
}

/** @param {any} page @returns {string} browser and platform in a few words */
export function browserName(page) {
	const browser = page?.browser;
	const name = typeof browser === 'string' ? browser : [browser?.name, text(browser?.version).split('.')[0]].filter(Boolean).join(' ');
	return [name, text(page?.platform)].filter(Boolean).join(' on ');
}

export const TRIGGERS = /** @type {Record<string, string>} */ ({
	widget: 'Sent by the user', sdk: 'Sent by the page', autopilot: 'Sent on an error', wss: 'Requested through the API', helpdesk: 'Requested by support',
});
