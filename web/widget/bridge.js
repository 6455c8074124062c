/* The worker, by the first rung of the ladder that holds: a worker from the page's own origin, one from
 * a blob: URL, the same code in the page itself. Before them, in a frame, the worker of its parent. Protocol: docs/ARCHITECTURE.md. */

/** @typedef {ReturnType<typeof createBridge>} Bridge */
/** @typedef {{post: (message: any, transfer: Transferable[]) => void, close: () => void}} Line */
/** @typedef {'frame' | 'worker' | 'blob' | 'page'} Rung */

const READY_MS = 15_000;
/** Seconds without a word after which a worker that owes an answer is given up. */
const SILENT = 5;

/**
 * @param {object} ctx
 * @param {import('./host/hub.js').Hub} ctx.hub
 * @param {(name: string) => URL} ctx.asset  where a file of the build is
 * @param {string | undefined} ctx.workerUrl  the same file on the page's origin
 * @param {string | undefined} ctx.nonce
 * @param {boolean} ctx.isFrame  its parent may record it
 * @param {(message: any) => void} ctx.onMessage  what it says, and `{t: 'lost', error}`: it will not answer any more
 * @param {(what: string, message: string) => void} ctx.onDegrade
 */
export function createBridge({hub, asset, workerUrl, nonce, isFrame, onMessage, onDegrade}) {
	const {win, native, guard} = hub;
	/** @type {Line | null} */
	let line = null;
	/** @type {Rung[]} */
	let rungs = ['worker', 'blob', 'page'];
	if (isFrame) rungs.unshift('frame');
	let stopped = false;
	let last = 0;
	let heard = 0;
	/** Checks in a row without a word. */
	let quiet = 0;
	/** Requests without an answer. */
	let asked = 0;

	/** @param {Rung} rung @param {(message: any) => void} receive @param {(error: Error) => void} broken @returns {Promise<Line>} */
	const open = async (rung, receive, broken) => {
		if (rung === 'page' || rung === 'frame') return (await part(asset(`rearview.${rung}.js`).href))(native, receive, part);
		let address = workerUrl ?? asset('rearview.worker.js').href;
		if (rung === 'worker') {
			if (new URL(address, win.location.href).origin !== win.location.origin) throw Error('another origin');
		} else {
			/* A policy that goes by nonces lets a worker load nothing: it gets all files in one. */
			const texts = [];
			for (const name of nonce ? ['flat', 'later', 'worker'] : ['worker']) {
				const response = await native.fetch(asset(`rearview.${name}.js`).href, {credentials: 'omit'});
				if (!response.ok) throw Error(`HTTP ${response.status}`);
				texts.push(await response.text());
			}
			address = URL.createObjectURL(new Blob(texts, {type: 'text/javascript'}));
			native.setTimeout(() => URL.revokeObjectURL(address), READY_MS);
		}
		const worker = new native.Worker(hub.scriptAddress(address), {name: 'rearview'});
		native.listen(worker, 'message', guard((/** @type {MessageEvent} */ event) => receive(event.data)));
		native.listen(worker, 'error', guard((/** @type {ErrorEvent} */ event) => {
			event.preventDefault();
			broken(Error(event.message || 'not loaded'));
		}));
		return {post: (message, transfer) => worker.postMessage(message, transfer), close: () => worker.terminate()};
	};

	/** What one of our files hands over. @param {string} address @returns {Promise<any>} */
	const part = address => hub.addScript(address, nonce);

	/** Nobody answers any more. @param {string} error @returns {Line | null} */
	const hangUp = error => {
		const was = line;
		line = null;
		asked = 0;
		onMessage({t: 'lost', error});
		return was;
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
		const timer = native.setTimeout(() => fail(Error('no answer')), READY_MS);
		open(rung, message => {
			if (isReady) {
				if (mine !== line) return;
				heard = native.now();
				quiet = 0;
				if (message.t === 'reply') asked--;
				onMessage(message);
			} else if (message.t === 'failed') fail(Error(message.error));
			else if (message.t === 'ready') {
				native.clearTimeout(timer);
				if (message.abi !== options.abi) return fail(Error('another version'));
				isReady = true;
				line = mine;
				heard ||= native.now();
				quiet = 0;
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
			throw Error(`The worker could not be started; ${reason}`);
		},
		/** performance.now() of its last word. */
		heard: () => heard,
		/** Called once a second: whether it is dead, as it owes an answer and is asked in vain. @param {boolean} isOwing  to a batch */
		isDead(isOwing) {
			if (isOwing || asked > 0) {
				line?.post({t: 'ping'}, []);
				return ++quiet > SILENT;
			}
			quiet = 0;
			return false;
		},
		/** Gives the silent worker up; `start` then makes another. */
		drop() {
			hangUp('The worker was restarted.')?.close();
		},
		/** @param {any} message @param {Transferable[]} [transfer] @returns {boolean} false: nobody is there */
		send(message, transfer = []) {
			if (message.id && line) asked++;
			line?.post(message, transfer);
			return !!line;
		},
		/** @param {boolean} [forget]  nothing more is to be stored */
		stop(forget) {
			stopped = true;
			const was = hangUp('Rearview was destroyed.');
			was?.post({t: 'stop', forget}, []);
			/* Time for the worker to write its last row. */
			native.setTimeout(() => was?.close(), 1000);
		},
	};
}
