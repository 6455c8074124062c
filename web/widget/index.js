/* The npm module: the same API as the script tag's global. Importing it does nothing, and is safe where
 * there is no window; recording begins with init(). */
import {METHODS, createApi} from './api/api.js';
import {startEarly} from './host/early.js';
import {createExtras} from './extras.js';
import {frame} from './frame.js';
import {logs} from './logs.js';
import {createRecorder} from './recorder.js';
import {createSelectors} from './record/selectors.js';
import {createReports} from './report.js';
import {styles} from './styles.js';

/** @typedef {import('./api/api.js').InitOptions} InitOptions */
/** @typedef {import('./api/api.js').EventName} EventName */
/** @typedef {import('./api/api.js').Report} Report */
/** @typedef {import('./api/api.js').Saved} Saved */
/** @typedef {import('./api/api.js').ExportOptions} ExportOptions */

/** @type {Record<string, string>} */
const FILES = RV_FILES;

/** @type {import('./api/api.js').Api | null} */
let made = null;

/** @returns {import('./api/api.js').Api} */
function api() {
	if (made) return made;
	if (typeof window !== 'object' || typeof document !== 'object') throw new Error('Rearview records web pages: there is no window here.');
	const {hub, hook, unhook} = startEarly(window);
	return made = createApi(hub, {
		endpoint: undefined,
		asset: (name, {assetsUrl}) => new URL(`${name}?v=${FILES[name.slice(9)] ?? ''}`, assetsUrl ? new URL(assetsUrl, location.href) : import.meta.url),
		part: async name => ({recorder: createRecorder, selectors: createSelectors, report: createReports, extras: createExtras, styles, frame, logs})[name],
		destroy: unhook,
		revive: hook,
	});
}

/** What is called where there is no page does nothing. @param {string} name @param {any[]} args */
const call = (name, args) => typeof window === 'object' ? /** @type {any} */ (api())[name](...args) : undefined;

/** @type {import('./api/api.js').Api} */
const rearview = /** @type {any} */ (Object.fromEntries(METHODS.map(name => [name, (/** @type {any[]} */ ...args) => call(name, args)])));

export default rearview;
export const {init, identify, logout, saveReport, exportReplay, takeScreenshot, on, off, addBreadcrumb, setContext, pause, resume, consent, destroy} = rearview;
