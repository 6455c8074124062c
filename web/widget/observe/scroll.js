/* Scroll offsets, read inside the scroll event only, written at most every 100 ms, after the changes that
 * made room for them, and before an export. */
import * as rv from 'rv:records';

const GAP_MS = 100;
/** How many gaps an offset waits for changes to be written. */
const WAITS = 3;

/** @param {import('../recorder.js').Ctx} ctx */
export function observeScroll({hub, enc, flow, onRoot, isBehind}) {
	const {native, guard} = hub;
	const left = native.getter(hub.win.Element.prototype, 'scrollLeft');
	const top = native.getter(hub.win.Element.prototype, 'scrollTop');
	/** Offsets not yet written. @type {Map<Node, [x: number, y: number]>} */
	const pending = new Map();
	let timer = 0;
	let waited = 0;

	const write = guard(() => {
		timer = pending.size && native.setTimeout(write, GAP_MS);
		if (isBehind() && waited++ < WAITS) return;
		waited = 0;
		for (const [node, [x, y]] of pending) flow.onNode(node, false, 6, id => enc.put(rv.REC_SCROLL, 3, id, Math.round(x), Math.round(y)));
		pending.clear();
	});

	const onScroll = (/** @type {any} */ event) => {
		const {target} = event;
		const type = native.nodeType(target);
		if (type === 9) {
			const win = native.defaultView(target);
			if (!win) return;
			pending.set(target, [win.scrollX, win.scrollY]);
		} else if (type === 1) pending.set(target, [left(target), top(target)]);
		if (!timer) write();
	};
	hub.onScroll = () => {
		waited = WAITS;
		write();
	};
	onRoot((_root, listen) => listen('scroll', onScroll));
	return () => native.clearTimeout(timer);
}

/**
 * The first offsets of a page that was scrolled before recording began.
 * @param {import('../recorder.js').Ctx} ctx @param {{x: number, y: number}} offset
 */
export function firstScroll({hub, enc, flow}, {x, y}) {
	if (x || y) flow.onNode(hub.win.document, false, 6, id => enc.put(rv.REC_SCROLL, 3, id, Math.round(x), Math.round(y)));
}
