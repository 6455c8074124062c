/* Navigation within the document: the Navigation API where there is one, patched history elsewhere. */
import * as rv from 'rv:records';

/** @param {import('../recorder.js').Ctx} ctx */
export function observeNavigation({hub, enc, flow, send, pageState, listen}) {
	const {win, patcher} = hub;
	let url = win.location.href;

	const moved = (/** @type {number} */ kind) => {
		const now = win.location.href;
		if (now === url && kind !== rv.NAV_PUSH) return;
		url = now;
		flow.record(6, () => enc.put(rv.REC_NAVIGATE, 2, kind, enc.text(now)));
		send(pageState());
	};
	const {navigation} = /** @type {any} */ (win);
	if (navigation?.addEventListener) {
		const kinds = /** @type {Record<string, number>} */ ({push: rv.NAV_PUSH, replace: rv.NAV_REPLACE, traverse: rv.NAV_POP});
		listen(navigation, 'currententrychange', (/** @type {any} */ event) => moved(kinds[event.navigationType] ?? rv.NAV_REPLACE));
		return;
	}
	patcher.method(win.History.prototype, 'pushState', null, () => moved(rv.NAV_PUSH));
	patcher.method(win.History.prototype, 'replaceState', null, () => moved(rv.NAV_REPLACE));
	listen(win, 'popstate', () => moved(rv.NAV_POP));
	listen(win, 'hashchange', () => moved(rv.NAV_HASH));
}
