/* The action WebSocket: says who is here, brings actions to the page and their ends back. What the
 * collector sends is checked and bounded like any stranger's data. */
import {clean, isObject} from './worker_config.js';
import {backoff} from './worker_queue.js';

/**
 * @typedef {{t: 'action', action: string, kind: string, sessionToken: string, description: string | null, deadline: number}} Action
 * @typedef {{visitor: string, session: string, user: unknown, url: string, visible: boolean}} Presence
 */

const MAX_CHARS = 64 * 1024;
const MAX_HELD = 20;
const MAX_SEEN = 50;
const QUIET_MS = 5 * 60e3;
/** The collector pings every 30 s; a connection without a word for so long is dead. */
const DEAD_MS = 90e3;

/** @param {unknown} value @param {number} max @returns {string | null} */
const text = (value, max) => typeof value === 'string' && value.length <= max ? value : null;

/**
 * @param {string} url  wss://…/v1/widget/actions?key=…
 * @param {() => Presence} presence
 * @param {{action: (action: Action) => void, config: () => void}} on
 */
export function startActions(url, presence, on) {
	/** @type {WebSocket | null} */
	let socket = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let watch;
	let attempt = 0;
	let stopped = false;
	let welcome = false;
	let hiddenSince = 0;
	/** The presence the collector was last told. */
	let told = '';
	/** Answers that could not be sent yet. @type {object[]} */
	let held = [];
	/** Ids of actions already taken, oldest first. @type {string[]} */
	const seen = [];

	const quiet = () => hiddenSince > 0 && Date.now() - hiddenSince > QUIET_MS;

	/** @param {object} message */
	const say = message => socket?.send(JSON.stringify(message));

	/** An answer must reach the collector, if need be over the next connection. @param {object} message */
	const answer = message => {
		if (welcome) say(message);
		else if (held.length < MAX_HELD) held.push(message);
	};

	/** @param {unknown} data */
	const receive = data => {
		if (typeof data !== 'string' || data.length > MAX_CHARS) return;
		const message = JSON.parse(data, clean);
		if (!isObject(message)) return;
		if (message.t === 'ping') say({t: 'pong'});
		else if (message.t === 'config') on.config();
		else if (message.t === 'welcome') {
			welcome = true;
			attempt = 0;
			held.forEach(say);
			held = [];
		} else if (message.t === 'action') {
			const action = text(message.id, 200);
			const kind = text(message.action, 64);
			const sessionToken = text(message.sessionToken, 200);
			if (!action || !kind || !sessionToken || seen.includes(action)) return;
			if (seen.push(action) > MAX_SEEN) seen.shift();
			on.action({
				t: 'action', action, kind, sessionToken,
				description: text(message.userProvidedDescription, 10e3),
				deadline: Number.isFinite(message.deadline) ? message.deadline : 0,
			});
		}
	};

	const connect = () => {
		clearTimeout(timer);
		if (stopped || socket || quiet()) return;
		/** @type {WebSocket} */
		let mine;
		try {
			mine = socket = new WebSocket(url, 'rearview.v1');
		} catch {
			return; /* forbidden by the page's policy: it will not become allowed */
		}
		mine.onopen = () => {
			const now = presence();
			told = JSON.stringify(now);
			say({t: 'hello', ...now, v: 1});
		};
		const gone = () => {
			if (socket !== mine) return;
			lose();
			retry();
		};
		mine.onmessage = event => {
			clearTimeout(watch);
			watch = setTimeout(gone, DEAD_MS);
			try {
				receive(event.data);
			} catch {}
		};
		mine.onclose = gone;
	};

	const lose = () => {
		const last = socket;
		socket = null;
		welcome = false;
		clearTimeout(watch);
		last?.close();
	};

	const retry = () => {
		timer = setTimeout(connect, attempt ? backoff(attempt - 1) : Math.random() * 1000);
		attempt++;
	};

	const online = () => {
		attempt = 0;
		connect();
	};
	addEventListener('online', online);
	connect();

	return {
		connect,
		/** Something of the presence changed. */
		update() {
			const now = presence();
			if (now.visible) hiddenSince = 0;
			else hiddenSince ||= Date.now();
			const next = JSON.stringify(now);
			if (socket?.readyState === 1) {
				if (quiet() || next === told) return;
				const before = /** @type {Presence} */ (JSON.parse(told));
				told = next;
				/* Another session is another presence altogether. */
				if (before.session !== now.session) {
					lose();
					online();
					return;
				}
				if (JSON.stringify(before.user) !== JSON.stringify(now.user)) say({t: 'identify', user: now.user});
				if (before.url !== now.url || before.visible !== now.visible) say({t: 'state', url: now.url, visible: now.visible});
			} else if (!socket && now.visible) {
				online();
			}
		},
		/** @param {string} id */
		ack(id) {
			answer({t: 'ack', id});
		},
		/** @param {string} id @param {boolean} ok @param {string} [report] @param {string} [error] */
		result(id, ok, report, error) {
			answer({t: 'result', id, ok, report, error});
		},
		/** Until the next update or connect: an open socket keeps a page out of the back/forward cache. */
		leave() {
			clearTimeout(timer);
			lose();
		},
		stop() {
			stopped = true;
			clearTimeout(timer);
			removeEventListener('online', online);
			lose();
		},
	};
}
