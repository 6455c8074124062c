/* The network log: what the early hooks tell of requests and connections, with what the browser knows
 * of their times and sizes (PerformanceResourceTiming). A response's end is the browser's word too: its
 * body is never touched unless bodies are asked for. The product's own requests are left out. */
import * as rv from 'rv:records';
import {createBodies} from './bodies.js';

/**
 * A request, or a connection, as it goes on. Times are performance.now().
 * @typedef {object} Exchange
 * @property {number} id  unlike those of other pages
 * @property {number} kind  rv.NET_…
 * @property {string} method
 * @property {string} url  absolute
 * @property {number} start
 * @property {number} end  0: going on
 * @property {number} status
 * @property {number} sent  bytes
 * @property {number} got  bytes
 * @property {string} type
 * @property {string} error
 * @property {Record<string, any>} more  parts of kind PART_TIMING, by name
 * @property {[part: number, name: string | null, value: string][]} parts  headers and bodies
 * @property {[t: number, flags: number, bytes: number, text: string | null][]} frames  not written yet
 * @property {boolean} isNew  something of it is not written yet
 * @property {boolean} isTimed
 * @property {boolean} hasBodies  they, or messages' text, are asked for
 * @property {any} asked  request headers as the page gave them
 * @property {AbortSignal | undefined} signal
 * @property {any} socket
 * @property {WeakRef<Response> | null} response  its body may be on its way: never held, that would keep its connection
 */

const URL_MAX = 4000;
/** Exchanges that are known at a time. */
const EXCHANGES = 500;
/** Messages that are kept until the next writing; of more, number and size alone. */
const FRAMES = 10;
const TEXT_MAX = 1000;
/** News are gathered for that long. */
const GATHER_MS = 1000;
/** What has ended is kept so long, for the browser to say more of it. */
const KEEP_MS = 10_000;
/** The browser's start of a request may be rounded to before ours. */
const ROUNDING_MS = 2;
/** Our own files. */
const OURS = /\/rearview(\.[a-z]+)*\.(m?js|wasm)(\?v=\w*)?$/;

const round = (/** @type {number} */ ms) => Math.round(ms * 10) / 10;

/** @param {any} body @returns {number} */
const bytesOf = body => typeof body === 'string' ? body.length : +(body instanceof Blob ? body.size : body?.byteLength) || 0;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeNetwork({hub, enc, clock, flow, config, listen}) {
	const {win, native, guard} = hub;
	const isOn = config?.capture?.network !== false;
	const bodies = createBodies(config?.capture ?? {}, guard);
	/** Those of the page live on from epoch to epoch. */
	const known = hub.network ??= {last: native.date(), exchanges: new Set(), calls: new WeakMap()};
	/** @type {Set<Exchange>} */
	const exchanges = known.exchanges;
	/** By what the hooks tell of: a fetch's token, an XMLHttpRequest, a socket. @type {WeakMap<object, Exchange>} */
	const calls = known.calls;
	let timer = 0;

	/** @type {PerformanceObserver[]} */
	const observers = [];

	/* ---- writing ---- */
	/** @param {Exchange} x */
	const put = x => {
		const {parts} = x;
		const end = x.end || native.now();
		const more = Object.entries(x.end || x.more.state ? x.more : {...x.more, state: 'pending'}).filter(([, value]) => value !== '');
		flow.record(14 + (parts.length + more.length) * 3, () => {
			enc.begin(rv.REC_NETWORK);
			for (const word of [
				x.kind, x.id, enc.name(x.method.slice(0, 32)), enc.text(x.url.slice(0, URL_MAX)), x.status, clock.past(x.start),
				Math.round(end - x.start), x.sent, x.got, enc.name(x.type || null), enc.text(x.error || null),
			]) enc.word(word);
			for (const [name, value] of more) {
				enc.word(rv.PART_TIMING);
				enc.word(enc.name(name));
				enc.word(enc.text(`${value}`));
			}
			for (const [part, name, value] of parts) {
				enc.word(part);
				enc.word(enc.name(name));
				enc.word(enc.text(value));
			}
			enc.end();
		}, end);
	};

	/** @param {boolean} [all]  what is going on, too */
	const write = all => {
		native.clearTimeout(timer);
		timer = 0;
		for (const observer of observers) observer.takeRecords().forEach(guard(onEntry));
		for (const x of exchanges) {
			/* A body that nobody reads does not arrive. */
			if (!x.more.state && x.response?.deref()?.bodyUsed) {
				x.more.state = 'streaming';
				x.end = 0;
				x.isNew = true;
			}
			if (x.more.state === 'streaming' && x.signal?.aborted) {
				x.more.state = '';
				x.response = null;
				end(x, native.now(), 'AbortError');
			}
			for (const [t, flags, bytes, text] of x.frames.splice(0)) flow.record(6, () => enc.put(rv.REC_SOCKET, 4, x.id, flags, bytes, enc.text(text)), t);
			if (x.isNew || (all && !x.end)) put(x);
			x.isNew = false;
			if (x.end && (x.isTimed || native.now() - x.end > KEEP_MS)) exchanges.delete(x);
		}
	};
	const stir = () => {
		timer ||= native.setTimeout(guard(() => write()), GATHER_MS);
	};
	/** There is news of it. @param {Exchange} x */
	const tell = x => {
		x.isNew = true;
		stir();
	};

	/* ---- what the hooks tell ---- */
	/** Addresses that are nobody's business but ours. @param {string} url */
	const isOurs = url => OURS.test(url) || (hub.own !== '' && url.startsWith(hub.own));

	/** @param {number} start @param {number} kind @param {any} method @param {any} address @param {any} [body] @returns {Exchange | null} */
	const begin = (start, kind, method, address, body) => {
		const url = hub.attempt(() => new URL(address, win.document.baseURI).href) ?? `${address}`;
		if (isOurs(url)) return null;
		/** @type {Exchange} */
		const x = {
			id: ++known.last >>> 0, kind, method: `${method}`.toUpperCase(), url, start, end: 0, status: 0, sent: bytesOf(body), got: 0, type: '', error: '',
			more: {}, parts: [], frames: [], isNew: false, isTimed: false, hasBodies: bodies.areWanted(url), asked: null, signal: undefined, socket: null, response: null,
		};
		exchanges.add(x);
		if (exchanges.size > EXCHANGES) exchanges.delete(/** @type {Exchange} */ (exchanges.values().next().value));
		return x;
	};

	/** @param {Exchange} x @param {number} t @param {string} error */
	const end = (x, t, error) => {
		x.end = t;
		if (error) x.error = error;
		tell(x);
	};

	/** Once the headers are there. @param {Exchange} x @param {(name: string) => string | null} header */
	const answered = (x, header) => {
		x.type = header('content-type') ?? '';
		x.got ||= +(header('content-length') ?? 0) || 0;
	};

	/** @param {any} socket @param {number} t @param {any} data @param {number} sent */
	const message = (socket, t, data, sent) => {
		const x = calls.get(socket);
		if (!x) return;
		const bytes = bytesOf(data);
		const isText = typeof data === 'string';
		x.more[sent ? 'sent' : 'received']++;
		x[sent ? 'sent' : 'got'] += bytes;
		if (x.frames.length < FRAMES) x.frames.push([t, sent | (isText ? 0 : rv.SOCKET_BINARY), bytes, x.hasBodies && isText ? data.slice(0, TEXT_MAX) : null]);
		stir();
	};

	/** @param {number} t @param {number} kind @param {any} socket */
	const connect = (t, kind, socket) => {
		const x = begin(t, kind, 'GET', socket.url);
		if (!x) return;
		x.more = {state: 'pending', sent: 0, received: 0};
		x.socket = socket;
		calls.set(socket, x);
	};

	/** The call's, when it has begun while we were listening. @param {any} object @param {(x: Exchange) => void} then */
	const ofCall = (object, then) => {
		const x = calls.get(object);
		if (x && exchanges.has(x)) then(x);
	};

	/** An XMLHttpRequest that has been opened. @type {WeakMap<object, {method: any, url: any, asked: any[]}>} */
	const opened = known.opened ??= new WeakMap();

	/** @type {Record<string, (t: number, object: any, a: any, b: any) => void>} */
	const handlers = {
		fetch(t, call, [input, init]) {
			const request = input instanceof win.Request ? input : null;
			const x = begin(t, rv.NET_FETCH, init?.method ?? request?.method ?? 'GET', request?.url ?? input, init?.body);
			if (!x) return;
			calls.set(call, x);
			x.asked = init?.headers ?? request?.headers;
			x.signal = init?.signal ?? request?.signal;
			bodies.begun(x, init?.body ?? request);
		},
		answer: (t, call, response) => ofCall(call, x => {
			const {headers, url} = response;
			x.status = response.status;
			answered(x, name => headers.get(name));
			bodies.answered(x, headers, response, tell);
			/* What came from a network ends when the browser says so, what a script made is there. */
			if (!x.isTimed && /^http/.test(url)) x.response = new WeakRef(response);
			end(x, x.end || t, '');
		}),
		failure: (t, call, error) => ofCall(call, x => end(x, t, error?.name === 'AbortError' ? error.name : hub.attempt(() => `${error}`) ?? 'failed')),
		'xhr open'(t, xhr, [method, url]) {
			ofCall(xhr, x => x.end || end(x, t, 'abort'));
			calls.delete(xhr);
			opened.set(xhr, {method, url, asked: []});
		},
		'xhr setRequestHeader': (_t, xhr, pair) => opened.get(xhr)?.asked.push(pair),
		'xhr send'(t, xhr, [body]) {
			const call = opened.get(xhr);
			const x = call && begin(t, rv.NET_XHR, call.method, call.url, body);
			if (!x) return;
			calls.set(xhr, x);
			x.asked = call.asked;
			bodies.begun(x, body);
		},
		loadend: (t, xhr) => ofCall(xhr, x => {
			if (x.end) return;
			x.status = xhr.status;
			answered(x, name => x.status ? xhr.getResponseHeader(name) : null);
			bodies.loaded(x, xhr);
			end(x, t, '');
		}),
		beacon(t, _call, [url, body], isSent) {
			const x = begin(t, rv.NET_BEACON, 'POST', url, body);
			if (x) end(x, t, isSent ? '' : 'refused');
		},
		resource(t, _element, address) {
			if (!address) return;
			const url = new URL(address, win.document.baseURI).href;
			/* The browser may have told of it already. */
			for (const x of exchanges) if (x.kind === rv.NET_RESOURCE && x.url === url && !x.error) return end(x, x.end, 'failed');
			const x = begin(t, rv.NET_RESOURCE, 'GET', url);
			if (x) end(x, t, 'failed');
		},
		socket: (t, socket) => connect(t, rv.NET_WEBSOCKET, socket),
		source: (t, source) => connect(t, rv.NET_EVENTSOURCE, source),
		sent: (t, socket, [data]) => message(socket, t, data, rv.SOCKET_SENT),
		open: (_t, socket) => ofCall(socket, x => {
			x.status = x.kind === rv.NET_WEBSOCKET ? 101 : 200;
			x.more.state = 'open';
			tell(x);
		}),
		close: (t, socket, {code, reason}) => ofCall(socket, x => {
			x.more = {...x.more, close: code, reason, state: ''};
			end(x, t, x.status ? '' : 'failed');
		}),
		closed: (t, source) => ofCall(source, x => {
			x.more.state = '';
			if (!x.end) end(x, t, '');
		}),
		error: (t, object) => ofCall(object, x => {
			if (x.kind !== rv.NET_EVENTSOURCE) x.error = 'error';
			else if (object.readyState === 2) {
				x.more.state = '';
				end(x, t, 'failed');
			} else x.more.state = 'pending'; /* it connects again */
		}),
		abort: (_t, xhr) => ofCall(xhr, x => void (x.error = 'abort')),
		timeout: (_t, xhr) => ofCall(xhr, x => void (x.error = 'timeout')),
	};

	/** @param {import('../host/hub.js').Note} note */
	const onNote = ([t, what, object, a, b]) => {
		if (a instanceof win.MessageEvent) message(object, t, a.data, 0); /* whatever its event is called */
		else if (isOn && Object.hasOwn(handlers, what)) handlers[what](t, object, a, b);
		else hub.onTimer?.(t, what, object, a);
	};

	/* ---- what the browser knows ---- */
	/** @param {Exchange} x @param {PerformanceResourceTiming} entry */
	const addTiming = (x, entry) => {
		const {more} = x;
		const {startTime, requestStart, responseStart, responseEnd, domainLookupStart, domainLookupEnd, connectStart, connectEnd, secureConnectionStart, redirectStart, redirectEnd, workerStart, fetchStart} = entry;
		x.isTimed = true;
		if (entry.nextHopProtocol) more.protocol = entry.nextHopProtocol;
		if (entry.transferSize) more.transferred = entry.transferSize;
		/* 0: another origin does not tell. */
		if (requestStart) {
			if (redirectStart) more.redirect = round(redirectEnd - redirectStart);
			if (workerStart) more.worker = round(fetchStart - workerStart);
			more.blocked = round(Math.max(0, domainLookupStart - Math.max(startTime, redirectEnd, fetchStart)));
			more.dns = round(domainLookupEnd - domainLookupStart);
			more.connect = round(connectEnd - connectStart);
			if (secureConnectionStart > connectStart) more.tls = round(connectEnd - secureConnectionStart);
			if (responseStart >= requestStart) {
				more.wait = round(responseStart - requestStart);
				more.receive = round(responseEnd - responseStart);
			}
		}
		if (x.kind === rv.NET_EVENTSOURCE) {
			x.isTimed = !!x.end;
			return tell(x);
		}
		x.status ||= entry.responseStatus || 0;
		const length = x.got;
		x.got = entry.encodedBodySize || length;
		if (x.response) {
			x.response = null;
			more.state = '';
			if (x.signal?.aborted) x.error = 'AbortError';
			else if (entry.encodedBodySize && entry.encodedBodySize < length) x.error ||= 'incomplete';
		}
		x.start = Math.min(x.start, startTime);
		x.end = responseEnd || startTime + entry.duration;
		tell(x);
	};

	/** The exchange that an entry tells of. @param {PerformanceResourceTiming} entry @returns {Exchange | null} */
	const find = ({name, startTime, initiatorType, responseStatus}) => {
		/** @type {Exchange | null} */
		let found = null;
		const address = name.split('#')[0];
		for (const x of exchanges) {
			if (x.isTimed || x.url.split('#')[0] !== address) continue;
			if (x.kind === rv.NET_RESOURCE) {
				if (initiatorType !== 'fetch' && initiatorType !== 'xmlhttprequest') return x;
			} else if (x.start <= startTime + ROUNDING_MS && (!x.status || !responseStatus || x.status === responseStatus || x.kind > rv.NET_XHR)) {
				if (!found || x.start > found.start) found = x;
			}
		}
		return found;
	};

	/** @param {any} entry  of a resource or of the document itself */
	const onEntry = entry => {
		const {name, startTime, initiatorType, responseStatus = 0} = entry;
		if (isOurs(name)) return;
		let x = find(entry);
		if (!x) {
			if (startTime < hub.since || startTime < known.seen || !/^http/.test(name)) return;
			const kind = ['fetch', 'xmlhttprequest'].indexOf(initiatorType);
			if (kind < 0 ? responseStatus < 400 && initiatorType !== 'navigation' : startTime >= hub.started) return;
			/* It began before the hooks, or no script asked for it: the method is not known. */
			x = begin(startTime, kind < 0 ? rv.NET_RESOURCE : kind ? rv.NET_XHR : rv.NET_FETCH, kind < 0 ? 'GET' : '', name);
			if (!x) return;
			x.type = entry.contentType || '';
		}
		if (x.kind === rv.NET_RESOURCE) x.more.initiator = initiatorType;
		addTiming(x, entry);
	};

	for (const type of isOn ? ['navigation', 'resource'] : []) {
		hub.attempt(() => {
			const observer = new win.PerformanceObserver(guard(list => list.getEntries().forEach(guard(onEntry))));
			observer.observe({type, buffered: true});
			observers.push(observer);
		});
	}

	/* Of what began before a pause, only a socket that is still open can be told of. */
	for (const x of exchanges) if (x.start < hub.since && x.socket?.readyState !== 1) exchanges.delete(x);
	for (const note of hub.notes()) hub.attempt(() => onNote(note));
	hub.onNote = onNote;
	hub.onFlush = guard(() => write(true));
	listen(win, 'pagehide', () => write(true));
	stir();
	return () => {
		if (flow.isRunning()) write();
		native.clearTimeout(timer);
		hub.onNote = hub.onFlush = null;
		for (const observer of observers) observer.disconnect();
		known.seen = native.now();
	};
}
