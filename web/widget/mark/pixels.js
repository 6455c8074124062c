/* The pixels of the result. What is hidden is computed without the pixels it hides; what no mark touches
 * stays as it was, bit for bit. */
import {contains, whole} from './shapes.js';

/** @typedef {{data: Uint8ClampedArray | Uint8Array, width: number, height: number}} Picture */
/** @typedef {import('./shapes.js').Box & {rgb: [number, number, number]}} Cell */

/** Blacked out: a colour that pages rarely have, so that it is seen as a mark. */
const SOLID = /** @type {[number, number, number]} */ ([22, 24, 29]);
const SAMPLES = 8;

/**
 * What covers a hidden area: one dark cell, or, where it is to look blurred, cells like a mosaic's. A
 * mosaic of the area itself could be guessed back by trying texts; these are mixed from the pixels just
 * outside the area alone (of no other hidden one), with a fixed pattern, so nothing within is in them.
 * @param {Picture} picture
 * @param {import('./shapes.js').Mark} mark
 * @param {import('./shapes.js').Mark[]} hidden  all hidden areas
 * @param {number} unit
 * @returns {Cell[]}
 */
export function cellsOf({data, width, height}, mark, hidden, unit) {
	const area = whole(mark, width, height);
	if (mark.kind === 'hide') return [{...area, rgb: SOLID}];
	const {x, y, w, h} = area;
	const areas = hidden.map(one => whole(one, width, height));
	/** The mean of some pixels along one side. @param {number} fromX @param {number} fromY @param {number} dx @param {number} dy */
	const side = (fromX, fromY, dx, dy) => {
		const sum = [0, 0, 0];
		let n = 0;
		for (let i = 0; i < SAMPLES; i++) {
			const atX = Math.floor(fromX + dx * (i + 0.5) / SAMPLES);
			const atY = Math.floor(fromY + dy * (i + 0.5) / SAMPLES);
			if (atX < 0 || atY < 0 || atX >= width || atY >= height || areas.some(one => contains({...one, w: one.w - 1, h: one.h - 1}, atX, atY))) continue;
			for (let c = 0; c < 3; c++) sum[c] += data[(atY * width + atX) * 4 + c];
			n++;
		}
		return n ? sum.map(c => c / n) : null;
	};
	const sides = [side(x - 2, y, 0, h), side(x + w + 1, y, 0, h), side(x, y - 2, w, 0), side(x, y + h + 1, w, 0)];
	const size = Math.max(8, Math.round(10 * unit));
	/** @type {Cell[]} */
	const cells = [];
	for (let row = 0, top = y; top < y + h; top += size, row++) {
		for (let column = 0, left = x; left < x + w; left += size, column++) {
			const u = (left - x + size / 2) / w;
			const v = (top - y + size / 2) / h;
			const weights = [1 - u, u, 1 - v, v];
			/* Repeats, is the same everywhere, knows nothing. */
			const pattern = ((column * 7 + row * 13) % 5 - 2) * 9;
			let total = 0;
			const rgb = [0, 0, 0];
			sides.forEach((color, i) => {
				if (!color) return;
				const weight = Math.max(0.05, weights[i]);
				total += weight;
				for (let c = 0; c < 3; c++) rgb[c] += color[c] * weight;
			});
			const [r, g, b] = rgb.map(c => {
				const plain = total ? c / total : 128;
				return Math.round(Math.max(0, Math.min(255, plain + (plain > 128 ? pattern - 26 : pattern + 26))));
			});
			cells.push({x: left, y: top, w: Math.min(size, x + w - left), h: Math.min(size, y + h - top), rgb: [r, g, b]});
		}
	}
	return cells;
}

/**
 * @param {Picture} picture
 * @param {import('./shapes.js').Box} crop  whole pixels
 * @param {Cell[]} cells
 * @param {Uint8ClampedArray | null} over  RGBA of the crop's size, drawn over it
 * @returns {Uint8ClampedArray} RGBA of the crop's size
 */
export function compose({data, width}, crop, cells, over) {
	const {w, h} = crop;
	const out = new Uint8ClampedArray(w * h * 4);
	for (let row = 0; row < h; row++) {
		const from = ((crop.y + row) * width + crop.x) * 4;
		out.set(data.subarray(from, from + w * 4), row * w * 4);
	}
	for (const cell of cells) {
		const right = Math.min(w, cell.x + cell.w - crop.x);
		const bottom = Math.min(h, cell.y + cell.h - crop.y);
		for (let y = Math.max(0, cell.y - crop.y); y < bottom; y++) {
			for (let x = Math.max(0, cell.x - crop.x), at = (y * w + x) * 4; x < right; x++, at += 4) {
				out[at] = cell.rgb[0];
				out[at + 1] = cell.rgb[1];
				out[at + 2] = cell.rgb[2];
				out[at + 3] = 255;
			}
		}
	}
	for (let i = 0; over && i < over.length; i += 4) {
		const a = over[i + 3];
		if (!a) continue;
		const below = out[i + 3] * (255 - a) / 255;
		const sum = a + below;
		for (let c = 0; c < 3; c++) out[i + c] = (over[i + c] * a + out[i + c] * below) / sum;
		out[i + 3] = sum;
	}
	return out;
}
