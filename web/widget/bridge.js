/* The worker, by the first rung of the ladder that holds: a worker from the page's own origin, one from
 * a blob: URL, the same code in the page itself. Protocol: docs/ARCHITECTURE.md. */

/** @typedef {ReturnType<typeof createBridge>} Bridge */
/** @typedef {{post: (message: any, transfer: Transferable[]) => void, close: () => void}} Line */
/** @typedef {'worker' | 'blob' | 'page'} Rung */

const READY_MS = 15_000;
const ANSWER_MS = 30_000;

/**
 * @param {object} ctx
 * @param {import('./host/hub.js').Hub} ctx.hub
 * @param {(name: string) => URL} ctx.asset  where a file of the build is
 * @param {string | undefined} ctx.workerUrl  the same file on the page's origin
 * @param {string | undefined} ctx.nonce
 * @param {(message: any) => void} ctx.onMessage  everything but replies
 * @param {(what: string, message: string) => void} ctx.onDegrade
 */
export function createBridge({hub, asset, workerUrl, nonce, onMessage, onDegrade}) {
	const {win, native, guard} = hub;
	/** @type {Line | null} */
	let line = null;
	/** @type {Rung[]} */
	let rungs = ['worker', 'blob', 'page'];
	let stopped = false;
	let last = 0;
	/** @type {Map<number, {done: (value: any) => void, failed: (error: Error) => void, timer: number}>} */
	const asked = new Map();

	/** @param {Rung} rung @param {(message: any) => void} receive @param {(error: Error) => void} broken @returns {Promise<Line>} */
	const open = async (rung, receive, broken) => {
		if (rung === 'page') return (await part(asset('rearview.page.js').href))(native, receive, part);
		const script = asset('rearview.worker.js');
		let address = workerUrl ?? script.href;
		if (rung === 'worker') {
			if (new URL(address, win.location.href).origin !== win.location.origin) throw new Error('another origin');
		} else {
			const response = await native.fetch(script.href, {credentials: 'omit'});
			if (!response.ok) throw new Error(`HTTP ${response.status}`);
			address = URL.createObjectURL(new Blob([await response.text()], {type: 'text/javascript'}));
		}
		try {
			const worker = new native.Worker(hub.scriptAddress(address), {name: 'rearview'});
			native.listen(worker, 'message', guard((/** @type {MessageEvent} */ event) => receive(event.data)));
			native.listen(worker, 'error', guard((/** @type {ErrorEvent} */ event) => {
				event.preventDefault();
				broken(new Error(event.message || 'not loaded'));
			}));
			return {post: (message, transfer) => worker.postMessage(message, transfer), close: () => worker.terminate()};
		} finally {
			if (rung === 'blob') native.setTimeout(() => URL.revokeObjectURL(address), READY_MS);
		}
	};

	/** What one of our files hands over. @param {string} address @returns {Promise<any>} */
	const part = async address => {
		/** @type {any} */
		let made;
		await hub.addScript(address, nonce, {rearview: (/** @type {any} */ given) => {
			made = given;
		}});
		return made;
	};

	/** @param {any} message */
	const settle = ({id, ok, value, error}) => {
		const ask = asked.get(id);
		if (!ask) return;
		asked.delete(id);
		native.clearTimeout(ask.timer);
		if (ok) ask.done(value);
		else ask.failed(new Error(error));
	};

	/** @param {Rung} rung @param {any} options @returns {Promise<any>} the `ready` message */
	const climb = (rung, options) => new Promise((done, failed) => {
		/** @type {Line | null} */
		let mine = null;
		let isReady = false;
		const fail = (/** @type {Error} */ error) => {
			native.clearTimeout(timer);
			mine?.close();
			failed(error);
		};
		const timer = native.setTimeout(() => fail(new Error('no answer')), READY_MS);
		open(rung, message => {
			if (isReady) {
				if (mine !== line) return;
				if (message.t === 'reply') settle(message);
				else onMessage(message);
			} else if (message.t === 'failed') fail(new Error(message.error));
			else if (message.t === 'ready') {
				native.clearTimeout(timer);
				if (message.abi !== options.abi) return fail(new Error('another version'));
				isReady = true;
				line = mine;
				for (const what of message.degraded ?? []) onDegrade(what, '');
				done(message);
			}
		}, error => isReady ? onDegrade('worker', error.message) : fail(error)).then(opened => {
			mine = opened;
			if (stopped) opened.close();
			else opened.post({t: 'init', options}, []);
		}, fail);
	});

	return {
		/** @param {any} options of the `init` message @returns {Promise<any>} */
		async start(options) {
			let reason = '';
			while (rungs.length) {
				try {
					return await climb(rungs[0], options);
				} catch (error) {
					const rung = rungs.shift();
					reason = `${rung}: ${/** @type {any} */ (error)?.message ?? error}`;
					/* The first rung is only for pages that share the origin or host the worker themselves. */
					if (rungs.length && (rung !== 'worker' || workerUrl)) onDegrade(`${rung}`, reason);
				}
			}
			throw new Error(`The worker could not be started; ${reason}`);
		},
		/** Gives the silent worker up; `start` then makes another. */
		drop() {
			line?.close();
			line = null;
			for (const id of [...asked.keys()]) settle({id, ok: false, error: 'The worker was restarted.'});
		},
		/** @param {any} message @param {Transferable[]} [transfer] */
		send(message, transfer = []) {
			line?.post(message, transfer);
		},
		/** A request with an answer. @param {any} message @param {Transferable[]} [transfer] @param {number} [ms] @returns {Promise<any>} */
		ask: (message, transfer = [], ms = ANSWER_MS) => new Promise((done, failed) => {
			if (!line) return failed(new Error('The worker is not available.'));
			const id = ++last;
			const timer = native.setTimeout(() => settle({id, ok: false, error: 'The worker did not answer in time.'}), ms);
			asked.set(id, {done, failed, timer});
			line.post({...message, id}, transfer);
		}),
		stop() {
			stopped = true;
			line?.post({t: 'stop'}, []);
			const was = line;
			line = null;
			/* Time for the worker to write its last row. */
			native.setTimeout(() => was?.close(), 1000);
			for (const id of [...asked.keys()]) settle({id, ok: false, error: 'Rearview was destroyed.'});
		},
	};
}
