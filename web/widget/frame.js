/* rearview.frame.js: a frame of another origin that carries the widget records into its parent's
 * recording. Both pages must name the other's origin in `init({frames: […]})` and have the same project.
 *
 *   frame ──{join, key, abi, level}──▶ parent      to the origins it names, until one answers
 *   parent ──{joined, config} + port──▶ frame      for a frame of its document whose origin it names
 *   parent ──port, element──▶ its worker ──{t: 'joined'}──▶ frame: the port is its line now
 *   parent ──{again}──▶ frame                      the parent's recording begins anew: the frame asks again
 *
 * The frame's page needs no worker of its own then. Loaded only where `frames` is given. */
import * as rv from 'rv:records';

const ASK_MS = 150;
const ASKS = 10;
const LOOK_MS = 1000;
const SLICE_MS = 5;
/** Answers to one window before it is left alone. */
const ANSWERS_MAX = 20;
const LEVELS = ['none', 'inputs', 'strict'];

/** @param {any} config @returns {number} */
const levelOf = config => Math.max(0, LEVELS.indexOf(config?.privacy?.level ?? 'inputs'));

/** The parent's configuration, masked at least as this page says. @param {any} theirs @param {any} own */
const stricter = (theirs, own) => ({
	...theirs,
	privacy: {
		...theirs?.privacy,
		level: LEVELS[Math.max(levelOf(theirs), own ? levelOf(own) : 0)],
		honor_gpc: !!theirs?.privacy?.honor_gpc || !!own?.privacy?.honor_gpc,
		mask_selectors: [...own?.privacy?.mask_selectors ?? [], ...theirs?.privacy?.mask_selectors ?? []],
		block_selectors: [...own?.privacy?.block_selectors ?? [], ...theirs?.privacy?.block_selectors ?? []],
	},
});

/**
 * The frame's side: a line to the worker of the parent.
 * @param {import('./host/native.js').Natives} native
 * @param {(message: any) => void} receive
 * @returns {import('./bridge.js').Line}
 */
function joinParent(native, receive) {
	const {parent} = window;
	const end = new AbortController();
	/** @type {any} */
	let options = {};
	/** @type {MessagePort | null} */
	let port = null;
	/** The port has answered. */
	let isOpen = false;
	let wasReady = false;
	let asks = 0;
	let timer = 0;
	/** @type {{message: any, transfer: Transferable[]}[]} */
	let queue = [];
	/** Batches without an answer. @type {Set<number>} */
	const flying = new Set();

	const ask = () => {
		native.clearTimeout(timer);
		if (end.signal.aborted || isOpen) return;
		if (++asks > ASKS) {
			if (!wasReady) receive({t: 'failed', error: 'The parent does not record this frame.'});
			return;
		}
		for (const origin of options.frames) {
			try {
				parent.postMessage({rearview: 'join', key: options.projectKey, abi: options.abi, level: LEVELS[levelOf(options.config)]}, origin);
			} catch {} /* not an origin */
		}
		timer = native.setTimeout(ask, ASK_MS);
	};

	/** @param {any} message @param {Transferable[]} transfer */
	const say = (message, transfer) => {
		if (message.t === 'batch') flying.add(message.seq);
		port?.postMessage(message, transfer);
	};

	const lose = () => {
		port?.close();
		port = null;
		isOpen = false;
		asks = 0;
		queue = [];
		const lost = [...flying];
		flying.clear();
		for (const seq of lost) receive({t: 'ack', seq});
		receive({t: 'reject', seq: 0});
		ask();
	};

	/** @param {MessagePort} given @param {any} config */
	const open = (given, config) => {
		port?.close();
		port = given;
		given.onmessage = ({data}) => {
			if (port !== given || end.signal.aborted) return;
			if (data.t !== 'joined') {
				if (data.t === 'ack' || data.t === 'reject') flying.delete(data.seq);
				receive(data);
				return;
			}
			isOpen = true;
			say({t: 'ping'}, []);
			for (const {message, transfer} of queue.splice(0)) say(message, transfer);
			if (wasReady) return;
			wasReady = true;
			const merged = stricter(config, options.config);
			/* Without a session of its own, only whether there may be one. */
			const refused = options.gpc && merged.privacy.honor_gpc;
			receive({t: 'ready', config: merged, session: refused ? '' : options.session ?? '-', visitor: options.visitor ?? '-', abi: options.abi});
		};
	};

	native.listen(window, 'message', (/** @type {MessageEvent} */ {source, origin, data, ports}) => {
		if (source !== parent || !data || !options.frames?.includes(origin)) return;
		if (data.rearview === 'joined' && data.key === options.projectKey && ports[0] && !port) open(ports[0], data.config);
		else if (data.rearview === 'again' && isOpen) lose();
	}, {signal: end.signal});

	return {
		post(message, transfer) {
			const {t, id} = message;
			if (t === 'init') {
				({options} = message);
				ask();
			} else if (t === 'batch' || t === 'flushed' || t === 'ping' || t === 'pagehide' || t === 'stop') {
				if (isOpen) say(message, transfer);
				else if (t === 'batch') queue.push({message, transfer});
			} else if (id) receive({t: 'reply', id, ok: false, error: 'This frame is a part of its parent\'s recording: ask there.'});
		},
		close() {
			end.abort();
			native.clearTimeout(timer);
			port?.postMessage({t: 'stop'});
			port?.close();
		},
	};
}

/** Windows that were let in; id: of the element then. @type {Map<Window, {origin: string, answers: number, element: Element, id: number}>} */
const known = new Map();

/** The parent's side, begun anew with every epoch. @param {import('./extras.js').ExtrasCtx} ctx */
function takeFrames({hub, options, config, ids, tree, flow, find, roots, onWindow, every, send}) {
	const {native, attempt} = hub;
	const {frames, projectKey} = options;

	/** @param {MessageEvent} event */
	const answer = ({source, origin, data}) => {
		if (data?.rearview !== 'join' || data.key !== projectKey || data.abi !== rv.ABI_HASH || !source || !frames?.includes(origin)) return;
		/** @type {any} */
		let element;
		roots(root => {
			element ??= find(root, 'iframe,frame,object').find(frame => /** @type {any} */ (frame).contentWindow === source);
		});
		const id = element ? ids.live(element) : 0;
		const bits = ids.bitsOf(id);
		if (!id || bits & rv.EL_BLOCK || element.contentDocument) return;
		const win = /** @type {Window} */ (source);
		const answers = (known.get(win)?.answers ?? 0) + 1;
		if (answers > ANSWERS_MAX) return;
		known.set(win, {origin, answers, element, id});
		const {port1, port2} = new MessageChannel();
		/* The core must know the element, and no more of the document that was in it before. */
		tree.frames.add(element);
		flow.force(SLICE_MS);
		send({t: 'frame', port: port1, node: id, flags: bits & rv.EL_MASK, level: data.level}, [port1]);
		win.postMessage({rearview: 'joined', key: projectKey, config}, origin, [port2]);
	};

	/** Those whose element was written anew, and their document gone with the old one, are to ask again. */
	const look = () => {
		for (const [win, {origin, element, id}] of known) {
			const now = ids.live(element);
			if (!native.isConnected(element)) known.delete(win);
			else if (now && now !== id) attempt(() => win.postMessage({rearview: 'again'}, origin));
		}
	};
	onWindow((_, listen) => listen('message', answer));
	for (const child of known.values()) child.id = 0;
	look();
	every(LOOK_MS, look);
}

export const frame = Object.assign(joinParent, {take: takeFrames});
