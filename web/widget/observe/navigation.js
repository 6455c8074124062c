/* Navigation within the document, as the Navigation API tells it; where there is none: history.js. */
import * as rv from 'rv:records';

const KINDS = /** @type {Record<string, number>} */ ({push: rv.NAV_PUSH, replace: rv.NAV_REPLACE, traverse: rv.NAV_POP});

/** @param {import('../recorder.js').Ctx} ctx */
export function observeNavigation({hub, enc, flow, send, pageState, listen}) {
	const {win} = hub;
	let url = win.location.href;
	const {navigation} = /** @type {any} */ (win);
	if (!navigation) return;
	listen(navigation, 'currententrychange', (/** @type {any} */ {navigationType}) => {
		const now = win.location.href;
		const kind = KINDS[navigationType] ?? rv.NAV_REPLACE;
		if (now === url && kind !== rv.NAV_PUSH) return;
		url = now;
		flow.record(6, () => enc.put(rv.REC_NAVIGATE, 2, kind, enc.text(now)));
		send(pageState());
	});
}
