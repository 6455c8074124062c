/* rearview.page.js: the worker's code in the page itself, for pages whose policy or browser allows no
 * worker. It works through its messages one at a time when the page has nothing else to do. */
import {startWorker} from './worker_main.js';

const IDLE_MS = 200;

/**
 * @param {{setTimeout: (f: () => void, ms: number) => unknown, idle?: typeof requestIdleCallback}} native
 * @param {(message: any) => void} receive
 * @param {(address: string) => Promise<any>} load  a file of the JavaScript build
 * @returns {import('./bridge.js').Line}
 */
function startPage(native, receive, load) {
	/** @type {any[]} */
	const queue = [];
	/** @type {import('./worker_main.js').Port} */
	const port = {
		postMessage: message => void native.setTimeout(() => receive(message), 0),
		onmessage: null,
	};
	const step = () => port.onmessage?.({data: queue.shift()});
	const idle = () => native.idle ? native.idle(run, {timeout: IDLE_MS}) : native.setTimeout(run, 16);
	const run = () => {
		if (queue.length) step();
		if (queue.length) idle();
	};
	/** @param {any} message */
	const post = message => {
		if (queue.push(message) === 1) idle();
		/* No task of a page that goes runs any more. */
		if (/^(save|pagehide|stop)$/.test(message.t)) while (queue.length) step();
	};
	startWorker(port, load, load, () => new Promise(next => native.setTimeout(() => next(undefined), 0)));
	return {post, close: () => post({t: 'stop'})};
}

/** @type {any} past an element of the page that is called so */
const script = Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')?.get?.call(document);
script?.rearview?.(startPage);
