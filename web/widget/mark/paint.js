/* Marks drawn on a canvas, each with a rim that keeps it apart from any ground. */
import {pointsOf} from './shapes.js';

export const COLORS = /** @type {const} */ ({red: '#D92D20', yellow: '#F5C211', green: '#12803C', blue: '#1D5BD6', black: '#16181D'});
const FONT = 'system-ui, -apple-system, "Segoe UI", sans-serif';
const LINE = 1.25;

/** @param {number} size */
const font = size => `600 ${size}px ${FONT}`;

/** The size of a text. @param {CanvasRenderingContext2D} context @param {string} text @param {number} size */
export function measure(context, text, size) {
	context.font = font(size);
	const lines = text.split('\n');
	return {w: Math.max(size / 2, ...lines.map(line => context.measureText(line).width)), h: lines.length * size * LINE};
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import('./shapes.js').Mark[]} marks
 * @param {number} unit  how many pixels of the picture one of the page is
 */
export function paint(context, marks, unit) {
	context.lineJoin = context.lineCap = 'round';
	for (const mark of marks) {
		const {kind, x, y, w, h, text = '', size = 16} = mark;
		const path = new Path2D();
		let width = 4 * unit;
		if (kind === 'rect') path.rect(x, y, w, h);
		else if (kind === 'pen' || kind === 'arrow') {
			const p = pointsOf(mark);
			path.moveTo(p[0], p[1]);
			if (p.length === 2) path.lineTo(p[0], p[1]);
			for (let i = 2; i + 3 < p.length; i += 2) path.quadraticCurveTo(p[i], p[i + 1], (p[i] + p[i + 2]) / 2, (p[i + 1] + p[i + 3]) / 2);
			if (p.length > 2) path.lineTo(p[p.length - 2], p[p.length - 1]);
			if (kind === 'arrow') {
				const angle = Math.atan2(h, w);
				const head = Math.min(18 * unit, Math.max(10 * unit, Math.hypot(w, h) / 3));
				for (const turn of [-0.5, 0.5]) {
					path.moveTo(x + w, y + h);
					path.lineTo(x + w - head * Math.cos(angle + turn), y + h - head * Math.sin(angle + turn));
				}
			}
		} else if (kind !== 'text') continue;
		const rim = mark.color === COLORS.yellow ? COLORS.black : '#FFFFFF';
		for (const [color, wide] of /** @type {[string, number][]} */ ([[rim, width + 3 * unit], [mark.color, width]])) {
			if (kind !== 'text') {
				context.strokeStyle = color;
				context.lineWidth = wide;
				context.stroke(path);
				continue;
			}
			context.font = font(size);
			context.textBaseline = 'middle';
			context.textAlign = 'left';
			context.direction = /^[^A-Za-z]*[\u0590-\u08ff]/.test(text) ? 'rtl' : 'ltr';
			text.split('\n').forEach((line, i) => {
				const at = y + (i + 0.5) * size * LINE;
				if (color === rim) {
					context.strokeStyle = rim;
					context.lineWidth = size / 4;
					context.strokeText(line, x, at);
				} else {
					context.fillStyle = color;
					context.fillText(line, x, at);
				}
			});
		}
	}
}
