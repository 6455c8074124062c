/* The size of the viewport, read where the layout is known: in resize events. */
import * as rv from 'rv:records';

/**
 * Size and scroll offsets after the next layout, without forcing one.
 * @param {import('../host/hub.js').Hub} hub
 * @returns {Promise<{width: number, height: number, x: number, y: number}>}
 */
export const measure = ({win, native}) => new Promise(done => {
	const read = () => {
		observer?.disconnect();
		native.clearTimeout(timer);
		done({width: win.innerWidth, height: win.innerHeight, x: win.scrollX, y: win.scrollY});
	};
	/* A page that is not shown has no layout to wait for. */
	const timer = native.setTimeout(read, 500);
	const root = native.documentElement(win.document);
	const observer = root && win.ResizeObserver ? new win.ResizeObserver(read) : null;
	if (root) observer?.observe(root);
});

/** @param {import('../recorder.js').Ctx} ctx */
export function observeViewport({hub: {win}, enc, flow, listen}) {
	listen(win, 'resize', () => {
		const {innerWidth, innerHeight, devicePixelRatio} = win;
		flow.record(6, () => enc.put(rv.REC_VIEWPORT, 3, innerWidth, innerHeight, Math.round(devicePixelRatio * 1000)));
	});
}
