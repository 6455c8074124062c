/* rearview.js: takes the queue stub over, hooks what must be hooked early, fetches the recorder. */
import {METHODS, createApi} from './api/api.js';
import {startEarly} from './host/early.js';

/** Content hashes by file name without `rearview.`, put in by the build. @type {Record<string, string>} */
const FILES = RV_FILES;

/** @param {Window & typeof globalThis} win @param {HTMLScriptElement} script */
function start(win, script) {
	const had = /** @type {any} */ (win).Rearview;
	if (had && typeof had.init === 'function' && !Array.isArray(had.q)) return; /* a second copy of the tag */
	const {hub, hook, unhook} = startEarly(win);
	const here = script.src;
	const {dataset, nonce} = script;

	const api = createApi(hub, {
		endpoint: dataset.endpoint ?? new URL(here).origin,
		nonce,
		asset: (name, {assetsUrl}) => new URL(`${name}?v=${FILES[name.slice(9)] ?? FILES['']}`, assetsUrl ? new URL(assetsUrl, win.location.href) : here),
		part: async (name, asset, options) => {
			const part = await hub.addScript(asset(`rearview.${name}.js`).href, options.nonce);
			if (!part) throw new Error(`rearview.${name}.js is not what was expected.`);
			return part;
		},
		destroy: unhook,
		revive: hook,
	});

	/* The stub object itself becomes the real one: whoever keeps it keeps the right thing. */
	const rearview = had && typeof had === 'object' ? had : {};
	const queue = Array.isArray(rearview.q) ? rearview.q : [];
	delete rearview.q;
	for (const name of METHODS) rearview[name] = /** @type {any} */ (api)[name];
	hub.native.define(win, 'Rearview', {value: rearview, configurable: true, enumerable: false, writable: true});

	for (const call of queue.splice(0, 1000)) {
		hub.attempt(() => {
			const [name, args, done, failed] = call;
			if (!METHODS.includes(name)) return;
			const result = /** @type {any} */ (api)[name](...args);
			if (typeof done === 'function') Promise.resolve(result).then(done, failed);
		});
	}
	const {project, workerUrl, consent} = dataset;
	if (project) {
		api.init({projectKey: project, workerUrl, consent: /** @type {any} */ (consent)});
	}
}

try {
	const current = Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')?.get?.call(document);
	if (current instanceof HTMLScriptElement) start(window, current);
} catch {} /* never into the page */
