/* The body of a submit, from what the page says and what the core kept. */
import {clean, isObject} from './worker_config.js';

/** What saveReport's overrides may set. */
const OVERRIDES = ['title', 'description', 'item_type', 'name', 'email', 'user_id', 'url', 'path', 'page_title', 'referrer'];
/** What the core never saw and is redacted here. */
const PAGE_TEXTS = ['url', 'path', 'page_title', 'referrer'];

/**
 * @param {Record<string, any>} report  the message's, see docs/ARCHITECTURE.md
 * @param {object} state
 * @param {Record<string, any> | null} state.user
 * @param {string} state.session
 * @param {boolean} state.strict
 * @param {Record<string, any>} state.logs
 * @param {number} state.dropped
 * @param {(text: string) => string} state.redact
 * @returns {Record<string, any>}
 */
export function reportBody({meta, parts, pixels, notes, overrides, ...report}, {user, session, strict, logs, dropped, redact}) {
	const {log_notes: cut = [], capture, ...lists} = logs;
	const body = {
		...meta,
		time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
		...report,
		...lists,
		user,
		session_token: report.session_token || session,
		capture: {...capture, dropped_reports: dropped, notes: [...notes, ...cut.map((/** @type {any} */ note) => note.kind)]},
	};
	if (isObject(overrides)) for (const key of OVERRIDES) if (Object.hasOwn(overrides, key)) body[key] = String(overrides[key]);
	for (const key of PAGE_TEXTS) if (typeof body[key] === 'string') body[key] = redact(body[key]);
	if (strict) delete body.page_title;
	return JSON.parse(JSON.stringify(body), clean);
}
