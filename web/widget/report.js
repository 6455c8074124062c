/* rearview.report.js: what is made of the recording when somebody asks: reports, exports, pictures, and
 * what support may ask of the page. Fetched with the extras, so that a report made offline is made too;
 * one that comes before that waits for it. */
import {pageMeta} from './api/page.js';
import {createWords} from './ui/words.js';

/** @typedef {ReturnType<typeof createReports>} Reports */
/** @typedef {{data: ArrayBuffer, width: number, height: number}} Pixels  RGBA */
/**
 * A report as the panel or the application's own form makes it.
 * @typedef {object} Draft
 * @property {string} trigger
 * @property {string} [title]
 * @property {string} [description]
 * @property {string} [item_type]
 * @property {string} [email]
 * @property {string} [name]
 * @property {Record<string, any>} [custom]
 * @property {{selector: string, tag: string, text: string, rect: {x: number, y: number, width: number, height: number}, outer_html: string}} [element]
 * @property {Pixels} [pixels]  handed over
 * @property {(Blob | {name: string, kind: 'screenshot' | 'recording', blob: Blob})[]} [files]
 * @property {string} [recording]  of rearview.screen.js, by its id
 * @property {string} [session_token]
 * @property {string[]} [notes]
 * @property {{replay: boolean, console: boolean, network: boolean}} [parts]  all, when nothing is said
 * @property {(key: string) => void} [stored]
 *
 * What a part that people see is made with.
 * @typedef {object} PartCtx
 * @property {import('./host/hub.js').Hub} hub
 * @property {import('./api/api.js').RecorderOptions['part']} part
 * @property {any} config  the workspace's
 * @property {import('./api/api.js').InitOptions & {endpoint: string | null}} options
 * @property {import('./api/api.js').RecorderOptions['emit']} emit
 * @property {import('./ui/words.js').Words} words
 * @property {() => import('./api/identify.js').User | null} user
 * @property {Reports} reports
 */

const ANSWER_MS = 30_000;
const REPORT_MS = 300_000;

/**
 * @param {object} ctx
 * @param {import('./host/hub.js').Hub} ctx.hub
 * @param {import('./bridge.js').Bridge} ctx.bridge
 * @param {Record<string, (message: any) => void>} ctx.handlers  of the worker's messages
 * @param {import('./record/ids.js').Ids} ctx.ids
 * @param {(name: import('./api/api.js').EventName, detail: any) => any[]} ctx.emit
 * @param {() => Promise<void>} ctx.everything  also what comes later and soon
 * @param {() => number} ctx.lost  events that found no room
 * @param {PartCtx['options']} ctx.options
 * @param {PartCtx['part']} ctx.part
 * @param {any} ctx.config
 * @param {PartCtx['user']} ctx.user
 */
export function createReports({hub, bridge, handlers, ids, emit, everything, lost, options, part, config, user}) {
	const {win, native, plain} = hub;
	const {send} = bridge;
	/** Takes the `reply`. @type {Map<number, (reply: {ok?: boolean, value?: any, error?: string}) => void>} */
	const asked = new Map();
	let last = 0;

	/** A request with an answer. @param {any} message @param {Transferable[]} [transfer] @param {number} [ms] @returns {Promise<any>} */
	const ask = (message, transfer = [], ms = ANSWER_MS) => new Promise((done, failed) => {
		const id = ++last;
		const timer = native.setTimeout(() => settle({error: 'The worker did not answer in time.'}), ms);
		/** @param {{ok?: boolean, value?: any, error?: string}} reply */
		const settle = ({ok, value, error}) => {
			asked.delete(id);
			native.clearTimeout(timer);
			if (ok) done(value);
			else failed(Error(error));
		};
		asked.set(id, settle);
		if (!send({...message, id}, transfer)) settle({error: 'The worker is not available.'});
	});
	handlers.reply = message => asked.get(message.id)?.(message);
	/** @type {((detail: any) => void) | null} */
	let onProgress = null;
	const told = handlers.event;
	/** @type {Set<(detail: any) => void>} */
	const onSubmit = new Set();
	handlers.event = message => {
		if (message.name === 'progress') return onProgress?.(message.detail);
		if (message.name === 'submit') onSubmit.forEach(listener => listener(message.detail));
		told(message);
	};
	handlers.lost = message => asked.forEach(settle => settle(message));

	const size = () => ({width: win.innerWidth, height: win.innerHeight});
	/** @type {Promise<import('./shot.js').Shots> | null} */
	let shots = null;
	/** @param {import('./shot.js').ShotOptions} [options] @returns {Promise<Pixels & {notes: string[]}>} */
	const takePixels = async options => {
		shots ||= part('shot').then(make => make({hub, ask, ids, flush: everything}), error => {
			shots = null;
			throw error;
		});
		return (await shots).take(options);
	};
	const textOf = (/** @type {any} */ error) => String(error?.message ?? error);

	/** @param {Draft & {overrides?: Record<string, any>}} draft @param {boolean} [wantsShot] @returns {Promise<import('./api/api.js').Saved>} */
	const report = async ({stored, parts, ...given}, wantsShot) => {
		const notes = [...given.notes ?? []];
		let {pixels} = given;
		if (wantsShot && !pixels) {
			try {
				const {notes: told, ...taken} = await takePixels();
				pixels = taken;
				notes.push(...told.map(note => `screenshot: ${note}`));
			} catch (error) {
				notes.push(`screenshot: ${textOf(error)}`);
			}
		}
		const {errors, dropped} = hub.counters();
		const missed = dropped + lost();
		if (errors) notes.push(`widget_errors: ${errors}`);
		if (missed) notes.push(`events_lost: ${missed}`);
		await everything();
		emit('capture', {screenshot: !!pixels});
		const draft = {title: given.title, description: given.description, item_type: given.item_type, custom: {...hub.contexts, ...given.custom}};
		if (emit('beforesubmit', draft).includes(false)) throw new Error('A beforesubmit listener cancelled the report.');
		const {title, description, item_type, custom} = plain(draft);
		return ask({
			t: 'report',
			report: {
				...given, title, description, item_type, custom, notes, pixels,
				meta: pageMeta(win, size()),
				parts: {replay: true, ...parts, screenshot: !!pixels},
			},
		}, pixels ? [pixels.data] : [], REPORT_MS);
	};

	/* ---- what people see: made when it is first asked for ---- */
	const ended = new AbortController();
	/** @type {Map<string, Promise<any>>} */
	const made = new Map();
	/** @param {'ui' | 'screen' | 'mark' | 'pick'} name @returns {Promise<any>} */
	const use = name => {
		const known = made.get(name);
		if (known) return known;
		const coming = part(name).then(make => {
			if (ended.signal.aborted) throw new Error('Rearview was destroyed.');
			return make({hub, part, config, options, emit, words: createWords(win, config), user, reports});
		});
		made.set(name, coming);
		/* It may be there another time. */
		coming.catch(() => made.delete(name));
		return coming;
	};
	const OPENERS = '[data-rv-open],.bug-report-button';
	native.listen(win, 'click', hub.guard((/** @type {MouseEvent} */ event) => {
		if (event.defaultPrevented || event.button) return;
		const opener = native.path(event).find((/** @type {any} */ node) => node?.nodeType === 1 && native.matches(node, OPENERS));
		if (!opener) return;
		event.preventDefault();
		reports.open().catch(() => {});
	}), {signal: ended.signal});
	const feedback = config?.modules?.feedback;

	const reports = {
		/** @param {Record<string, any>} metadata plain @param {Record<string, any>} overrides plain */
		saveReport({title, description, item_type, custom, ...rest}, {screenshot, ...overrides}) {
			return report({trigger: 'sdk', title, description, item_type, custom: {...rest, ...custom}, overrides}, screenshot === true);
		},
		/** What support asks: acknowledged at once, done, answered. @param {any} message */
		async act({action, kind, sessionToken, description}) {
			/** @type {Draft} */
			const draft = {trigger: 'wss', description: description ?? undefined, session_token: sessionToken};
			let screen;
			if (kind === 'show-recording-ui') screen = await use('screen').catch(() => {});
			if (!screen && kind !== 'upload-session' && kind !== 'upload-screenshot') return send({t: 'result', action, ok: false, error: 'ACTION_NOT_SUPPORTED'});
			send({t: 'ack', action});
			emit('action', {action: kind});
			try {
				const saved = await (screen ? screen.start({draft}) : report(draft, kind === 'upload-screenshot'));
				send({t: 'result', action, ok: true, report: saved.id});
			} catch (error) {
				send({t: 'result', action, ok: false, error: textOf(error)});
			}
		},
		/** @param {import('./api/api.js').ExportOptions} options @returns {Promise<any>} */
		async exportReplay({format = 'rrweb', from = 0, to = 0} = {}) {
			await everything();
			const value = await ask({t: 'export', format, from: Number(from), to: Number(to)});
			return format === 'native' ? new Blob([value], {type: 'application/vnd.rearview.replay'}) : JSON.parse(value.join(''));
		},
		/** @param {import('./shot.js').ShotOptions} [options] @returns {Promise<Blob>} a PNG */
		async takeScreenshot(options) {
			return reports.png(await takePixels(options));
		},
		/** The page as it is now; what could not be had is told of in the notes. */
		shot: takePixels,
		/** @param {Pixels} pixels handed over @returns {Promise<Blob>} */
		png: async ({data, width, height}) => new Blob([await ask({t: 'png', pixels: data, width, height}, [data])], {type: 'image/png'}),
		/** @param {Draft | import('./api/api.js').Submission} draft */
		async submit(draft) {
			const {screenshot, ...rest} = /** @type {any} */ (draft);
			return report({trigger: 'sdk', ...rest}, screenshot === true);
		},
		/** @param {import('./api/api.js').OpenOptions} [given] */
		open: async given => (await use('ui')).open(given),
		close: async () => (await made.get('ui'))?.close(),
		show: async () => (await use('ui')).show(),
		hide: async () => (await made.get('ui'))?.hide(),
		/** @param {import('./api/api.js').RecordingOptions} [given] */
		startRecording: async given => (await use('screen')).start(given),
		stopRecording: async () => (await made.get('screen'))?.stop(),
		/** @returns {Promise<{from: number, to: number, bytes: number, console_logs: any[], network_logs: any[], meta: Record<string, any>}>} what a report of now would hold */
		async preview() {
			await everything();
			return {...await ask({t: 'preview'}), meta: pageMeta(win, size())};
		},
		/** Sends what waits, now. */
		retry: () => ask({t: 'retry'}),
		/** How far reports on their way are. @param {((detail: {key: string, part: string, sent: number, total: number}) => void) | null} listener */
		watch(listener) {
			onProgress = listener;
		},
		/** @param {(detail: {key: string, number: number}) => void} listener  of every report that was sent @returns {() => void} */
		onSent(listener) {
			onSubmit.add(listener);
			return () => void onSubmit.delete(listener);
		},
		ask,
		/** The page as it is now. */
		meta: () => pageMeta(win, size()),
		/** Marking a picture. @returns {Promise<import('./mark.js').Mark>} */
		mark: () => use('mark'),
		/** Picking an element. @returns {Promise<import('./pick.js').Picker>} */
		pick: () => use('pick'),
		/** Takes everything people see away. */
		stop() {
			ended.abort();
			for (const one of made.values()) one.then(it => it.destroy?.(), () => {});
		},
	};
	if (feedback?.enabled !== false && feedback?.launcher === 'button') reports.show().catch(() => {});
	return reports;
}
