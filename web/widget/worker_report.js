/* The body of a submit, from what the page says and what the core kept. */
import {clean, isObject} from './worker_config.js';

const LOGS_MAX_CHARS = 1 << 20;
/** What saveReport's overrides may set. */
const OVERRIDES = ['title', 'description', 'item_type', 'name', 'email', 'user_id', 'url', 'path', 'page_title', 'referrer'];

/** Drops the oldest entries until the list's JSON fits. @param {unknown} list @param {string} name @param {string[]} notes */
function fit(list, name, notes) {
	const entries = Array.isArray(list) ? list : [];
	let left = LOGS_MAX_CHARS;
	let from = entries.length;
	while (from && (left -= JSON.stringify(entries[from - 1]).length + 1) > 0) from--;
	if (from) notes.push(`${name}_cut`);
	return entries.slice(from);
}

/** @param {unknown} value */
const word = value => value === undefined || value === null ? undefined : String(value);

/**
 * @param {Record<string, any>} report  the message's, see docs/ARCHITECTURE.md
 * @param {{user: Record<string, any> | null, session: string, strict: boolean, logs: Record<string, any>, dropped: number, degraded: string[]}} state
 * @returns {Record<string, any>}
 */
export function reportBody(report, {user, session, strict, logs, dropped, degraded}) {
	/** @type {string[]} */
	const notes = [...degraded, ...(Array.isArray(report.notes) ? report.notes.map(String) : [])];
	const body = {
		...report.meta,
		title: word(report.title),
		description: word(report.description),
		item_type: word(report.item_type),
		trigger: report.trigger,
		session_token: word(report.session_token) || session,
		custom: report.custom,
		element: report.element,
		console_logs: fit(logs.console_logs, 'console_logs', notes),
		network_logs: fit(logs.network_logs, 'network_logs', notes),
		capture: {...logs.capture, notes, dropped_reports: dropped},
	};
	if (user) {
		body.user = user;
		body.user_id = word(user.id);
		body.email = word(user.email);
		body.name = word(user.name) || [user.firstName, user.lastName].filter(Boolean).join(' ') || undefined;
	}
	if (isObject(report.overrides)) for (const key of OVERRIDES) if (key in report.overrides) body[key] = word(report.overrides[key]);
	if (strict) delete body.page_title;
	return JSON.parse(JSON.stringify(body), clean);
}
