/* The worker's side of the protocol in docs/ARCHITECTURE.md: opens what the parts need, in order, and
 * passes messages on to them. Runs in a worker or, on the ladder's lower rungs, in the page. */
import {compile, loadCore} from './core.js';
import {startConfig} from './worker_config.js';
import {startCore} from './worker_core.js';
import {openDb} from './worker_db.js';
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
/** In the page: a checkpoint is one task. */
const RARE = {checkpoint_ms: 600_000, checkpoint_bytes: 4 << 20};
/** A page that is still there so long after `beforeunload` was not left. */
const STAY_MS = 2000;
/** When what is not urgent begins. */
const IDLE_MS = 5000;
/** Until rearview.later.js is asked for again. */
const AGAIN_MS = 60_000;

/**
 * @param {Port} port
 * @param {(address: string) => Promise<import('./core.js').Make>} loadScript  a file of the JavaScript build
 * @param {(address: string) => Promise<import('./worker_later.js').Part>} loadLater
 * @param {() => Promise<unknown>} [rest]  in the page: lets other work of its thread go first
 */
export function startWorker(port, loadScript, loadLater, rest) {
	let isScript = false;
	/** @param {string} url @param {RequestInit} [how] @returns {Promise<WebAssembly.Module | import('./core.js').Make>} */
	const fetchModule = async (url, how) => {
		try {
			if (!isScript) return await compile(await fetch(url, how));
		} catch (error) {
			if (typeof WebAssembly === 'object' && !(error instanceof WebAssembly.CompileError)) throw error;
			isScript = true; /* the browser or the page's policy runs no Wasm */
		}
		return loadScript(url.split('#')[1] ?? url.replace(/\.wasm(?=\?|$)/, '.wasm.js'));
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
		const page = {url: '', visible: true, ...options.page, user: null};
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

		const scope = `rearview-${options.projectKey}`;
		const db = openDb(scope, note);
		const module = fetchModule(options.wasmUrl);
		module.catch(() => {});
		/** @type {ReturnType<typeof loadLater> | null} */
		let file = null;
		const fetchLater = () => file ||= loadLater(options.toolsUrl.split('#')[2] ?? new URL(`rearview.later.js?v=${RV_FILES['later.js']}`, options.toolsUrl).href).catch(error => {
			file = null;
			throw error;
		});
		/* A frame does not wait long for an answer. */
		const framed = options.frames ? fetchLater().catch(() => null) : null;
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
		const frames = (await framed)?.startFrames(core, note) || null;

		/** @type {import('./worker_later.js').Later | null} */
		let later = null;
		let released = false;
		const useLater = async () => {
			const {startLater} = await fetchLater();
			if (!later) {
				later = startLater({options, scope, db, config, refresh, session, core, frames, page, degraded, send, event, fetchModule, loadScript, inPage: !!rest});
				if (released) later.release();
			}
			return later;
		};
		const update = () => later?.update();
		/** The first batch is in, or none will come. */
		const release = () => {
			if (released) return;
			released = true;
			later?.release();
			useLater().catch(() => {});
		};
		const idle = () => void useLater().then(it => it.idle(), () => setTimeout(idle, AGAIN_MS));

		/* WebKit's back/forward cache stops a worker amid its transactions, and those keep the database from every
		 * page after this one, even when the worker is terminated: a page that may go has none. Without locks
		 * the last row says that the session was left, so it is stored. */
		const stops = session.locks && /AppleWebKit(?!.*Chrom)/.test(navigator.userAgent);
		let paused = false;
		let left = false;
		const ticks = setInterval(() => {
			if (page.visible || paused || left) return;
			send({t: 'tick'});
			frames?.tick();
		}, TICK_MS);

		const told = () => event('session', {session: session.id, visitor: session.visitor});

		const comeBack = async () => {
			left = false;
			db.wake();
			if (!await session.resume()) {
				core.moved();
				told();
			}
			update();
		};

		/** @type {Record<string, (message: any) => unknown>} */
		const handlers = {
			batch({seq, buf, n, strings}) {
				if (seq === 1) frames?.drop();
				core.batch(seq, buf, n, strings);
				release();
				if (left) core.save(2);
			},
			user(message) {
				page.user = message.user;
				update();
			},
			logout() {
				page.user = null;
				core.forget(() => session.renew()).then(() => {
					told();
					update();
				}).catch(() => {});
			},
			page({url, visible}) {
				page.url = url ?? page.url;
				page.visible = visible ?? page.visible;
				if (left && page.visible) comeBack().catch(() => {});
				else if (!left) update();
			},
			frame: message => frames?.add(message),
			ping: () => send({t: 'pong'}),
			pause() {
				paused = true;
				frames?.drop();
			},
			resume() {
				paused = false;
				core.use(core => core.restart()); /* a new epoch follows */
			},
			save() {
				if (stops) db.sleep(STAY_MS);
				else core.save(1);
				/* Without locks the row alone says whose the session is: a page that stays says so. */
				setTimeout(() => left || session.stay(), STAY_MS);
			},
			pagehide() {
				left = true;
				if (stops) db.sleep();
				else core.save(2);
				session.leave();
				later?.leave();
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
				later?.stop();
			},
		};

		handle = message => {
			const {t, id} = message;
			if (Object.hasOwn(handlers, t)) handlers[t](message);
			else useLater().then(async ({asked, told}) => {
				if (!Object.hasOwn(asked, t)) return told[t]?.(message);
				const value = await asked[t](message);
				send({t: 'reply', id, ok: true, value}, value instanceof ArrayBuffer ? [value] : []);
			}).catch(error => send({t: 'reply', id, ok: false, error: String(error?.message || error)}));
		};
		send({t: 'ready', config, session: session.id, visitor: session.visitor, abi: core.use(core => core.abi), degraded: [...degraded]});
		ready = true;
		const waiting = early || [];
		early = null;
		for (const message of waiting) handle(message);
		if (config.actions?.always_connect === true) handle({t: 'connect'});
		setTimeout(release, READY_MS);
		setTimeout(idle, IDLE_MS);
	};
}
