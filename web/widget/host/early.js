/* The hooks that must be in place before the page's own scripts do something worth knowing. */
import {hookConsole} from './console.js';
import {hookDom} from './dom.js';
import {hookErrors} from './errors.js';
import {createHub} from './hub.js';
import {hookNetwork} from './network.js';
import {createStringify} from './stringify.js';

/** @param {Window & typeof globalThis} win */
export function startEarly(win) {
	const hub = createHub(win);
	const stringify = createStringify(hub.native, win);
	/** @type {(() => void) | null} */
	let stop = null;
	const hook = () => {
		if (stop) return;
		hub.started = hub.native.now();
		if (hub.since) hub.since = hub.started;
		hub.patcher = hub.newPatcher();
		const stopErrors = hub.attempt(() => hookErrors(hub, stringify));
		hub.attempt(() => hookConsole(hub, stringify));
		hub.attempt(() => hookNetwork(hub));
		hub.attempt(() => hookDom(hub, win));
		stop = () => {
			stopErrors?.();
			hub.patcher.restore();
			hub.mute(true);
			hub.mute(false);
		};
	};
	hook();
	return {
		hub, hook,
		unhook() {
			stop?.();
			stop = null;
		},
	};
}
