/* The npm module: the same API as the script tag's global. Importing it does nothing, and is safe where
 * there is no window; recording begins with init(). What the script tag fetches when it is needed are
 * chunks of the module, imported then. */
import {METHODS, createApi} from './api/api.js';
import {startEarly} from './host/early.js';
import {files} from './files.js';
import {parts} from 'rv:parts';

/** @typedef {import('./public/rearview.js').Rearview} Rearview */

/** @type {Record<string, string>} */
const FILES = RV_FILES;
/** What answers with a promise, also where nothing can be recorded. */
const PROMISES = /^(init|saveReport|submit|exportReplay|takeScreenshot|startRecording|stopRecording|open|close|show|hide)$/;

/** Held to the public types. @type {Rearview | null} */
let made = null;
let isTold = false;

/** @param {string} text */
const tell = text => {
	if (!isTold) console.warn(`Rearview: ${text}`);
	isTold = true;
};

const define = () => Object.defineProperty(window, 'Rearview', {value: rearview, configurable: true, enumerable: false, writable: true});

/** This copy's own, or that of whoever records the page already. @returns {any} */
function api() {
	const had = /** @type {any} */ (window).Rearview;
	if (had && had !== rearview && typeof had.init === 'function') {
		tell('it is on this page already, by a script tag or another copy of the module; this copy hands its calls to it.');
		return had;
	}
	if (made) return made;
	const {hub, hook, unhook} = startEarly(window);
	/** Some bundlers give the path alone. @param {string} name */
	const place = name => new URL(files[name](), location.href);
	/** Bundlers call files as they like: behind a `#` stands what the worker may load beside that one. @type {Record<string, string[]>} */
	const beside = {'rearview.wasm': ['rearview.wasm.js'], 'rearview.tools.wasm': ['rearview.tools.wasm.js', 'rearview.later.js', 'rearview.flat.js']};
	/** @param {string} name @param {{assetsUrl?: string}} options */
	const asset = (name, {assetsUrl}) => {
		if (assetsUrl) return new URL(`${name}?v=${FILES[name.slice(9)] ?? FILES['']}`, new URL(assetsUrl, location.href));
		const address = place(name);
		if (beside[name]) address.hash = beside[name].map(other => place(other).href).join('#');
		return address;
	};
	define();
	return made = createApi(hub, {
		endpoint: undefined,
		asset,
		part: async name => parts[name](),
		destroy() {
			unhook();
			if (/** @type {any} */ (window).Rearview === rearview) delete /** @type {any} */ (window).Rearview;
		},
		revive() {
			define();
			hook();
		},
	});
}

/** What is called where there is no page does nothing. @param {string} name @param {any[]} args */
const call = (name, args) => {
	if (typeof window !== 'object' || typeof document !== 'object') return;
	let here;
	try {
		here = api();
	} catch (error) {
		tell(`this browser cannot record: ${error}`);
		if (!PROMISES.test(name)) return;
		const answer = Promise.reject(new Error('This browser cannot record.'));
		answer.catch(() => {});
		return answer;
	}
	return here[name]?.(...args);
};

/** @type {Rearview} */
const rearview = /** @type {any} */ (Object.fromEntries(METHODS.map(name => [name, (/** @type {any[]} */ ...args) => call(name, args)])));

export default rearview;
export const {init, identify, logout, saveReport, exportReplay, takeScreenshot, open, close, show, hide, submit, startRecording, stopRecording, on, off, addBreadcrumb, setContext, pause, resume, consent, destroy} = rearview;
