/* Whether the page is seen, and the moment it goes away. */
import * as rv from 'rv:records';

const LAST_FLUSH_MS = 20;

/** @param {import('../recorder.js').Ctx} ctx */
export function observeVisibility({hub, enc, clock, flow, send, pageState, listen}) {
	const {win} = hub;
	listen(win.document, 'visibilitychange', () => {
		clock.correct();
		const state = pageState();
		flow.record(4, () => enc.put(rv.REC_VISIBILITY, 1, +state.visible));
		flow.force(LAST_FLUSH_MS);
		send(state);
	});
	/** @param {any} event */
	const onLeave = ({type, persisted}) => {
		if (persisted) flow.record(3, () => enc.put(rv.REC_LIFECYCLE, 1, rv.LIFECYCLE_HIDE));
		flow.force(LAST_FLUSH_MS);
		send({t: type === 'pagehide' ? type : 'save'});
	};
	/* Firefox ends the worker of a page that goes before it can store anything on pagehide. */
	listen(win, 'beforeunload', onLeave);
	listen(win, 'pagehide', onLeave);
}
