/* Pointers: presses, clicks, touches, focus; moves at most every 50 ms. */
import * as rv from 'rv:records';

const MOVE_MS = 50;
const TYPES = /** @type {Record<string, number>} */ ({mouse: rv.POINTER_TYPE_MOUSE, pen: rv.POINTER_TYPE_PEN, touch: rv.POINTER_TYPE_TOUCH});
const KINDS = /** @type {Record<string, [kind: number, touch: number]>} */ ({
	pointerdown: [rv.POINTER_DOWN, rv.POINTER_TOUCH_START],
	pointerup: [rv.POINTER_UP, rv.POINTER_TOUCH_END],
	pointercancel: [-1, rv.POINTER_TOUCH_CANCEL],
	click: [rv.POINTER_CLICK, rv.POINTER_CLICK],
	dblclick: [rv.POINTER_DBLCLICK, rv.POINTER_DBLCLICK],
	contextmenu: [rv.POINTER_CONTEXT_MENU, rv.POINTER_CONTEXT_MENU],
	focus: [rv.POINTER_FOCUS, rv.POINTER_FOCUS],
	blur: [rv.POINTER_BLUR, rv.POINTER_BLUR],
});

/** @param {import('../recorder.js').Ctx} ctx */
export function observePointer({hub, enc, flow, onWindow, targetOf}) {
	let lastMove = 0;
	/** The type of the last pointer: a click of older engines does not say. */
	let lastType = 0;

	const onEvent = (/** @type {any} */ event) => {
		const node = targetOf(event);
		const kinds = KINDS[event.type];
		if (!kinds || !node) return;
		if (typeof event.pointerType === 'string' && event.pointerType) lastType = TYPES[event.pointerType] ?? rv.POINTER_TYPE_MOUSE;
		const kind = kinds[lastType === rv.POINTER_TYPE_TOUCH ? 1 : 0];
		if (kind < 0) return;
		/* Of a focus: whether it is to be seen. */
		const x = kind === rv.POINTER_FOCUS ? +(hub.native.nodeType(node) === 1 && hub.native.matches(node, ':focus-visible')) : Math.round(event.clientX ?? 0);
		const y = Math.round(event.clientY ?? 0);
		const type = lastType;
		flow.onNode(node, event.isTrusted, 8, id => enc.put(rv.REC_POINTER, 5, kind, id, x, y, type));
	};

	const onMove = (/** @type {any} */ event) => {
		const now = hub.native.now();
		if (now - lastMove < MOVE_MS) return;
		lastMove = now;
		const x = Math.round(event.clientX);
		const y = Math.round(event.clientY);
		const type = TYPES[event.pointerType] ?? rv.POINTER_TYPE_MOUSE;
		flow.onNode(targetOf(event), false, 8, id => enc.put(rv.REC_POINTER_MOVE, 4, id, x, y, type));
	};

	onWindow((_win, listen) => {
		for (const type of Object.keys(KINDS)) listen(type, onEvent);
		listen('pointermove', onMove);
	});
}
