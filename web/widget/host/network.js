/* fetch and XMLHttpRequest: what was asked, how it went, how long it took. No header or body is kept;
 * sizes come from Content-Length. The product's own requests are left out. */
import * as rv from 'rv:records';

const URL_MAX = 4000;
/** How long requests that began before the hooks may take to be noted. */
const EARLIER_MS = 30_000;

/** @param {any} body @returns {number} */
const bytesOf = body => {
	if (typeof body === 'string') return body.length;
	if (body instanceof Blob) return body.size;
	if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength;
	return 0;
};

/** @param {import('./hub.js').Hub} hub @param {import('./stringify.js').Stringify} stringify */
export function hookNetwork(hub, stringify) {
	const {win, native, patcher, attempt, log} = hub;
	const {clip} = stringify;
	let last = 0;
	const {Request, Response, Headers, XMLHttpRequest: Xhr} = win;
	const requestUrl = native.getter(Request.prototype, 'url');
	const requestMethod = native.getter(Request.prototype, 'method');
	const status = native.getter(Response.prototype, 'status');
	const headersOf = native.getter(Response.prototype, 'headers');
	const header = native.method(Headers.prototype, 'get');
	const xhrStatus = native.getter(Xhr.prototype, 'status');
	const xhrHeaders = native.method(Xhr.prototype, 'getAllResponseHeaders');
	const isOurs = (/** @type {string} */ url) => hub.own !== '' && url.startsWith(hub.own);
	const absolute = (/** @type {string} */ url) => new URL(url, win.document.baseURI).href;

	patcher.method(win, 'fetch', (_self, [input, init]) => {
		const asked = input instanceof Request ? requestUrl(input) : absolute(`${input}`);
		if (isOurs(asked)) return null;
		const method = init?.method ?? (input instanceof Request ? requestMethod(input) : 'GET');
		return {id: ++last, url: clip(asked, URL_MAX), method: `${method}`.toUpperCase().slice(0, 32), bytes: bytesOf(init?.body), start: native.now()};
	}, (_self, _args, result, call) => {
		if (!call || typeof result?.then !== 'function') return;
		const {id, url, method, bytes, start} = call;
		/** @param {number} code @param {number} size @param {string} type @param {string} error */
		const done = (code, size, type, error) => log('network', rv.NET_FETCH, id, method, url, code, start, native.now() - start, bytes, size, type, error);
		/* The page gets a promise that follows the first one: a rejection nobody handles stays one. */
		return result.then((/** @type {any} */ response) => {
			attempt(() => {
				const all = headersOf(response);
				done(status(response), Number(header(all, 'content-length')) || 0, header(all, 'content-type') ?? '', '');
			});
			return response;
		}, (/** @type {any} */ error) => {
			attempt(() => done(0, 0, '', stringify.errorText(error)));
			throw error;
		});
	});

	/* What was asked before this script came: the browser keeps the address, the times and the status,
	 * not the method. */
	const {PerformanceObserver} = win;
	if (PerformanceObserver) attempt(() => {
		const earlier = new PerformanceObserver(hub.guard(list => {
			for (const {initiatorType, name, startTime, duration, responseStatus, encodedBodySize} of /** @type {PerformanceResourceTiming[]} */ (list.getEntries())) {
				const kind = ['fetch', 'xmlhttprequest'].indexOf(initiatorType);
				if (kind >= 0 && startTime < hub.started && !isOurs(name)) log('network', kind ? rv.NET_XHR : rv.NET_FETCH, ++last, '', clip(name, URL_MAX), responseStatus ?? 0, startTime, duration, 0, encodedBodySize, '', '');
			}
		}));
		earlier.observe({type: 'resource', buffered: true});
		native.setTimeout(() => earlier.disconnect(), EARLIER_MS);
	});

	/** @type {WeakMap<XMLHttpRequest, {url: string, method: string}>} */
	const opened = new WeakMap();
	patcher.method(Xhr.prototype, 'open', (self, [method, url]) => {
		opened.set(self, {url: absolute(`${url}`), method: `${method}`.toUpperCase().slice(0, 32)});
	});
	patcher.method(Xhr.prototype, 'send', (self, [body]) => {
		const call = opened.get(self);
		if (!call || isOurs(call.url)) return;
		const id = ++last;
		const start = native.now();
		let failure = '';
		const fail = (/** @type {Event} */ event) => {
			failure = event.type;
		};
		const types = ['error', 'abort', 'timeout'];
		const end = hub.guard(() => {
			for (const type of types) native.unlisten(self, type, fail);
			native.unlisten(self, 'loadend', end);
			const all = xhrHeaders(self) ?? '';
			const size = /^content-length: *(\d+)/im.exec(all);
			const type = /^content-type: *(.*)$/im.exec(all);
			log('network', rv.NET_XHR, id, call.method, clip(call.url, URL_MAX), xhrStatus(self), start, native.now() - start, bytesOf(body), size ? Number(size[1]) : 0, type ? type[1].trim() : '', failure);
		});
		for (const type of types) native.listen(self, type, fail);
		native.listen(self, 'loadend', end);
	});
}
