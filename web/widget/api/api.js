/* The public object. Every call is safe at any time: what needs the recorder waits for it, what comes
 * from the page's side never throws back at it. */
import {mergeUser, plain} from './identify.js';

/**
 * @typedef {object} InitOptions
 * @property {string} projectKey  the workspace's public key
 * @property {string | null} [endpoint]  the collector's origin; null records locally only; the script's own by default
 * @property {Record<string, any>} [config]  the widget configuration, instead of fetching it
 * @property {string} [workerUrl]  rearview.worker.js on the page's own origin
 * @property {string} [assetsUrl]  the folder with the worker and the Wasm file; beside the script by default
 * @property {string[]} [frames]  origins whose pages record together with this one, as its frames or its parent
 * @property {string} [nonce]  for the script elements the widget adds; by default its own element's
 * @property {'granted' | 'pending'} [consent]  'pending' records nothing until consent('granted')
 *
 * @typedef {object} Report
 * @property {string} [title]
 * @property {string} [description]
 * @property {string} [item_type]
 * @property {Record<string, any>} [custom]
 *
 * @typedef {{id?: string, number?: number, session_info_url?: string, queued?: boolean}} Saved
 * @typedef {'load' | 'identify' | 'open' | 'close' | 'capture' | 'beforesubmit' | 'submit' | 'submiterror' | 'action' | 'degrade'} EventName
 * @typedef {{format?: 'rrweb' | 'native', from?: number | Date, to?: number | Date}} ExportOptions
 *
 * @typedef {object} OpenOptions
 * @property {'feedback'} [module]
 * @property {{title?: string, description?: string, item_type?: string, email?: string, name?: string, custom?: Record<string, any>}} [prefill]  what the form holds already
 *
 * @typedef {Report & {email?: string, name?: string, screenshot?: boolean, files?: (Blob | File)[]}} Submission
 * @typedef {{audio?: boolean, max_ms?: number}} RecordingOptions
 *
 * What rearview.report.js does, or what it loads; each waits for init().
 * @typedef {object} LaterApi
 * @property {(options?: ExportOptions) => Promise<any>} exportReplay  rrweb events, or a Blob of the native stream
 * @property {() => Promise<Blob>} takeScreenshot  a PNG of the viewport, drawn from the recording at its privacy level
 * @property {(options?: OpenOptions) => Promise<void>} open  shows the feedback panel
 * @property {() => Promise<void>} close  closes it; what was written stays
 * @property {() => Promise<void>} show  shows the button that opens the panel
 * @property {() => Promise<void>} hide  hides that button
 * @property {(report: Submission) => Promise<Saved>} submit  sends a report that the application's own form made
 * @property {(options?: RecordingOptions) => Promise<Saved>} startRecording  records the screen, with the browser's own question before
 * @property {() => Promise<Saved | void>} stopRecording
 *
 * What the recorder is to the API.
 * @typedef {object} Recorder
 * @property {() => Promise<{config: any}>} start
 * @property {(user: import('./identify.js').User | null) => void} user
 * @property {() => void} logout
 * @property {() => Promise<import('../report.js').Reports>} reports
 * @property {(on: boolean) => void} pause
 * @property {(forget?: boolean) => void} stop  forget: nothing more is to be stored
 *
 * @typedef {'selectors' | 'report' | 'extras' | 'styles' | 'frame' | 'logs' | 'ui' | 'mark' | 'pick' | 'screen' | 'shot' | 'words'} PartName
 *
 * @typedef {object} RecorderOptions
 * @property {InitOptions & {endpoint: string | null}} options
 * @property {(name: string) => URL} asset  where a file of the build is
 * @property {(name: PartName) => Promise<any>} part  what the file hands over: PARTS in scripts/build-web.mjs
 * @property {(name: EventName, detail: any) => any[]} emit  what the listeners returned
 * @property {(what: string) => void} warn
 *
 * @typedef {(hub: import('../host/hub.js').Hub, options: RecorderOptions) => Recorder} RecorderMaker
 *
 * @typedef {object} Surroundings
 * @property {string | null | undefined} endpoint  the default; undefined: it must be given
 * @property {string} [nonce]  of the element that runs
 * @property {(name: string, options: InitOptions) => URL} asset
 * @property {(name: 'recorder' | PartName, asset: (name: string) => URL, options: InitOptions) => Promise<any>} part  what is not needed at once
 * @property {() => void} destroy  takes the early hooks back
 * @property {() => void} revive  puts them in place again
 */

/** @typedef {ReturnType<typeof createApi>} Api */

/** What rearview.report.js does, or what it loads. */
const LATER = 'exportReplay takeScreenshot open close show hide submit startRecording stopRecording'.split(' ');
export const METHODS = 'init identify logout saveReport on off addBreadcrumb setContext pause resume consent destroy'.split(' ').concat(LATER);
const EVENTS = 'load identify open close capture beforesubmit submit submiterror action degrade'.split(' ');

const CONTEXTS = 50;

/** A rejection that nobody awaits must not become an error of the page. @template T @param {Promise<T>} promise */
const quiet = promise => {
	promise.then(undefined, () => {});
	return promise;
};

/**
 * @param {import('../host/hub.js').Hub} hub
 * @param {Surroundings} around
 */
export function createApi(hub, around) {
	const {win} = hub;
	const say = {
		/** @param {string} text */
		error: text => win.console.error(text),
		/** @param {string} text */
		warn: text => win.console.warn(text),
	};
	/** @type {Map<string, Set<(detail: any) => any>>} */
	const listeners = new Map();
	/** @type {import('./identify.js').User | null} */
	let user = null;
	/** @type {Promise<void> | null} */
	let ready = null;
	/** @type {Recorder | null} */
	let recorder = null;
	let loaded = false;
	let paused = false;
	let life = 0;
	/** Consent is awaited. @type {(() => void) | null} */
	let grant = null;
	let granted = false;
	let key = '';

	/** Calls the listeners; what they throw goes to the console, as for any event. @param {EventName} name @param {any} detail */
	const emit = (name, detail) => {
		/** @type {any[]} */
		const results = [];
		for (const listener of listeners.get(name) ?? []) {
			try {
				results.push(listener(detail));
			} catch (error) {
				say.error(`Rearview: a listener of "${name}" failed: ${error}`);
			}
		}
		return results;
	};

	/** @param {InitOptions} given @param {number} mine */
	const begin = async (given, mine) => {
		if (typeof given?.projectKey !== 'string' || !given.projectKey) throw new TypeError('Rearview.init() needs a projectKey.');
		const endpoint = given.endpoint === undefined ? around.endpoint : given.endpoint;
		if (endpoint === undefined) throw new TypeError('Rearview.init() needs an endpoint, or null to record locally only.');
		const options = {...given, nonce: given.nonce ?? around.nonce, endpoint: endpoint && new URL(endpoint, win.location.href).href.replace(/\/+$/, '')};
		if (options.endpoint) hub.own = `${options.endpoint}/v1/widget/`;
		key = given.projectKey;
		if (options.consent === 'pending' && !granted) {
			hub.mute(true);
			await new Promise(done => {
				grant = () => done(undefined);
			});
			grant = null;
			hub.mute(paused);
		}
		const asset = (/** @type {string} */ name) => around.asset(name, options);
		/** @type {RecorderMaker} */
		const make = await around.part('recorder', asset, options);
		if (mine !== life) throw new Error('Rearview was destroyed.');
		const made = make(hub, {options, asset, part: name => around.part(name, asset, options), emit, warn: say.warn});
		recorder = made;
		try {
			if (user) made.user(user);
			if (paused) made.pause(true);
			const {config} = await made.start();
			if (mine !== life) throw new Error('Rearview was destroyed.');
			if (config?.features?.bugpilot_alias && !('Bugpilot' in win)) hub.native.define(win, 'Bugpilot', {value: api, configurable: true, writable: true});
		} catch (error) {
			made.stop();
			if (recorder === made) recorder = null;
			if (mine === life) around.destroy();
			throw error;
		}
		loaded = true;
		emit('load', {});
	};

	/** @template T @template [G=void] @param {(reports: import('../report.js').Reports, given: G) => Promise<T>} use @param {() => G} [take]  what was given, as it is now @returns {Promise<T>} */
	const withReports = (use, take) => quiet((async () => {
		const given = /** @type {G} */ (take?.());
		if (!ready) throw new Error('Rearview.init() was not called yet.');
		await ready;
		if (!recorder) throw new Error('Rearview was destroyed.');
		return use(await recorder.reports(), given);
	})());

	/** @param {boolean} [forget] */
	const end = forget => void hub.attempt(() => {
		life++;
		ready = grant = null;
		loaded = paused = false;
		const was = recorder;
		recorder = null;
		was?.stop(forget);
		listeners.clear();
		hub.contexts = {};
		around.destroy();
		if (/** @type {any} */ (win).Bugpilot === api) delete /** @type {any} */ (win).Bugpilot;
	});

	const api = {
		/** Starts recording. Further calls return the first one's promise, unless that failed. @param {InitOptions} options @returns {Promise<void>} */
		init(options) {
			if (!ready) {
				around.revive();
				const mine = ++life;
				const attempt = begin(options, mine);
				ready = attempt;
				attempt.catch(error => {
					if (life !== mine) return;
					ready = null;
					say.error(`Rearview could not start: ${error?.message ?? error}`);
				});
			}
			return quiet(ready);
		},

		/** Says who the user is; see the merge rule in the documentation. @param {{id: string | number, [property: string]: any}} given */
		identify(given) {
			hub.attempt(() => {
				const next = mergeUser(user, given, say);
				if (!next) return;
				user = next;
				recorder?.user(next);
				emit('identify', {...next});
			});
		},

		/** Forgets the user and ends the session and its window. */
		logout() {
			hub.attempt(() => {
				user = null;
				recorder?.logout();
			});
		},

		/**
		 * Sends a report with the replay and the logs of the last minutes.
		 * @param {Report & Record<string, any>} [metadata]  other keys go into `custom`
		 * @param {{screenshot?: boolean} & Record<string, any>} [overrides]  replaces fields of the page's description, such as `url`
		 * @returns {Promise<Saved>} `{queued: true}` when it could not be sent yet
		 */
		saveReport(metadata, overrides) {
			return withReports((reports, given) => reports.saveReport(given[0], given[1]), () => [plain(metadata ?? {}), plain(overrides ?? {})]);
		},

		.../** @type {LaterApi} */ (/** @type {unknown} */ (Object.fromEntries(LATER.map(name => [name, (/** @type {any} */ given) => withReports(reports => /** @type {any} */ (reports)[name](given))])))),

		/** @param {EventName} name @param {(detail: any) => any} listener */
		on(name, listener) {
			if (!EVENTS.includes(name) || typeof listener !== 'function') return say.error(`Rearview.on(): the event is one of ${EVENTS.join(', ')}, the listener a function.`);
			listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
			if (name === 'load' && loaded) hub.native.setTimeout(() => listeners.get(name)?.has(listener) && hub.attempt(() => listener({})), 0);
		},

		/** @param {EventName} name @param {(detail: any) => any} listener */
		off(name, listener) {
			listeners.get(name)?.delete(listener);
		},

		/** Stops observing until resume(); what was recorded stays. */
		pause() {
			paused = true;
			hub.attempt(() => recorder ? recorder.pause(true) : hub.mute(true));
		},
		resume() {
			paused = false;
			hub.attempt(() => recorder ? recorder.pause(false) : hub.mute(grant !== null));
		},

		/** A line of the application's own among the console's. @param {string} message @param {Record<string, any>} [data] */
		addBreadcrumb(message, data) {
			hub.attempt(() => hub.breadcrumb([`${message}`.slice(0, 2000), ...data ? [JSON.stringify(plain(data))] : []]));
		},

		/** Goes into `custom` of every report from now on. @param {string} name @param {any} value  null: no more */
		setContext(name, value) {
			hub.attempt(() => {
				if (value === null) delete hub.contexts[name];
				else if (Object.keys(hub.contexts).length < CONTEXTS) Object.assign(hub.contexts, plain({[name]: value}));
			});
		},

		/**
		 * With init({consent: 'pending'}): recording begins, or never does. 'denied' at any time ends it
		 * and forgets what is stored.
		 * @param {'granted' | 'denied'} answer
		 */
		consent(answer) {
			granted = answer === 'granted';
			if (granted) grant?.();
			else if (answer === 'denied') {
				end(true);
				hub.attempt(() => {
					win.localStorage.removeItem('rearview.visitor');
					win.sessionStorage.removeItem('rearview.session');
				});
				for (const n of ['', '.1', '.2', '.3']) hub.attempt(() => key && win.indexedDB.deleteDatabase(`rearview-${key}${n}`));
			}
		},

		/** Stops everything and gives the page its functions back. init() starts anew. */
		destroy: () => end(),
	};
	return api;
}
