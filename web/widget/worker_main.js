/* The worker's side of the protocol in docs/ARCHITECTURE.md: opens what the parts need, in order, and
 * passes messages on to them. Runs in a worker or, on the ladder's lower rungs, in the page. */
import {compile, loadCore, loadTools} from './core.js';
import {startActions} from './worker_actions.js';
import {startConfig} from './worker_config.js';
import {startCore} from './worker_core.js';
import {below, openDb} from './worker_db.js';
import {createFlush} from './worker_flush.js';
import {addResources, svgUrl} from './worker_markup.js';
import {startFrames} from './worker_frames.js';
import {startQueue} from './worker_queue.js';
import {reportBody} from './worker_report.js';
import {startSession} from './worker_session.js';

/**
 * @typedef {object} Port  a worker's global scope, or what stands for it
 * @property {(message: any, transfer: Transferable[]) => void} postMessage  arrives later
 * @property {((event: {data: any}) => void) | null} onmessage
 * @property {() => void} [close]
 */

const TICK_MS = 1000;
/** A page that has nothing to record by then is asked all the same. */
const READY_MS = 2000;
const TOOLS_MS = 5000;
/** In the page: a checkpoint is one task. */
const RARE = {checkpoint_ms: 600_000, checkpoint_bytes: 4 << 20};
/** A page that is still there so long after `beforeunload` was not left. */
const STAY_MS = 2000;
/** When what is not urgent begins. */
const IDLE_MS = 5000;

/**
 * @param {Port} port
 * @param {(address: string) => Promise<import('./core.js').Make>} loadScript  a file of the JavaScript build
 * @param {() => Promise<unknown>} [rest]  in the page: lets other work of its thread go first
 */
export function startWorker(port, loadScript, rest) {
	let isScript = false;
	/** @param {string} url @param {RequestInit} [how] @returns {Promise<WebAssembly.Module | import('./core.js').Make>} */
	const fetchModule = async (url, how) => {
		try {
			if (!isScript) return await compile(await fetch(url, how));
		} catch (error) {
			if (typeof WebAssembly === 'object' && !(error instanceof WebAssembly.CompileError)) throw error;
			isScript = true; /* the browser or the page's policy runs no Wasm */
		}
		return loadScript(url.replace(/\.wasm(?=\?|$)/, '.wasm.js'));
	};
	/** @type {any[] | null} */
	let early = [];
	/** @type {((message: any) => void) | null} */
	let handle = null;
	let abandon = () => {};

	/** @param {object} message @param {Transferable[]} [transfer] */
	const send = (message, transfer = []) => port.postMessage(message, transfer);

	port.onmessage = ({data}) => {
		try {
			if (handle) handle(data);
			else if (data?.t === 'init') init(data.options).catch(error => {
				abandon();
				send({t: 'failed', error: String(error?.message || error)});
			});
			else early?.push(data);
		} catch (error) {
			/* Nothing of ours may reach the page's own error handlers. */
			send({t: 'event', name: 'degrade', detail: {what: 'worker', message: String(error)}});
		}
	};

	/** @param {any} options */
	const init = async options => {
		const {projectKey, endpoint} = options;
		const page = {url: '', visible: true, ...options.page};
		/** @type {Record<string, any> | null} */
		let user = null;
		let ready = false;
		/** @type {Set<string>} */
		const degraded = new Set();
		/** @param {string} name @param {Record<string, unknown>} detail */
		const event = (name, detail) => send({t: 'event', name, detail});
		/** @param {string} what */
		const note = what => {
			if (degraded.has(what)) return;
			degraded.add(what);
			if (ready) event('degrade', {what});
		};

		const scope = `rearview-${projectKey}`;
		const db = openDb(scope, note);
		const module = fetchModule(options.wasmUrl);
		module.catch(() => {});
		const configured = startConfig(db, options, note);
		if (options.gpc && (await configured).config.privacy?.honor_gpc) {
			db.close();
			return send({t: 'ready', abi: options.abi});
		}
		const [session, {config, refresh}] = await Promise.all([startSession(db, scope, options), configured]);
		if (!session.locks) note('locks');
		abandon = () => {
			session.leave();
			db.close();
		};

		const load = async () => loadCore(await module);
		await session.obey(JSON.stringify(config.privacy ?? {}));
		const core = await startCore({load, options: {...config.capture, ...config.privacy, ...rest && RARE}, db, session, send, note, rest});
		if (isScript) note('wasm');
		const frames = startFrames(core, note);
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
				() => ({visitor: session.visitor, session: session.id, user, url: redact(page.url), visible: page.visible}),
				{action: action => actionsHeld ? actionsHeld.push(action) : send(action), config: refresh});
		};
		/** The first batch is in, or none will come. */
		const release = () => {
			if (!actionsHeld) return;
			actionsHeld.forEach(action => send(action));
			actionsHeld = null;
			/* While there is a network: the first report may be about its absence. */
			if (!rest) fetchTools().catch(() => {});
		};

		const queue = endpoint ? startQueue(db, scope, {endpoint, projectKey}, (name, detail) => {
			event(name, detail);
			if (name === 'submit') assets?.then(it => it.pump()).catch(() => {});
		}) : null;

		/** @type {Promise<ReturnType<typeof import('./worker_assets.js').startAssets>> | null} */
		let assets = null;
		/** What recordings refer to; not in the page's own thread. */
		const useAssets = async () => assets ||= import(new URL(`rearview.assets.js?v=${RV_FILES['rearview.assets.js']}`, options.toolsUrl).href)
			.then(({startAssets}) => startAssets({db, scope, endpoint, projectKey, strict: config.privacy?.level === 'strict', tools, isQueued: queue?.has}));
		const wantsAssets = !rest && config.capture?.assets !== false;

		const flushing = createFlush();
		/** What the page has seen so far is in the core afterwards. */
		const flush = () => Promise.all([frames.flush(), flushing.ask(send)]);

		/** @type {ReturnType<typeof fetchModule> | null} */
		let toolsModule = null;
		const fetchTools = () => toolsModule ||= fetchModule(options.toolsUrl, {priority: 'low'}).catch(error => {
			toolsModule = null;
			throw error;
		});
		/** A new one for each piece of work: a Wasm heap never shrinks. A report does not wait for them long. */
		const tools = async () => loadTools(await Promise.race([fetchTools(), new Promise((_, reject) => setTimeout(reject, TOOLS_MS, new Error('no answer')))]));

		/** @param {ArrayBuffer} pixels @param {number} width @param {number} height */
		const png = async (pixels, width, height) => (await tools()).png(new Uint8Array(pixels), width, height);

		/** @param {any} scene @returns {Promise<string>} */
		const markup = async scene => {
			/* The document now, as a stream of its own: batches go on meanwhile. */
			const {stream} = core.use(core => core.window(Number.MAX_SAFE_INTEGER, 0));
			const made = await tools();
			await addResources(made.markup(stream, scene), (index, url) => made.markupResource(index, url));
			return svgUrl(made.markupSvg());
		};

		/** @param {any} report */
		const makeReport = async report => {
			if (!queue) throw new Error('Rearview has no endpoint to send reports to. exportReplay() works without one.');
			const {pixels, parts} = report;
			const notes = [...degraded, ...report.notes || []];
			/** @type {{kind: string, mime: string, bytes: ArrayBuffer}[]} */
			const files = [];
			/** A part that cannot be made must not cost the report. @param {string} kind @param {() => any} make */
			const attempt = async (kind, make) => {
				try {
					return await make();
				} catch (error) {
					notes.push(`${kind}: ${/** @type {any} */ (error)?.message || error}`);
				}
			};
			/** @param {string} kind @param {string} mime @param {() => any} make */
			const add = (kind, mime, make) => attempt(kind, async () => files.push({kind, mime, bytes: (await make()).buffer}));
			await flush();
			const capture = await attempt('capture', () => core.use(core => core.counters()));
			const window = await attempt('replay', () => core.use(core => core.window(0, 0)));
			const made = window && await attempt('tools', tools);
			const logs = made && await attempt('logs', () => JSON.parse(made.logs(window)));
			const cut = made && await attempt('window', () => made.cut(window));
			/* Uncut it begins somewhat before the window. */
			if (window && parts?.replay) await add('replay', 'application/vnd.rearview.replay', () => cut || window.stream);
			if (pixels) await add('screenshot', 'image/png', () => png(pixels.data, pixels.width, pixels.height));
			return queue.add(reportBody({...report, notes}, {user, session: session.id, strict: config.privacy?.level === 'strict', logs: {...logs, capture}, dropped: queue.dropped(), redact}), files, key => {
				if (wantsAssets && cut) useAssets().then(it => it.add(key, cut)).catch(() => {});
			});
		};

		/** @param {any} message */
		const exportReplay = async ({format, from, to}) => {
			await flush();
			const window = core.use(core => core.window(from || 0, to || 0));
			const made = await tools();
			const stream = made.cut(window);
			return format === 'native' ? stream.buffer : [made.rrweb(stream)];
		};

		let paused = false;
		let left = false;
		const ticks = setInterval(() => {
			if (page.visible || paused || left) return;
			send({t: 'tick'});
			frames.tick();
		}, TICK_MS);

		const told = () => event('session', {session: session.id, visitor: session.visitor});

		const comeBack = async () => {
			left = false;
			if (!await session.resume()) {
				core.moved();
				told();
			}
			actions?.update();
		};

		/** @param {number} id @param {Promise<any>} work */
		const reply = (id, work) => {
			work.then(value => send({t: 'reply', id, ok: true, value}, value instanceof ArrayBuffer ? [value] : []),
				error => send({t: 'reply', id, ok: false, error: String(error?.message || error)}));
		};

		/** @type {Record<string, (message: any) => unknown>} */
		const handlers = {
			batch({seq, buf, n, strings}) {
				if (seq === 1) frames.drop();
				core.batch(seq, buf, n, strings);
				release();
				if (left) core.save(2);
			},
			user(message) {
				user = message.user;
				actions?.update();
			},
			logout() {
				user = null;
				core.forget(() => session.renew()).then(() => {
					told();
					actions?.update();
				}).catch(() => {});
			},
			page({url, visible}) {
				page.url = url ?? page.url;
				page.visible = visible ?? page.visible;
				if (left && page.visible) comeBack().catch(() => {});
				else if (!left) actions?.update();
			},
			report: message => reply(message.id, makeReport(message.report)),
			export: message => reply(message.id, exportReplay(message)),
			markup: message => reply(message.id, markup(message)),
			png: message => reply(message.id, png(message.pixels, message.width, message.height).then(bytes => bytes.buffer)),
			counters: message => reply(message.id, (async () => core.use(core => core.counters()))()),
			result: ({action, ok, report, error}) => actions?.result(action, ok, report, error),
			ack: ({action}) => actions?.ack(action),
			flushed: ({id}) => flushing.answered(id),
			connect,
			frame: frames.add,
			ping: () => send({t: 'pong'}),
			pause() {
				paused = true;
				frames.drop();
			},
			resume() {
				paused = false;
				core.use(core => core.restart()); /* a new epoch follows */
			},
			save() {
				core.save(1);
				/* Without locks the row alone says whose the session is: a page that stays says so. */
				setTimeout(() => left || session.stay(), STAY_MS);
			},
			pagehide() {
				left = true;
				core.save(2);
				session.leave();
				actions?.leave();
			},
			stop({forget}) {
				handle = () => {};
				if (forget) db.close();
				clearInterval(ticks);
				core.save(2).finally(() => {
					core.stop();
					db.close();
					port.close?.();
				});
				session.leave();
				actions?.stop();
				queue?.stop();
				assets?.then(it => it.stop()).catch(() => {});
			},
		};

		handle = message => {
			if (Object.hasOwn(handlers, message?.t)) handlers[message.t](message);
		};
		send({t: 'ready', config, session: session.id, visitor: session.visitor, abi: core.use(core => core.abi), degraded: [...degraded]});
		ready = true;
		const waiting = early || [];
		early = null;
		for (const message of waiting) handle(message);
		if (config.actions?.always_connect === true) connect();
		setTimeout(release, READY_MS);
		queue?.pump();
		setTimeout(() => fetchTools().catch(() => {}).then(() => db.rescue()).then(() => queue?.pump()).then(() => session.sweep())
			.then(async () => queue && wantsAssets && await db.read(store => store.count(below('assets'))) && (await useAssets()).pump()).catch(() => {}), IDLE_MS);
	};
}
