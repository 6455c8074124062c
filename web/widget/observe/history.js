/* Navigation within the document, as the Navigation API tells it; by the history's functions where there is
 * none. What happened before this began is told by the address it led to. */
import * as rv from 'rv:records';

const KINDS = /** @type {Record<string, number>} */ ({push: rv.NAV_PUSH, replace: rv.NAV_REPLACE, traverse: rv.NAV_POP});

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeHistory({hub, enc, flow, send, pageState, listen, patcher}) {
	const {win} = hub;
	const moved = (/** @type {number} */ kind) => {
		const now = win.location.href;
		if (now === hub.url && kind !== rv.NAV_PUSH) return;
		hub.url = now;
		flow.record(6, () => enc.put(rv.REC_NAVIGATE, 2, kind, enc.text(now)));
		send(pageState());
	};
	moved(rv.NAV_REPLACE);
	const {navigation} = /** @type {any} */ (win);
	if (navigation) return void listen(navigation, 'currententrychange', (/** @type {any} */ {navigationType}) => moved(KINDS[navigationType] ?? rv.NAV_REPLACE));
	patcher.method(win.History.prototype, 'pushState', null, () => moved(rv.NAV_PUSH));
	patcher.method(win.History.prototype, 'replaceState', null, () => moved(rv.NAV_REPLACE));
	listen(win, 'popstate', () => moved(rv.NAV_POP));
	listen(win, 'hashchange', () => moved(rv.NAV_HASH));
}
