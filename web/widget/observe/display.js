/* What lies over or around the document: fullscreen, the focus at the start, pinch zoom, view transitions. */
import * as rv from 'rv:records';

const GAP_MS = 100;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeDisplay({hub, enc, ids, flow, patcher, listen, onRoot, onWindow, targetOf, afterLayout}) {
	const {win, native} = hub;
	const {document} = win;

	/* ---- fullscreen ---- */
	let last = 0;
	const onFullscreen = () => {
		/** @type {any} */
		let element = document.fullscreenElement;
		for (let root; element && (root = native.shadowRoot(element)) && root.fullscreenElement;) element = root.fullscreenElement;
		const write = (/** @type {number} */ id) => {
			if (id !== last) enc.put(rv.REC_FULLSCREEN, 1, last = id);
		};
		if (element) flow.onNode(element, false, 3, write);
		else if (last) flow.record(3, () => write(0));
	};
	listen(document, 'fullscreenchange', onFullscreen);
	onFullscreen();

	/* ---- focus ---- */
	/** @type {any} */
	let focused = document.activeElement;
	for (let inner = focused; inner; inner = (native.shadowRoot(focused) ?? (native.localName(focused) === 'iframe' ? native.frameDoc(focused) : null))?.activeElement) focused = inner;
	if (focused && native.localName(focused) !== 'body' && ids.live(focused)) flow.onNode(focused, false, 8, id => enc.put(rv.REC_POINTER, 5, rv.POINTER_FOCUS, id, +native.matches(focused, ':focus-visible')));
	/* What moves within a shadow tree is told nowhere else. */
	onRoot((root, listen) => {
		if (native.nodeType(root) !== 11) return;
		for (const [type, kind] of /** @type {[string, number][]} */ ([['focus', rv.POINTER_FOCUS], ['blur', rv.POINTER_BLUR]])) {
			listen(type, event => {
				if (root.contains(event.relatedTarget)) {
					const node = targetOf(event);
					const x = +native.matches(node, ':focus-visible');
					flow.onNode(node, event.isTrusted, 8, id => enc.put(rv.REC_POINTER, 5, kind, id, x));
				}
			});
		}
	});

	/* ---- pinch zoom ---- */
	const {visualViewport} = win;
	let timer = 0;
	let zoomed = '0 0 1000';
	const readZoom = () => {
		const {offsetLeft, offsetTop, scale} = /** @type {VisualViewport} */ (visualViewport);
		const [x, y, milli] = [offsetLeft, offsetTop, scale * 1000].map(Math.round);
		const key = `${x} ${y} ${milli}`;
		if (key === zoomed) return;
		zoomed = key;
		flow.record(6, () => enc.put(rv.REC_VISUAL_VIEWPORT, 3, x, y, milli));
	};
	if (visualViewport) {
		let next = 0;
		const onZoom = () => {
			native.clearTimeout(timer);
			const now = native.now();
			if (now < next) return void (timer = native.setTimeout(() => afterLayout(readZoom), GAP_MS));
			next = now + GAP_MS;
			readZoom();
		};
		listen(visualViewport, 'resize', onZoom);
		listen(visualViewport, 'scroll', onZoom);
		afterLayout(readZoom);
	}

	/* ---- view transitions ---- */
	const mark = (/** @type {number} */ kind) => flow.record(3, () => enc.put(rv.REC_TRANSITION, 1, kind));
	onWindow(own => {
		const {Document, Element} = /** @type {any} */ (own);
		for (const proto of [Document.prototype, Element.prototype]) {
			patcher.method(proto, 'startViewTransition', null, (_self, _args, transition) => {
				mark(rv.TRANSITION_START);
				const end = hub.guard(() => mark(rv.TRANSITION_END));
				transition?.finished?.then(end, end);
			});
		}
	});
	return () => native.clearTimeout(timer);
}
