/* Freezing and thawing of the page, by the browser or for the back/forward cache. Going into that cache is
 * written by visibility.js, before the page's last batch. */
import * as rv from 'rv:records';

const LAST_MS = 10;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeLifecycle({hub, enc, clock, flow, send, pageState, listen}) {
	const {win} = hub;
	const write = (/** @type {number} */ kind) => flow.record(3, () => enc.put(rv.REC_LIFECYCLE, 1, kind));
	listen(win.document, 'freeze', () => {
		write(rv.LIFECYCLE_FREEZE);
		flow.force(LAST_MS);
	});
	listen(win.document, 'resume', () => {
		clock.correct();
		write(rv.LIFECYCLE_RESUME);
	});
	listen(win, 'pageshow', event => {
		if (!event.persisted) return;
		clock.correct();
		send(pageState());
		write(rv.LIFECYCLE_SHOW);
	});
}
