// The main thread's side of the worker protocol, reduced to what the worker's tests need: an encoder
// of a few records by hand, requests as promises. Runs in the page.
import * as rec from '/records.js';

/** Words and strings of one batch. */
function encoder() {
	/** @type {number[]} */ let words = [];
	/** @type {string[]} */ let strings = [];
	let seq = 0;
	const text = (/** @type {string | null} */ value) => (value === null ? 0 : (rec.STRING_INLINE | (strings.push(value) - 1)) >>> 0);
	return {
		record(/** @type {number} */ type, /** @type {number[]} */ ...fields) {
			words.push(type | ((fields.length + 1) << 8), ...fields);
		},
		f64: (/** @type {number} */ value) => [...new Uint32Array(new Float64Array([value]).buffer)],
		text,
		take() {
			const head = [rec.BATCH_MAGIC, rec.ABI_HASH, ++seq, 0, 1, 0, strings.length, words.length + rec.BATCH_HEADER_WORDS];
			const out = { t: 'batch', seq, buf: new Uint32Array([...head, ...words]).buffer, n: head.length + words.length, strings, interned: 0 };
			words = [];
			strings = [];
			return out;
		},
	};
}

/** The worker's code on one of the ladder's rungs: a file, a blob, the page itself. @param {string} address */
async function open(address) {
	if (address === 'blob:') return new Worker(URL.createObjectURL(new Blob([await (await fetch('/rearview.worker.js')).text()], { type: 'text/javascript' })));
	if (address !== 'page:') return new Worker(address);
	/** What one of the files hands over. @param {string} src */
	const part = (src) =>
		new Promise((resolve) => {
			document.head.append(Object.assign(document.createElement('script'), { rearview: resolve, src }));
		});
	/** @type {any} */ const port = {};
	const line = (await part('/rearview.page.js'))({ setTimeout: setTimeout.bind(window), idle: window.requestIdleCallback?.bind(window) }, (/** @type {any} */ data) => port.onmessage({ data }), part);
	return Object.assign(port, { postMessage: line.post });
}

/** Starts a worker; resolves with its `ready`. @param {any} options */
export async function start({ worker: address = '/rearview.worker.js', hint = true, ...options }) {
	const worker = /** @type {Worker} */ (await open(address));
	/** @type {any[]} */ const messages = [];
	/** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */ const asked = new Map();
	/** @type {{test: (message: any) => boolean, resolve: (message: any) => void}[]} */ const awaited = [];
	let id = 0;
	let wall = 0;
	let enc = encoder();

	const post = (/** @type {any} */ message, /** @type {Transferable[]} */ transfer = []) => worker.postMessage(message, transfer);
	const send = () => {
		const batch = enc.take();
		post(batch, [batch.buf]);
		return batch.seq;
	};
	/** A message, now or later. */
	const seen = (/** @type {(message: any) => boolean} */ test) =>
		new Promise((resolve, reject) => {
			const found = messages.find(test);
			if (found) return resolve(found);
			awaited.push({ test, resolve });
			setTimeout(() => reject(new Error(`nothing fits ${test} among ${JSON.stringify(messages).slice(0, 2000)}`)), 60_000);
		});
	/** A batch's acknowledgement. */
	const applied = async (/** @type {number} */ seq, from = 0) => {
		const answer = await seen((m) => (m.t === 'ack' || m.t === 'reject') && m.seq === seq && messages.indexOf(m) >= from);
		if (answer.t === 'reject') throw new Error(`batch ${seq} was rejected with status ${answer.status}`);
		return answer;
	};

	const h = {
		messages,
		post,
		seen,
		event: (/** @type {string} */ name, /** @type {(detail: any) => boolean} */ test = () => true) => seen((m) => m.t === 'event' && m.name === name && test(m.detail)).then((m) => m.detail),
		request: (/** @type {string} */ t, /** @type {object} */ fields = {}, /** @type {Transferable[]} */ transfer = []) =>
			new Promise((resolve, reject) => {
				asked.set(++id, { resolve, reject });
				post({ t, id, ...fields }, transfer);
			}),
		/** A new encoder's first batch: epoch, document, one element. */
		async begin() {
			const from = messages.length;
			enc = encoder();
			wall = Date.now();
			enc.record(rec.REC_TICK, 0);
			enc.record(rec.REC_EPOCH, ...enc.f64(wall), 800, 600, 1000, enc.text(location.href), 0, 1);
			enc.record(rec.REC_DOCUMENT, 1, 0, 0, enc.text(location.href));
			enc.record(rec.REC_ELEMENT, 2, 1, 0, 0, enc.text('html'));
			enc.record(rec.REC_SNAPSHOT_DONE);
			await applied(send(), from);
		},
		/** An element below the first one. @param {number} id @param {string} tag @param {Record<string, string>} attributes */
		async element(id, tag, attributes) {
			enc.record(rec.REC_TICK, Date.now() - wall);
			enc.record(rec.REC_ELEMENT, id, 2, 0, 0, enc.text(tag), ...Object.entries(attributes).flat().map((value) => enc.text(value)));
			await applied(send());
		},
		/** Records a mark that an export can be searched for. */
		async mark(/** @type {string} */ name) {
			const at = messages.length;
			enc.record(rec.REC_TICK, Date.now() - wall);
			enc.record(rec.REC_CUSTOM, enc.text('mark'), enc.text(JSON.stringify(name)));
			return applied(send(), at);
		},
		/** Posts a mark without waiting, as a last batch is. */
		lastMark(/** @type {string} */ name) {
			enc.record(rec.REC_TICK, Date.now() - wall);
			enc.record(rec.REC_CUSTOM, enc.text('mark'), enc.text(JSON.stringify(name)));
			send();
		},
		garbage() {
			enc.record(rec.REC_ELEMENT, 7, 99999, 0, 0, enc.text('x'));
			return send();
		},
		/** Marks in the window, in order. */
		async marks() {
			const pieces = await h.request('export', { format: 'rrweb', from: 0, to: 0 });
			const events = JSON.parse(pieces.join(''));
			return events.filter((/** @type {any} */ e) => e.type === 5 && e.data.tag === 'mark').map((/** @type {any} */ e) => e.data.payload);
		},
		report: (/** @type {any} */ report = {}) => h.request('report', { report: { trigger: 'sdk', meta: { url: location.href, path: location.pathname }, parts: { replay: true }, ...report } }),
		/** What is stored, by kind: what its key goes on with, or the values. @param {boolean} [values] */
		async rows(values = false) {
			const names = (await indexedDB.databases()).map((db) => db.name ?? '').filter((name) => name.startsWith('rearview-'));
			/** @type {Record<string, any[]>} */ const out = { kv: [], session: [], ring: [], report: [], part: [] };
			for (const name of names) {
				/** @type {IDBDatabase} */
				const db = await new Promise((resolve, reject) => {
					const open = indexedDB.open(name);
					open.onsuccess = () => resolve(open.result);
					open.onerror = reject;
				});
				const tx = db.transaction('rows');
				const keys = tx.objectStore('rows').getAllKeys();
				const all = tx.objectStore('rows').getAll();
				await new Promise((resolve) => (tx.oncomplete = resolve));
				keys.result.forEach((key, i) => {
					const [kind, ...rest] = /** @type {any[]} */ (key);
					out[kind].push(values ? all.result[i] : rest);
				});
				db.close();
			}
			return out;
		},
		stop: () => post({ t: 'stop' }),
	};

	addEventListener('beforeunload', () => {
		/** @type {any} */ (globalThis).beforeHide?.(h);
		post({ t: 'save' });
	});
	addEventListener('pagehide', () => {
		post({ t: 'pagehide' });
	});
	document.addEventListener('visibilitychange', () => post({ t: 'page', url: location.href, visible: !document.hidden }));

	/** @type {any} */ (globalThis).h = h;
	return new Promise((resolve, reject) => {
		worker.onerror = (event) => reject(new Error(event.message));
		worker.onmessage = ({ data }) => {
			const message = data.t === 'ack' ? { t: 'ack', seq: data.seq } : data;
			messages.push(message);
			if (data.t === 'flush') post({ t: 'flushed', id: data.id });
			if (data.t === 'reply') {
				const ask = asked.get(data.id);
				asked.delete(data.id);
				if (data.ok) ask?.resolve(data.value);
				else ask?.reject(new Error(data.error));
			}
			if (data.t === 'ready' || (data.t === 'event' && data.name === 'session')) {
				if (hint) sessionStorage.setItem('rv_session', data.session ?? data.detail.session);
			}
			if (data.t === 'ready') resolve(data);
			if (data.t === 'failed') reject(new Error(data.error));
			for (const wait of awaited.splice(0)) {
				if (wait.test(message)) wait.resolve(message);
				else awaited.push(wait);
			}
		};
		post({
			t: 'init',
			options: {
				wasmUrl: new URL('/rearview.wasm', location.href).href,
				toolsUrl: new URL('/rearview.tools.wasm', location.href).href,
				page: { url: location.href, referrer: '', title: document.title, visible: !document.hidden },
				session: (hint && sessionStorage.getItem('rv_session')) || undefined,
				...options,
			},
		});
	});
}

/** @type {any} */ (globalThis).start = start;
