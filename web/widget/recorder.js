/* rearview.recorder.js: observes the page, writes records, drives the worker. */
import * as rv from 'rv:records';
import {createBridge} from './bridge.js';
import {observeInput} from './observe/input.js';
import {observeLogs} from './observe/logs.js';
import {observePointer} from './observe/pointer.js';
import {firstScroll, observeScroll} from './observe/scroll.js';
import {measure, observeViewport} from './observe/viewport.js';
import {observeVisibility} from './observe/visibility.js';
import {createClock} from './record/clock.js';
import {createEncoder} from './record/encoder.js';
import {createFlow} from './record/flow.js';
import {createIds} from './record/ids.js';
import {createPrivacy} from './record/privacy.js';
import {createSheets} from './record/sheets.js';
import {createState} from './record/state.js';
import {FRAMES, createTree} from './record/tree.js';

/**
 * @callback Listen
 * @param {string} type
 * @param {(event: any) => void} handler
 *
 * What an observer gets.
 * @typedef {object} Ctx
 * @property {import('./host/hub.js').Hub} hub
 * @property {import('./api/api.js').InitOptions} options
 * @property {import('./api/api.js').RecorderOptions['part']} part
 * @property {Record<string, (message: any) => void>} handlers  of the worker's messages
 * @property {any} config
 * @property {(name: any, detail: any) => any} emit  tells the host's listeners
 * @property {import('./record/clock.js').Clock} clock
 * @property {import('./record/encoder.js').Encoder} enc
 * @property {import('./record/ids.js').Ids} ids
 * @property {import('./record/flow.js').Flow} flow
 * @property {import('./record/state.js').State} state
 * @property {import('./record/privacy.js').Privacy} privacy
 * @property {import('./record/sheets.js').Sheets} sheets
 * @property {import('./record/tree.js').Tree} tree
 * @property {(message: any, transfer?: Transferable[]) => void} send
 * @property {() => any} pageState  the `page` message
 * @property {(event: Event) => any} targetOf  the innermost node, null when it is none
 * @property {(target: EventTarget, type: string, handler: (event: any) => void, signal?: AbortSignal) => void} listen
 * @property {() => boolean} isBehind  changes of the page wait to be written
 * @property {(each: (root: Document | ShadowRoot, listen: Listen) => void) => void} onRoot  for every document and shadow root
 * @property {(each: (win: Window, listen: Listen) => void) => void} onWindow  for the page's window and those of its frames
 * @property {(visit: (root: Document | ShadowRoot) => void) => void} roots
 * @property {(ms: number, tick: (isAsked?: boolean) => void) => () => void} every  also before every export, then it is asked
 */

const OBSERVED = {childList: true, attributes: true, characterData: true, subtree: true};
const QUEUE_MAX = 20_000;
const TURN_MS = 250;
const WATCH_MS = 1000;
/** As often the worker stores what is new. */
const TAIL_MS = 500;
/** New beginnings within ten minutes before recording stops for good. */
const RESTARTS = 5;
const RESTARTS_MS = 600_000;
/** How long what has to be told waits for rearview.logs.js. */
const SOON_MS = 500;

/** @type {import('./api/api.js').RecorderMaker} */
export function createRecorder(hub, {options, asset, part, emit, warn}) {
	const {win, native, attempt, guard} = hub;
	const {document} = win;
	const {projectKey, endpoint, config, frames} = options;
	const ended = new AbortController();
	const clock = createClock(hub);
	const ids = createIds();
	/** @type {import('./record/tree.js').Tree} */
	let tree;
	/** @type {(() => void)[]} */
	const stops = [];
	/** Deliveries of mutation records not looked at yet. @type {MutationRecord[][]} */
	let queue = [];
	let queued = 0;
	let stopped = false;
	let paused = false;
	let isReady = false;
	let viewport = {width: 0, height: 0};
	/** A batch was refused: everything starts anew when the others are answered. */
	let isRefused = false;
	/** @type {number[]} */
	let restarts = [];
	let most = RESTARTS;
	let writeLogs = () => {};
	/** @type {import('./extras.js').Extras | null} */
	let extras = null;
	/** Fetches them, once. @type {() => any} */
	let getExtras;
	/** @type {Promise<any> | undefined} */
	let later;
	/** @type {Promise<import('./report.js').Reports> | null} */
	let reports = null;
	/** The workspace's configuration. @type {any} */
	let served;

	const bridge = createBridge({
		hub, asset, workerUrl: options.workerUrl, nonce: options.nonce, isFrame: !!frames && win.parent !== win,
		onMessage: guard(message => handlers[message.t]?.(message)),
		onDegrade: (what, message) => void emit('degrade', {what, message}),
	});
	const {send} = bridge;
	const enc = createEncoder(send, () => flow.onRoom());

	const take = () => {
		const rest = observer.takeRecords();
		if (rest.length) queue.push(rest);
		const all = queue;
		queue = [];
		queued = 0;
		return all;
	};
	/** What looks at the page from time to time, with how often and when next. @type {Map<(isAsked?: boolean) => void, [number, number]>} */
	const looks = new Map();
	let turning = 0;
	const flow = createFlow({hub, enc, clock, ids, looks, tree: () => tree, take, done: () => onDone()});
	const observer = new native.MutationObserver(guard((/** @type {MutationRecord[]} */ records) => {
		queue.push(records);
		queued += records.length;
		if (queued > QUEUE_MAX) take().forEach(tree.collect);
		flow.schedule();
	}));

	/* ---- roots: documents, frames, shadow roots ---- */
	/** @type {((root: Document | ShadowRoot, listen: Listen) => void)[]} */
	const eachRoot = [];
	/** @type {((win: Window, listen: Listen) => void)[]} */
	const eachWindow = [];
	/** @type {Set<WeakRef<Document | ShadowRoot>>} */
	const known = new Set();
	/** @type {WeakSet<Document | ShadowRoot | Window>} */
	const attached = new WeakSet();
	/** Gives a frame's functions back. @type {WeakMap<Window, () => void>} */
	const frameHooks = new WeakMap();
	/** What listens where: document.open() takes all listeners away. @type {WeakMap<EventTarget, (() => void)[]>} */
	const heard = new WeakMap();

	/** @param {EventTarget} target @param {string} type @param {(event: any) => void} handler @param {AbortSignal} [signal] */
	const listen = (target, type, handler, signal = ended.signal) => {
		const guarded = guard(handler);
		const add = () => native.listen(target, type, guarded, {capture: true, passive: true, signal});
		add();
		heard.set(target, (heard.get(target) ?? []).concat(add));
	};

	/** The document's content was replaced: by a script, or by document.open(). @param {Document} root */
	const onReplaced = root => {
		const own = native.defaultView(root);
		for (const target of [root, own]) if (target) heard.get(target)?.forEach(add => add());
		if (root === document) {
			native.setTimeout(guard(() => document.compatMode !== mode && flow.isRunning() && again('document')), 0);
		} else if (own?.frameElement) tree.frames.add(own.frameElement);
	};
	let mode = '';

	/** @param {Document | ShadowRoot} root */
	const onRoot = root => {
		observer.observe(root, OBSERVED);
		if (attached.has(root)) return;
		attached.add(root);
		known.add(new WeakRef(root));
		/** @type {Listen} */
		const listenRoot = (type, handler) => listen(root, type, handler);
		listenRoot('load', onLoad);
		for (const each of eachRoot) each(root, listenRoot);
		if (native.nodeType(root) !== 9) return;
		const own = native.defaultView(/** @type {Document} */ (root));
		if (!own) return;
		if (attached.has(own)) return; /* the first document of a frame leaves its window to the next */
		attached.add(own);
		for (const each of eachWindow) each(own, (type, handler) => listen(own, type, handler));
		if (own !== win) attempt(() => frameHooks.set(own, hub.hookFrame(own)));
	};

	/** Sheets and frames that arrived. @param {Event} event */
	const onLoad = event => {
		const {target} = event;
		const name = target && target !== document && native.nodeType(/** @type {Node} */ (target)) === 1 ? native.localName(/** @type {Node} */ (target)) : '';
		if (name === 'link' || name === 'style') {
			const id = ids.live(/** @type {Node} */ (target));
			if (id) sheetsOf.check(/** @type {Element} */ (target), id);
		} else if (FRAMES.has(name)) {
			tree.frames.add(/** @type {Element} */ (target));
			flow.schedule();
		}
	};

	/** @param {(root: Document | ShadowRoot) => void} visit */
	const roots = visit => {
		for (const ref of known) {
			const root = ref.deref();
			if (root) visit(root);
			else known.delete(ref);
		}
	};

	const isOwn = (/** @type {Node} */ node) => hub.ownNodes?.has(node);
	/** @param {any} event */
	const targetOf = event => {
		const target = native.path(event)[0] ?? event.target;
		return target && target.window !== target && typeof target === 'object' && !isOwn(target) ? target : null;
	};

	/** One timer for all that look: to be woken costs more than most looks. */
	const turn = () => {
		turning = looks.size && native.setTimeout(turn, TURN_MS);
		const now = native.now();
		for (const [look, when] of looks) {
			if (now < when[1]) continue;
			when[1] = now + when[0] - TURN_MS / 2;
			look();
		}
	};

	/** @param {number} ms a multiple of TURN_MS @param {(isAsked?: boolean) => void} tick @returns {() => void} */
	const every = (ms, tick) => {
		const guarded = guard(tick);
		looks.set(guarded, [ms, native.now() + ms]);
		turning ||= native.setTimeout(turn, TURN_MS);
		return () => void looks.delete(guarded);
	};

	/** @type {import('./record/sheets.js').Sheets} */
	let sheetsOf;
	/** @type {import('./record/state.js').State} */
	let state;

	const isVisible = () => native.visibility(document) === 'visible';
	const pageState = () => ({t: 'page', url: win.location.href, visible: isVisible(), title: document.title});
	const onDone = () => {
		writeLogs();
		if (!isFirstWalk) return;
		isFirstWalk = false;
		flow.record(2, () => enc.put(rv.REC_SNAPSHOT_DONE, 0));
		extras?.start();
		if (!later) (native.idle ?? native.setTimeout)(getExtras);
	};
	let isFirstWalk = true;

	/* ---- epochs ---- */
	/** Nothing is told from here on, and nothing kept. */
	const halt = () => {
		flow.run(false);
		observer.disconnect();
		queue = [];
		queued = 0;
		tree?.reset();
	};

	/** @param {number} at performance.now() of its start @param {() => void} then what comes before the document */
	const begin = (at, then) => {
		halt();
		enc.reset();
		ids.reset();
		sheetsOf.reset();
		state.reset();
		isFirstWalk = true;
		isRefused = false;
		mode = document.compatMode;
		flow.run(true);
		const wall = clock.begin(at);
		enc.open(16);
		enc.stamp(0);
		enc.list(rv.REC_EPOCH, [...enc.double(wall), viewport.width, viewport.height, Math.round(win.devicePixelRatio * 1000), enc.text(hub.url = win.location.href), enc.text(document.referrer), +isVisible()]);
		then();
		enc.stamp(clock.now());
		tree.page(document, 0, 0);
		flow.schedule();
	};

	/** @param {string} why */
	const again = why => {
		extras?.stop();
		const now = native.now();
		restarts = restarts.filter(at => now - at < RESTARTS_MS);
		if (restarts.push(now) > most) {
			halt();
			return void emit('degrade', {what: 'stopped', message: why});
		}
		/* What a dead worker had not stored is lost with it. */
		const lost = now - bridge.heard() + (why === 'worker' ? TAIL_MS : 0);
		begin(now, () => enc.open(8) && enc.put(rv.REC_GAP, 2, Math.round(lost), enc.text(why)));
	};

	const applyPause = () => {
		if (paused) {
			extras?.stop();
			flow.force(20);
			flow.run(false);
			observer.disconnect();
			send({t: 'pause'});
		} else {
			send({t: 'resume'});
			again('paused');
		}
		hub.mute(paused);
	};

	/** A worker that does not answer is replaced. */
	const watch = () => {
		sheetsOf?.refresh();
		if (!isReady || stopped || !bridge.isDead(enc.flying() > 0)) return;
		isReady = false;
		flow.run(false);
		bridge.drop();
		bridge.start({...initOptions(), isAgain: true}).then(guard(ready => {
			if (stopped) return;
			remember(ready);
			isReady = true;
			if (user) send({t: 'user', user});
			if (!paused) again('worker');
			emit('degrade', {what: 'restarted', message: 'worker'});
		}), () => {
			halt();
			emit('degrade', {what: 'stopped', message: 'worker'});
		});
	};

	/* ---- messages ---- */
	/** @type {Record<string, (message: any) => void>} */
	const handlers = {
		ack({buf}) {
			enc.returned(buf);
			if (isRefused && !enc.flying() && !paused) again('refused');
		},
		reject({seq, status, buf}) {
			isRefused = true;
			if (status === rv.RV_STATUS_LIMIT) most = 0; /* it would be again */
			flow.run(false);
			if (seq) enc.returned(buf);
			if (!enc.flying() && !paused) again('refused');
		},
		tick: () => flow.force(5),
		async flush({id}) {
			await everything();
			send({t: 'flushed', id});
		},
		action: message => void useReports().then(it => it.act(message), error => send({t: 'result', action: message.action, ok: false, error: error.message})),
		event({name, detail}) {
			if (name === 'session') remember(detail);
			else emit(name, detail);
		},
	};

	/** The tab's session and the browser's visitor, for the next page. @param {{session: string, visitor: string}} ready */
	const remember = ({session, visitor}) => {
		attempt(() => win.sessionStorage.setItem('rearview.session', session));
		attempt(() => win.localStorage.setItem('rearview.visitor', visitor));
	};

	const initOptions = () => ({
		projectKey, endpoint, config, frames,
		wasmUrl: asset('rearview.wasm').href,
		toolsUrl: asset('rearview.tools.wasm').href,
		abi: rv.ABI_HASH,
		page: pageState(),
		gpc: /** @type {any} */ (win.navigator).globalPrivacyControl === true,
		session: attempt(() => win.sessionStorage.getItem('rearview.session')),
		visitor: attempt(() => win.localStorage.getItem('rearview.visitor')),
	});

	/** What comes later, when it comes soon. */
	const soon = () => new Promise(done => {
		getExtras().then(done);
		native.setTimeout(done, SOON_MS);
	});

	/** What is made on demand. That it could not be loaded is no reason not to try again. */
	const useReports = () => reports ??= part('report').then(make => make({hub, bridge, handlers, ids, emit, everything, lost: flow.lost, options, part, config: served, user: () => user}), error => {
		reports = null;
		throw error;
	});

	/** All that is known, written down. */
	const everything = async () => {
		await flush();
		await soon();
		hub.onFlush?.();
		hub.onScroll?.();
		await flow.flush();
	};

	/* ---- reports ---- */
	/** @type {import('./api/identify.js').User | null} */
	let user = null;
	/** Everything until now, also what no event tells. */
	const flush = () => {
		if (flow.isRunning()) {
			flow.stamp();
			state.poll();
		}
		return flow.flush();
	};
	return {
		async start() {
			const measured = measure(hub);
			const ready = await bridge.start(initOptions());
			const size = await measured;
			const {config} = ready;
			served = config;
			const rules = config?.privacy ?? {};
			const selectors = rules.mask_selectors?.length || rules.block_selectors?.length ? (await part('selectors'))(native, rules, warn, document) : undefined;
			if (stopped) throw new Error('Rearview was destroyed.');
			if (!ready.session) throw new Error('Global Privacy Control asks for no recording.');
			remember(ready);
			isReady = true;
			viewport = size;
			const privacy = createPrivacy(native, rules, selectors);
			state = createState(enc, ids, privacy, native);
			sheetsOf = createSheets(hub, enc, ids, flow.schedule);
			tree = createTree({native, enc, ids, privacy, state, sheets: sheetsOf, closed: hub.closed, isOwn, onRoot, onReplaced});
			/** @type {Ctx} */
			const ctx = {
				hub, options, part, handlers, emit, config, privacy, clock, enc, ids, flow, state, sheets: sheetsOf, tree, send, pageState, targetOf, listen, roots, every,
				isBehind: () => queue.length > 0 || tree.isDirty(),
				onRoot: each => void eachRoot.push(each),
				onWindow: each => void eachWindow.push(each),
			};
			/** @type {((ctx: Ctx) => void | (() => void))[]} */
			const observers = [observePointer, observeInput, observeScroll, observeViewport, observeVisibility];
			for (const observe of observers) {
				attempt(() => {
					const stop = observe(ctx);
					if (stop) stops.push(stop);
				});
			}
			getExtras = () => later ??= (async () => {
				try {
					/* Not by Promise.all, which may be the page's. */
					const coming = ['extras', 'styles', 'logs'].map(name => part(/** @type {any} */ (name)));
					for (const one of coming) one.catch(() => {});
					const [make, styles, logs] = [await coming[0], await coming[1], await coming[2]];
					await attempt(() => {
						const rules = styles.createRules(hub, enc, ids, flow.schedule, sheetsOf);
						sheetsOf.refresh();
						sheetsOf.take(rules);
						for (const target of [sheetsOf, hub.dom ?? {}]) Object.assign(target, rules);
						extras = make(ctx, [...styles.modules, ...logs.modules]);
						return flow.isRunning() && !isFirstWalk && extras?.start();
					});
					useReports().catch(() => {});
				} catch (error) {
					flow.note('extras', /** @type {any} */ (error).message);
				}
			})();
			stops.push(every(WATCH_MS, watch), () => extras?.stop());
			hub.dom = {
				...sheetsOf,
				shadow(host) {
					if (!ids.live(host)) return;
					tree.hosts.add(host);
					flow.schedule();
				},
				adopted(root) {
					if (!ids.live(root)) return;
					tree.adopters.add(root);
					flow.schedule();
				},
			};
			begin(hub.started, () => {
				const logs = observeLogs(ctx);
				writeLogs = logs.write;
				stops.push(logs.stop);
			});
			firstScroll(ctx, size);
			send(pageState());
			if (user) send({t: 'user', user});
			if (paused) applyPause();
			return {config};
		},
		user(next) {
			user = next;
			if (isReady) send({t: 'user', user});
		},
		logout() {
			user = null;
			/* What the page took away before belongs to the window that ends. */
			flow.force(20);
			if (isReady) send({t: 'logout'});
		},
		reports: useReports,
		pause(on) {
			if (on === paused) return;
			paused = on;
			if (isReady) applyPause();
			else hub.mute(on);
		},
		stop(forget) {
			stopped = true;
			halt();
			ended.abort();
			hub.dom = null;
			hub.onScroll = undefined;
			reports?.then(it => it.stop(), () => {});
			roots(root => frameHooks.get(/** @type {any} */ (root).defaultView)?.());
			for (const stop of stops.splice(0)) attempt(stop);
			bridge.stop(forget);
		},
	};
}
