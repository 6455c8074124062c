/* Headers and bodies of requests, where the configuration asks for them: header names and addresses are
 * listed one by one, anything else is left alone. The core redacts what is kept. */
import * as rv from 'rv:records';

/** @typedef {import('./network.js').Exchange} Exchange */

const TEXT_MAX = 10_000;
const HEADERS = 50;
const VALUE_MAX = 1000;
/** Never, whatever is asked for. */
const SECRET = /^(proxy-)?authorization$|^(set-)?cookie2?$/;
/** Bodies that are text. */
const TEXTUAL = /^(text\/|application\/(json|xml|x-www-form-urlencoded|javascript|graphql)\b|[\w.-]+\/[\w.-]+\+(json|xml)\b)/i;

/**
 * @param {{network_headers?: unknown, network_bodies?: unknown}} capture
 *   names of headers; beginnings of addresses, in which * stands for anything
 * @param {<A extends any[]>(f: (...args: A) => any) => (...args: A) => any} guard
 */
export function createBodies({network_headers: names, network_bodies: addresses}, guard) {
	const list = (/** @type {unknown} */ value) => Array.isArray(value) ? value.filter(item => typeof item === 'string' && item) : [];
	const allowed = new Set(list(names).map(name => name.toLowerCase()).filter(name => !SECRET.test(name)));
	const wanted = list(addresses).map(text => new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*')}`));

	/** What the page gave: Headers, pairs, an object. @param {any} given @returns {[string, string][]} */
	const pairsOf = given => {
		if (given instanceof Headers) return [...given];
		/* An iterator would be used up. */
		const pairs = Array.isArray(given) ? given : given && typeof given === 'object' && !given[Symbol.iterator] ? Object.entries(given) : [];
		return pairs.filter(pair => pair?.length === 2).map(([name, value]) => [`${name}`.toLowerCase(), `${value}`]);
	};

	/** @param {Exchange} x @param {number} part @param {[string, string][]} pairs */
	const addHeaders = (x, part, pairs) => {
		for (const [name, value] of pairs) {
			if (x.parts.length < HEADERS && allowed.has(name)) x.parts.push([part, name, value.slice(0, VALUE_MAX)]);
		}
	};

	/** @param {Exchange} x @param {number} part @param {string} text */
	const addBody = (x, part, text) => void x.parts.push([part, null, text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}… (${text.length} characters)` : text]);

	/** The beginning of a copy of the response. @param {Response} response @returns {Promise<string>} */
	const read = async response => {
		const reader = /** @type {ReadableStream<Uint8Array>} */ (response.clone().body).getReader();
		const decoder = new TextDecoder();
		let text = '';
		for (;;) {
			const {done, value} = await reader.read();
			if (done || text.length > TEXT_MAX) break;
			text += decoder.decode(value, {stream: true});
		}
		reader.cancel().catch(() => {});
		return text;
	};

	return {
		/** @param {string} url */
		areWanted: url => wanted.some(pattern => pattern.test(url)),
		/** @param {Exchange} x @param {any} body */
		begun(x, body) {
			const pairs = pairsOf(x.asked);
			const trace = pairs.find(([name]) => name === 'traceparent');
			if (trace) x.more.trace = trace[1].slice(0, 100);
			addHeaders(x, rv.PART_REQUEST_HEADER, pairs);
			if (!x.hasBodies) return;
			if (typeof body === 'string' || body instanceof URLSearchParams) addBody(x, rv.PART_REQUEST_BODY, `${body}`);
			else if (body instanceof FormData) addBody(x, rv.PART_REQUEST_BODY, [...body].map(([name, value]) => `${name}=${typeof value === 'string' ? value : `(${value.size} bytes)`}`).join('&'));
		},
		/** @param {Exchange} x @param {Headers} headers @param {Response} response @param {(x: Exchange) => void} tell */
		answered(x, headers, response, tell) {
			addHeaders(x, rv.PART_RESPONSE_HEADER, [...headers]);
			if (!x.hasBodies || !response.body || response.bodyUsed || !TEXTUAL.test(x.type)) return;
			read(response).then(guard(text => {
				addBody(x, rv.PART_RESPONSE_BODY, text);
				tell(x);
			}), () => {});
		},
		/** @param {Exchange} x @param {XMLHttpRequest} xhr */
		loaded(x, xhr) {
			const {responseType} = xhr;
			if (allowed.size) addHeaders(x, rv.PART_RESPONSE_HEADER, (xhr.getAllResponseHeaders() ?? '').split('\r\n').map(line => /** @type {[string, string]} */ (line.split(/: *(.*)/, 2))));
			if (!x.hasBodies || !x.status) return;
			if (!responseType || responseType === 'text') addBody(x, rv.PART_RESPONSE_BODY, xhr.responseText);
			else if (responseType === 'json') addBody(x, rv.PART_RESPONSE_BODY, JSON.stringify(xhr.response) ?? '');
		},
	};
}
