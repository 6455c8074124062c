/* The size of the viewport and of blocked elements, read where the layout is known: in resize events
 * and resize observations. */
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
export function observeViewport({hub, enc, flow, blocked, listen}) {
	const {win, native} = hub;
	listen(win, 'resize', () => {
		const {innerWidth, innerHeight, devicePixelRatio} = win;
		flow.record(6, () => enc.put(rv.REC_VIEWPORT, 3, innerWidth, innerHeight, Math.round(devicePixelRatio * 1000)));
	});
	const sizes = new win.ResizeObserver(hub.guard((/** @type {ResizeObserverEntry[]} */ entries) => {
		for (const {target, borderBoxSize, contentRect} of entries) {
			if (!native.isConnected(target)) sizes.unobserve(target);
			const box = borderBoxSize?.[0];
			const width = box ? box.inlineSize : contentRect.width;
			const height = box ? box.blockSize : contentRect.height;
			flow.onNode(target, false, 6, id => enc.put(rv.REC_SIZE, 3, id, Math.round(width), Math.round(height)));
		}
	}));
	blocked(element => {
		sizes.unobserve(element);
		sizes.observe(element);
	});
	return () => sizes.disconnect();
}
