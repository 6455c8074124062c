/** How fast the page was, in words: long tasks, layout shifts and Web Vitals of a report. */
import { duration, text, toMs } from './format.js';

/** @typedef {{at: number, kind: string, name: string, text: string, bad: boolean, vital: {label: string, value: string, rating: string}|undefined, ms: number}} SpeedRow */

const VITALS = /** @type {Record<string, string>} */ ({ LCP: 'Largest content shown', FCP: 'First content shown', INP: 'Slowest answer to input', CLS: 'Content that moved', TTFB: 'First byte of the page' });
const RATINGS = /** @type {Record<string, string>} */ ({ good: 'good', 'needs-improvement': 'needs improvement', poor: 'poor' });
/** A longer task is felt. */
const LONG_MS = 200;
const SHIFT = 0.1;

/** @param {unknown} list a report's `performance` @returns {SpeedRow[]} */
export function speedRows(list) {
	if (!Array.isArray(list)) return [];
	return list.filter((it) => it && typeof it === 'object').map((it) => {
		const at = toMs(it.ts), value = Number(it.value) || 0, name = text(it.name).slice(0, 40), rating = RATINGS[text(it.detail)] ?? '';
		if (it.kind === 'vital') {
			const said = name === 'CLS' ? value.toFixed(value < 0.1 ? 3 : 2) : duration(value);
			const label = VITALS[name] ?? name;
			return { at, kind: 'vital', name, text: `${label} (${name}): ${said}${rating ? `, ${rating}` : ''}`, bad: rating === 'poor', vital: { label, value: said, rating }, ms: 0 };
		}
		if (it.kind === 'layout_shift') return { at, kind: 'shift', name, text: `Content moved by itself (layout shift of ${value.toFixed(value < 0.1 ? 3 : 2)})`, bad: value >= SHIFT, vital: undefined, ms: 0 };
		const ms = Number(it.duration_ms) || value;
		return { at, kind: 'task', name, text: `The page was busy for ${duration(ms)} (long task)`, bad: ms >= LONG_MS, vital: undefined, ms };
	}).filter((it) => Number.isFinite(it.at)).sort((a, b) => a.at - b.at);
}
