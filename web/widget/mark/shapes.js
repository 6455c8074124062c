/* Marks on a picture, as values: what they cover, moved, resized, hit. All lengths are pixels of the
 * picture. A mark never changes; a changed one is another object with the same id. */

/**
 * `w` and `h` of an arrow may be negative: it points from (x, y) to (x + w, y + h). `points` are x and y in
 * turn, from 0 to 1 within the box.
 * @typedef {{x: number, y: number, w: number, h: number}} Box
 * @typedef {'rect' | 'arrow' | 'pen' | 'text' | 'hide' | 'blur'} Kind
 * @typedef {Box & {id: number, kind: Kind, color: string, points?: number[], text?: string, size?: number}} Mark
 * @typedef {{marks: Mark[], crop: Box | null}} State
 */

/** @param {Box} box @returns {Box} the same area, nothing negative */
export const upright = ({x, y, w, h}) => ({x: Math.min(x, x + w), y: Math.min(y, y + h), w: Math.abs(w), h: Math.abs(h)});

/** Whole pixels, within the picture. @param {Box} box @param {number} width @param {number} height @returns {Box} */
export const whole = (box, width, height) => {
	const {x, y, w, h} = upright(box);
	const left = Math.max(0, Math.floor(x));
	const top = Math.max(0, Math.floor(y));
	return {x: left, y: top, w: Math.max(0, Math.min(width, Math.ceil(x + w)) - left), h: Math.max(0, Math.min(height, Math.ceil(y + h)) - top)};
};

/** @param {Box} box @param {number} x @param {number} y @param {number} [by] */
export const contains = (box, x, y, by = 0) => {
	const b = upright(box);
	return x >= b.x - by && x <= b.x + b.w + by && y >= b.y - by && y <= b.y + b.h + by;
};

/** The corners and ends by which a box is resized: which of its sides follow. @type {Record<string, [x: 0 | 1, y: 0 | 1]>} */
export const HANDLES = {nw: [0, 0], ne: [1, 0], sw: [0, 1], se: [1, 1]};

/** @template {Box} B @param {B} box @param {[0 | 1, 0 | 1]} handle @param {number} dx @param {number} dy @returns {B} */
export const resized = (box, [right, bottom], dx, dy) => ({
	...box,
	x: right ? box.x : box.x + dx,
	y: bottom ? box.y : box.y + dy,
	w: right ? box.w + dx : box.w - dx,
	h: bottom ? box.h + dy : box.h - dy,
});

/** A line's points in pixels, ready for drawing and measuring. @param {Mark} mark @returns {number[]} */
export const pointsOf = ({kind, x, y, w, h, points = []}) =>
	kind === 'arrow' ? [x, y, x + w, y + h] : points.map((at, i) => i % 2 ? y + at * h : x + at * w);

/** The box round points, and the points within it. @param {number[]} points @returns {Box & {points: number[]}} */
export function boxed(points) {
	const box = {x: Infinity, y: Infinity, w: 0, h: 0};
	let right = -Infinity;
	let bottom = -Infinity;
	for (let i = 0; i < points.length; i += 2) {
		box.x = Math.min(box.x, points[i]);
		box.y = Math.min(box.y, points[i + 1]);
		right = Math.max(right, points[i]);
		bottom = Math.max(bottom, points[i + 1]);
	}
	box.w = Math.max(1, right - box.x);
	box.h = Math.max(1, bottom - box.y);
	return {...box, points: points.map((at, i) => i % 2 ? (at - box.y) / box.h : (at - box.x) / box.w)};
}

/** @param {number[]} p @param {number} x @param {number} y the distance to the nearest part of the line */
const distance = (p, x, y) => {
	let least = Infinity;
	for (let i = 0; i + 3 < p.length; i += 2) {
		const dx = p[i + 2] - p[i];
		const dy = p[i + 3] - p[i + 1];
		const t = Math.max(0, Math.min(1, ((x - p[i]) * dx + (y - p[i + 1]) * dy) / (dx * dx + dy * dy || 1)));
		least = Math.min(least, Math.hypot(x - p[i] - t * dx, y - p[i + 1] - t * dy));
	}
	return least;
};

/** The mark there, the topmost first. @param {Mark[]} marks @param {number} x @param {number} y @param {number} by  how near is near enough @returns {Mark | undefined} */
export const hit = (marks, x, y, by) => marks.findLast(mark => mark.kind === 'arrow' || mark.kind === 'pen' ? distance(pointsOf(mark), x, y) <= by : contains(mark, x, y, by / 2));
