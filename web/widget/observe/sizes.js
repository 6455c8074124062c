/* The sizes of blocked elements, as resize observations tell them. */
import * as rv from 'rv:records';

const TICK_MS = 250;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeSizes({hub, enc, flow, tree, every}) {
	const {win, native} = hub;
	const sizes = new win.ResizeObserver(hub.guard((/** @type {ResizeObserverEntry[]} */ entries) => {
		for (const {target, borderBoxSize, contentRect} of entries) {
			if (!native.isConnected(target)) sizes.unobserve(target);
			const box = borderBoxSize?.[0];
			const width = box ? box.inlineSize : contentRect.width;
			const height = box ? box.blockSize : contentRect.height;
			flow.onNode(target, false, 6, id => enc.put(rv.REC_SIZE, 3, id, Math.round(width), Math.round(height)));
		}
	}));
	const look = () => {
		for (const element of tree.boxes) {
			sizes.unobserve(element);
			sizes.observe(element);
		}
		tree.boxes.clear();
	};
	look();
	every(TICK_MS, look);
	return () => sizes.disconnect();
}
