/* The stage of the editor: the picture in a scrolling field, zoomed and panned, in both directions between
 * what is on screen and pixels of the picture. */
import {make} from './dom.js';

const ZOOM_MAX = 8;

/**
 * @param {object} given
 * @param {number} given.width  of the whole picture
 * @param {number} given.height
 * @param {number} given.unit  pixels of the picture for one of the page
 * @param {() => import('./shapes.js').Box} given.shown  the part of the picture that is on view
 * @param {() => void} given.onZoom
 * @param {Node[]} given.children  of the stage's inner field
 */
export function createView({width, height, unit, shown, onZoom, children}) {
	const world = make('div', {class: 'world'}, children);
	const stage = make('div', {class: 'stage', dir: 'ltr', tabindex: '0'}, [world]);
	/** Pixels on screen for one of the picture. */
	let scale = 0;
	let fits = true;

	const fitting = () => {
		const {w, h} = shown();
		return Math.max(0.01, Math.min((stage.clientWidth - 24) / w, (stage.clientHeight - 24) / h, 1 / unit));
	};
	const lay = () => {
		const {x, y, w, h} = shown();
		const {style} = world;
		style.width = `${w * scale}px`;
		style.height = `${h * scale}px`;
		style.setProperty('--x', `${-x * scale}px`);
		style.setProperty('--y', `${-y * scale}px`);
		style.setProperty('--w', `${width * scale}px`);
		style.setProperty('--h', `${height * scale}px`);
		onZoom();
	};
	/** Keeps what is at that place on screen where it is. @param {number} next @param {number} [clientX] @param {number} [clientY] */
	const zoom = (next, clientX, clientY) => {
		const box = stage.getBoundingClientRect();
		const atX = clientX ?? box.left + stage.clientWidth / 2;
		const atY = clientY ?? box.top + stage.clientHeight / 2;
		const before = place(atX, atY);
		scale = Math.max(Math.min(fitting(), 0.25 / unit), Math.min(ZOOM_MAX, next));
		fits = false;
		lay();
		const after = world.getBoundingClientRect();
		const {x, y} = shown();
		stage.scrollLeft += after.left + (before.x - x) * scale - atX;
		stage.scrollTop += after.top + (before.y - y) * scale - atY;
	};
	/** @param {number} clientX @param {number} clientY */
	const place = (clientX, clientY) => {
		const box = world.getBoundingClientRect();
		const {x, y} = shown();
		return {x: (clientX - box.left) / scale + x, y: (clientY - box.top) / scale + y};
	};
	const fit = () => {
		fits = true;
		scale = fitting();
		lay();
	};
	const sizes = new ResizeObserver(() => (fits || !scale ? fit() : lay()));
	sizes.observe(stage);

	return {
		stage, world, lay, zoom, place, fit,
		scale: () => scale,
		/** How large it is shown, 1 being as in the page. */
		percent: () => Math.round(scale * unit * 100),
		/** The view has become another part of the picture. */
		refit: () => (fits ? fit() : lay()),
		/** The middle of what is on screen, and its size, in pixels of the picture. */
		middle() {
			const outer = stage.getBoundingClientRect();
			const inner = world.getBoundingClientRect();
			const left = Math.max(outer.left, inner.left);
			const top = Math.max(outer.top, inner.top);
			const w = Math.min(outer.right, inner.right) - left;
			const h = Math.min(outer.bottom, inner.bottom) - top;
			return {...place(left + w / 2, top + h / 2), w: w / scale, h: h / scale};
		},
		stop: () => sizes.disconnect(),
	};
}
