/* Navigation within the document in browsers without the Navigation API. What happened before this
 * began is told by the address it led to. */
import * as rv from 'rv:records';

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeHistory({hub, enc, flow, send, pageState, listen, patcher}) {
	const {win} = hub;
	if (/** @type {any} */ (win).navigation) return;
	let url = '';
	const moved = (/** @type {number} */ kind) => {
		const now = win.location.href;
		if (now === url && kind !== rv.NAV_PUSH) return;
		url = now;
		flow.record(6, () => enc.put(rv.REC_NAVIGATE, 2, kind, enc.text(now)));
		send(pageState());
	};
	patcher.method(win.History.prototype, 'pushState', null, () => moved(rv.NAV_PUSH));
	patcher.method(win.History.prototype, 'replaceState', null, () => moved(rv.NAV_REPLACE));
	listen(win, 'popstate', () => moved(rv.NAV_POP));
	listen(win, 'hashchange', () => moved(rv.NAV_HASH));
	moved(rv.NAV_REPLACE);
}
