/* fetch, XMLHttpRequest, beacons, WebSocket, EventSource: told as they happen, made sense of by
 * observe/network.js. */

/** @param {import('./hub.js').Hub} hub */
export function hookNetwork({win, native, patcher, note, guard}) {
	const {XMLHttpRequest: Xhr, Promise} = win;
	const {getPrototypeOf, keys} = Object;
	const onEvent = guard((/** @type {Event} */ event) => note(event.type, event.target, event));
	/** @param {EventTarget} target @param {string[]} types the same listener again is none more */
	const listen = (target, types) => {
		for (const type of types) native.listen(target, type, onEvent);
	};

	patcher.method(win, 'fetch', (_self, args) => {
		const call = {};
		note('fetch', call, args);
		return call;
	}, (_self, _args, result, call) => {
		if (typeof result?.then !== 'function') return;
		/* The page gets a promise that follows the first one: a rejection nobody handles stays one. A
		 * wrapper's own kind of promise is left as it is. */
		const isPlain = getPrototypeOf(result) === Promise.prototype && keys(result).every(key => key.startsWith('__zone'));
		const followed = result.then((/** @type {any} */ response) => {
			note('answer', call, response);
			return response;
		}, (/** @type {any} */ error) => {
			note('failure', call, error);
			if (isPlain) throw error;
		});
		return isPlain ? followed : result;
	});

	for (const name of ['open', 'setRequestHeader', 'send']) {
		patcher.method(Xhr.prototype, name, (self, args) => {
			note(`xhr ${name}`, self, args);
			if (name === 'send') listen(self, ['error', 'abort', 'timeout', 'loadend']);
		});
	}
	patcher.method(win.Navigator.prototype, 'sendBeacon', null, (_self, args, result) => note('beacon', {}, args, result));
	patcher.maker(win, 'WebSocket', (_self, _args, socket) => {
		note('socket', socket);
		listen(socket, ['open', 'message', 'close']);
	});
	patcher.method(win.WebSocket?.prototype, 'send', (self, args) => note('sent', self, args));
	patcher.maker(win, 'EventSource', (_self, _args, source) => {
		note('source', source);
		listen(source, ['open', 'message', 'error']);
		/* An event of a name of its own comes to those alone who know the name. */
		native.define(source, 'addEventListener', {configurable: true, writable: true, value: new Proxy(source.addEventListener, {
			apply(target, self, args) {
				guard(listen)(self, [args[0]]);
				return native.apply(target, self, args);
			},
		})});
	});
	patcher.method(win.EventSource?.prototype, 'close', self => note('closed', self));
}
