/* rearview.later.js: what the worker does not need to record: reports and their queue, actions, what the
 * tools make of the recording, frames of another origin, tidying up. Loaded after the first batch, or when
 * it is asked for. */
import {loadTools} from './core.js';
import {startActions} from './worker_actions.js';
import {below, openOne, readAll, within} from './worker_db.js';
import {createFlush} from './worker_flush.js';
import {startFrames} from './worker_frames.js';
import {startQueue} from './worker_queue.js';
import {startRecordings} from './worker_recording.js';
import {reportBody} from './worker_report.js';
import {KEEP, SESSION_MS} from './worker_session.js';

/** @typedef {ReturnType<typeof startLater>} Later */
/** @typedef {typeof part} Part */

/** A report does not wait longer for the tools. */
const TOOLS_MS = 5000;
/** Of a database that was left because it hung. */
const RESCUE_MS = 4000;
/** Pictures that may be under way. */
const PLANS = 3;

/**
 * @param {object} ctx
 * @param {any} ctx.options  of the `init` message
 * @param {string} ctx.scope
 * @param {import('./worker_db.js').Db} ctx.db
 * @param {import('./worker_config.js').Config} ctx.config
 * @param {() => unknown} ctx.refresh  fetches the configuration for the next page
 * @param {Awaited<ReturnType<typeof import('./worker_session.js').startSession>>} ctx.session
 * @param {Awaited<ReturnType<typeof import('./worker_core.js').startCore>>} ctx.core
 * @param {ReturnType<typeof import('./worker_frames.js').startFrames> | null} ctx.frames
 * @param {{user: Record<string, any> | null, url: string, visible: boolean}} ctx.page  as it is now
 * @param {Set<string>} ctx.degraded
 * @param {(message: object) => void} ctx.send
 * @param {(name: string, detail: Record<string, unknown>) => void} ctx.event
 * @param {(url: string, how?: RequestInit) => Promise<WebAssembly.Module | import('./core.js').Make>} ctx.fetchModule
 * @param {(address: string) => Promise<any>} ctx.loadScript
 * @param {boolean} ctx.inPage
 */
function startLater({options, scope, db, config, refresh, session, core, frames, page, degraded, send, event, fetchModule, loadScript, inPage}) {
	const {projectKey, endpoint, toolsUrl} = options;
	const strict = config.privacy?.level === 'strict';

	/** Without a core nothing is known to be harmless. @param {string} text */
	const redact = text => {
		try {
			return core.use(core => core.redact(text));
		} catch {
			return '';
		}
	};

	/** Actions that came before there is anything to report. @type {object[] | null} */
	let actionsHeld = [];
	/** @type {ReturnType<typeof startActions> | null} */
	let actions = null;
	const connect = () => {
		if (!endpoint) return;
		actions?.connect();
		actions ||= startActions(`${endpoint.replace(/^http/, 'ws')}/v1/widget/actions?key=${encodeURIComponent(projectKey)}`,
			() => ({visitor: session.visitor, session: session.id, user: page.user, url: redact(page.url), visible: page.visible}),
			{action: action => actionsHeld ? actionsHeld.push(action) : send(action), config: refresh});
	};

	const recordings = startRecordings(db, scope);
	const queue = endpoint ? startQueue(db, scope, {endpoint, projectKey}, (name, detail) => {
		event(name, detail);
		if (name === 'submit') assets?.then(it => it.pump()).catch(() => {});
	}, recordings) : null;

	/** @type {Promise<ReturnType<typeof import('./worker_assets.js').startAssets>> | null} */
	let assets = null;
	/** What recordings refer to; not in the page's own thread. */
	const useAssets = async () => assets ||= (RV_WHOLE ? import('./worker_assets.js') : import(new URL(`rearview.assets.js?v=${RV_FILES['assets.js']}`, toolsUrl).href))
		.then(({startAssets}) => startAssets({db, scope, endpoint, projectKey, strict, tools, isQueued: queue?.has}));
	const wantsAssets = !inPage && config.capture?.assets !== false;

	const flushing = createFlush();
	/** What the page has seen so far is in the core afterwards. */
	const flush = () => Promise.all([frames?.flush(), flushing.ask(send)]);
	/** The same, for what leaves the browser. */
	const settle = async () => {
		await flush();
		await core.settle().catch(() => {});
	};

	/** @type {ReturnType<typeof fetchModule> | null} */
	let toolsModule = null;
	const fetchTools = () => toolsModule ||= fetchModule(toolsUrl, {priority: 'low'}).catch(error => {
		toolsModule = null;
		throw error;
	});
	/** A new one for each piece of work: a Wasm heap never shrinks. */
	const tools = async () => loadTools(await Promise.race([fetchTools(), new Promise((_, reject) => setTimeout(reject, TOOLS_MS, new Error('no answer')))]));

	/** @type {Promise<typeof import('./flat/flat.js')> | null} */
	let flat = null;
	/** What pictures are made with. */
	const useFlat = () => flat ||= (async address => {
		if (RV_WHOLE) return import('./flat/flat.js');
		if (inPage) return loadScript(address);
		/* There already: bridge.js. */
		if (!(/** @type {any} */ (globalThis).rearviewFlat)) await import(address).catch(() => loadScript(address)).catch(() => import(new URL('rearview.flat.js', location.href).href));
		return /** @type {any} */ (globalThis).rearviewFlat;
	})(toolsUrl.split('#')[3] ?? new URL(`rearview.flat.js?v=${RV_FILES['flat.js']}`, toolsUrl).href).catch(error => {
		flat = null;
		throw error;
	});
	/** Pictures begun. @type {Map<number, import('./flat/flat.js').Plan>} */
	const plans = new Map();
	let planned = 0;

	/** @param {any} image @returns {Promise<ArrayBuffer>} */
	const png = async ({pixels, width, height}) => (await tools()).png(new Uint8Array(pixels), width, height).buffer;

	/** @param {any} report */
	const makeReport = async report => {
		if (!queue) throw new Error('Rearview has no endpoint to send reports to. exportReplay() works without one.');
		const {pixels, parts, files: given, recording, from, to, ...rest} = report;
		const notes = [...degraded, ...report.notes || []];
		/** @type {{kind: string, mime: string, bytes: ArrayBuffer, name?: string}[]} */
		const files = [];
		/** A part that cannot be made must not cost the report. @param {string} kind @param {() => any} make */
		const attempt = async (kind, make) => {
			try {
				return await make();
			} catch (error) {
				notes.push(`${kind}: ${/** @type {any} */ (error)?.message || error}`);
			}
		};
		/** @param {string} kind @param {string} mime @param {() => ArrayBuffer | Promise<ArrayBuffer>} make */
		const add = (kind, mime, make) => attempt(kind, async () => files.push({kind, mime, bytes: await make()}));
		await settle();
		const capture = await attempt('capture', () => core.use(core => core.counters()));
		const window = await attempt('replay', () => core.use(core => core.window(from || 0, to || 0)));
		const made = window && await attempt('tools', tools);
		const logs = made && await attempt('logs', () => JSON.parse(made.logs(window)));
		for (const list of ['console', 'network']) if (logs && parts?.[list] === false) delete logs[`${list}_logs`];
		const cut = made && await attempt('window', () => made.cut(window));
		/* Uncut it begins somewhat before the window. */
		if (window && parts?.replay) await add('replay', 'application/vnd.rearview.replay', () => (cut || window.stream).buffer);
		if (pixels) await add('screenshot', 'image/png', () => png({...pixels, pixels: pixels.data}));
		for (const file of given || []) {
			/* An application's own files come as they are. */
			const {name, kind, blob} = file instanceof Blob ? {name: /** @type {any} */ (file).name || 'file', kind: file.type.startsWith('video/') ? 'recording' : 'screenshot', blob: file} : file;
			await attempt(name, async () => files.push({kind, mime: blob.type, bytes: await blob.arrayBuffer(), name}));
		}
		const film = recording && await recordings.part(recording);
		if (recording && !film) notes.push('recording_empty');
		return queue.add(reportBody({...rest, pixels, parts, notes}, {user: page.user, session: session.id, strict, logs: {...logs, capture}, dropped: queue.dropped(), redact}), files, key => {
			if (wantsAssets && cut && parts?.replay) useAssets().then(it => it.add(key, cut)).catch(() => {});
		}, film);
	};

	/** Moves the reports of databases that were left into the one in use. */
	const rescue = async () => {
		for (const name of db.left()) {
			try {
				const old = await within(openOne(name), RESCUE_MS);
				const [keys, rows] = await within(readAll(old, IDBKeyRange.bound(['part'], ['report', []])), RESCUE_MS);
				old.close();
				await db.write(store => keys.forEach((key, i) => store.put(rows[i], key)), true);
				indexedDB.deleteDatabase(name);
			} catch {}
		}
	};

	/** Deletes the sessions that nobody can take up again. */
	const sweep = async () => {
		const all = (await db.read(store => store.getAll(below('session')))).sort((/** @type {any} */ a, /** @type {any} */ b) => b.at - a.at);
		let kept = 0;
		for (const {id, at} of all) {
			if (id === session.id) continue;
			const free = session.locks ? await session.lock(id) : () => {};
			if (!free) continue;
			if (Date.now() - at > SESSION_MS || ++kept > KEEP) {
				await db.write(store => {
					store.delete(['session', id]);
					store.delete(below('ring', id));
				}).catch(() => {});
			}
			free();
		}
	};

	/** A report of an earlier page may wait. */
	queue?.pump();

	return {
		/** What is asked for with an answer, by the message's name. @type {Record<string, (message: any) => Promise<any>>} */
		asked: {
			report: ({report}) => makeReport(report),
			async export({format, from, to}) {
				await settle();
				const window = core.use(core => core.window(from || 0, to || 0));
				const made = await tools();
				const stream = made.cut(window);
				return format === 'native' ? stream.buffer : [made.rrweb(stream)];
			},
			/* The document now: batches go on meanwhile. */
			async picture() {
				const {stream} = core.use(core => core.window(Number.MAX_SAFE_INTEGER, 0));
				const made = await (await useFlat()).plan((await tools()).markup(stream));
				plans.set(++planned, made);
				if (plans.size > PLANS) plans.delete(plans.keys().next().value ?? 0);
				return {plan: planned, media: made.media, states: made.states};
			},
			async markup({plan, facts}) {
				const made = plans.get(plan);
				if (!made) throw new Error('The picture was begun too long ago.');
				plans.delete(plan);
				return (await useFlat()).draw(made, facts);
			},
			png,
			recording: message => recordings.told(message),
			/** What a report of now would hold, for the one who sends it. */
			async preview() {
				await flush();
				const window = core.use(core => core.window(0, 0));
				const made = await tools();
				const {console_logs, network_logs} = JSON.parse(made.logs(window));
				return {from: window.from, to: window.to, bytes: made.cut(window).byteLength, console_logs, network_logs, session: session.id};
			},
			async retry() {
				queue?.retry();
			},
			counters: async () => core.use(core => core.counters()),
		},
		/** The other messages. @type {Record<string, (message: any) => unknown>} */
		told: {
			result: ({action, ok, report, error}) => actions?.result(action, ok, report, error),
			ack: ({action}) => actions?.ack(action),
			flushed: ({id}) => flushing.answered(id),
			connect,
		},
		/** The first batch is in, or none will come. */
		release() {
			actionsHeld?.forEach(action => send(action));
			actionsHeld = null;
			/* While there is a network: the first report may be about its absence. */
			if (!inPage) fetchTools().catch(() => {});
		},
		/** Something of the page, the user or the session changed. */
		update: () => actions?.update(),
		/** What is not urgent. */
		idle: () => fetchTools().catch(() => {}).then(rescue).then(() => queue?.pump()).then(() => queue && recordings.finish(makeReport)).then(sweep)
			.then(async () => queue && wantsAssets && await db.read(store => store.count(below('assets'))) && (await useAssets()).pump()).catch(() => {}),
		/** The page is left, perhaps for good. */
		leave: () => actions?.leave(),
		stop() {
			actions?.stop();
			queue?.stop();
			assets?.then(it => it.stop()).catch(() => {});
		},
	};
}

const part = {startLater, startFrames};

/* In the page's own rung a script element asked for it. */
/** @type {any} */
const script = typeof document === 'object' && Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')?.get?.call(document);
if (script) script.rearview?.(part);
else /** @type {any} */ (globalThis).rearviewLater = part;

export {};
