/* The page's budget. A page that changes so much that telling it costs too much is told less often, then
 * its noisiest elements are sampled; when it is calm again everything is told as it comes, and what was
 * held back is told at once. Nothing is lost but steps in between. */
import * as rv from 'rv:records';
import {BUDGET_BYTES, BUDGET_MS, BUDGET_TICKS} from '../record/limits.js';

const TICK_MS = 1000;
/** The least time between two flushes, by level. */
const GAPS = [0, 250, 1000];
const SAMPLED = 2;
/** Changes of one element's attributes between two ticks that are told as they come. */
const NOISY = 10;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeBudget({hub, enc, flow, tree, emit, every}) {
	const {native} = hub;
	let level = 0;
	let at = native.now();
	let ms = flow.load.ms;
	let bytes = enc.bytes();
	/** Ticks that asked for another level in a row: more when positive. */
	let votes = 0;
	/** How often attributes changed since the last tick. @type {Map<Element, number>} */
	const counts = new Map();
	/** The noisiest elements, told with the next tick. @type {Map<Element, string[]>} */
	const noisy = new Map();

	/** @param {Element} element @param {string[]} names */
	const hold = (element, names) => {
		const times = (counts.get(element) ?? 0) + 1;
		counts.set(element, times);
		if (times > NOISY) noisy.set(element, [...new Set([...noisy.get(element) ?? [], ...names])]);
		return times > NOISY;
	};

	const release = () => {
		const {attributes} = tree;
		if (flow.isRunning()) for (const [element, names] of noisy) attributes.set(element, [...new Set([...attributes.get(element) ?? [], ...names])]);
		noisy.clear();
		counts.clear();
	};

	/** @param {number} to */
	const change = to => {
		level = to;
		votes = 0;
		flow.load.gap = GAPS[level];
		flow.note('budget', `level ${level}`);
		emit('degrade', {what: 'budget', message: `level ${level}`});
	};

	const end = every(TICK_MS, () => {
		const now = native.now();
		const seconds = (now - at) / 1000;
		release();
		tree.sample(level >= SAMPLED ? hold : null);
		if (tree.isDirty()) flow.schedule();
		if (seconds < 0.5) return; /* a look before an export */
		const used = Math.max((flow.load.ms - ms) / seconds / BUDGET_MS, (enc.bytes() - bytes) / seconds / BUDGET_BYTES);
		at = now;
		ms = flow.load.ms;
		bytes = enc.bytes();
		if (used > 1) votes = Math.max(0, votes) + 1;
		else if (used < 0.5) votes = Math.min(0, votes) - 1;
		else votes = 0;
		if (votes >= BUDGET_TICKS && level < GAPS.length - 1) change(level + 1);
		else if (votes <= -BUDGET_TICKS && level > 0) change(level - 1);
	});
	return () => {
		end();
		flow.load.gap = 0;
		release();
		tree.sample(null);
	};
}
