/* Last frames of canvases, where the configuration asks for them: of those on screen, at most every two
 * seconds and only when they changed. A WebGL buffer is gone after the frame, so it is read at the end of
 * the task that drew. Canvases with pictures of other origins cannot be read and are left alone. */
import * as rv from 'rv:records';
import {createPictures} from '../record/picture.js';

const GAP_MS = 2000;
const LOOK_MS = 500;
/** Characters a second that one canvas may cost. */
const RATE = 60_000;
const CANVASES_MAX = 50;
const DRAWS = ['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced', 'clear'];

/** @typedef {{next: number, image: string, isGl: boolean, isBusy: boolean, id: number}} Sampled */

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeCanvas({hub, config, enc, ids, flow, patcher, onRoot, onWindow, every, find, roots, isHidden}) {
	if (config?.capture?.canvas !== true) return;
	const {win, native} = hub;
	const {draw} = createPictures(hub);
	/** @type {Map<HTMLCanvasElement, Sampled>} */
	const seen = new Map();
	/** @type {WeakSet<HTMLCanvasElement>} */
	const unreadable = new WeakSet();
	/** Drawn on since the end of the last task. @type {Set<HTMLCanvasElement>} */
	const drawn = new Set();
	let isOver = false;

	/** @param {HTMLCanvasElement} canvas @param {Sampled} one */
	const sample = async (canvas, one) => {
		const id = ids.live(canvas);
		const {width, height} = canvas;
		const now = native.now();
		if (!id || isOver || one.isBusy || now < one.next || !width || !height || isHidden(ids.bitsOf(id)) || !flow.isRunning()) return;
		one.next = now + GAP_MS;
		one.isBusy = true;
		try {
			const image = await draw(canvas, width, height);
			one.next += image.length / RATE * 1000;
			if (isOver || !image || (image === one.image && one.id === id)) return;
			/* Nothing drawn yet, or drawn by WebGL before this began: a replay starts blank, too. */
			if (!one.image) {
				const blank = win.document.createElement('canvas');
				blank.width = width;
				blank.height = height;
				if (image === await draw(blank, width, height)) return;
			}
			flow.onNode(canvas, false, 6, own => {
				one.image = image;
				one.id = own;
				if (!isHidden(ids.bitsOf(own))) enc.put(rv.REC_CANVAS, 4, own, width, height, enc.text(image));
			});
		} catch {
			unreadable.add(canvas);
			seen.delete(canvas);
		} finally {
			one.isBusy = false;
		}
	};

	const watcher = new win.IntersectionObserver(hub.guard((/** @type {IntersectionObserverEntry[]} */ entries) => {
		for (const {target, isIntersecting} of entries) {
			const canvas = /** @type {HTMLCanvasElement} */ (target);
			if (!isIntersecting) seen.delete(canvas);
			else if (!seen.has(canvas) && !unreadable.has(canvas) && seen.size < CANVASES_MAX) {
				const one = {next: 0, image: '', isGl: gl.has(canvas), isBusy: false, id: 0};
				seen.set(canvas, one);
				if (!one.isGl) sample(canvas, one);
			}
		}
	}));
	/** @type {WeakSet<HTMLCanvasElement>} */
	const gl = new WeakSet();
	/** @type {WeakSet<Element>} */
	const watched = new WeakSet();
	const discover = (/** @type {Document | ShadowRoot} */ root) => {
		for (const canvas of find(root, 'canvas')) {
			if (watched.has(canvas)) continue;
			watched.add(canvas);
			watcher.observe(canvas);
		}
	};

	const onTaskEnd = hub.guard(() => {
		for (const canvas of drawn) {
			const one = seen.get(canvas);
			if (one) sample(canvas, one);
		}
		drawn.clear();
	});
	const onDraw = (/** @type {any} */ context) => {
		const {canvas} = context;
		const one = seen.get(canvas);
		gl.add(canvas);
		if (!one) return;
		one.isGl = true;
		if (native.now() < one.next) return;
		if (!drawn.size) win.queueMicrotask(onTaskEnd);
		drawn.add(canvas);
	};
	onWindow(own => {
		for (const name of ['WebGLRenderingContext', 'WebGL2RenderingContext']) {
			for (const method of DRAWS) patcher.method(/** @type {any} */ (own)[name]?.prototype, method, null, onDraw);
		}
	});
	onRoot(discover);
	every(LOOK_MS, () => {
		if (native.visibility(win.document) !== 'visible') return;
		roots(discover);
		for (const [canvas, one] of seen) if (!one.isGl) sample(canvas, one);
	});
	return () => {
		isOver = true;
		watcher.disconnect();
	};
}
