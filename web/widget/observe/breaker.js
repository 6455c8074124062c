/* The page's budget. A page that changes so much that telling it costs too much is told less often, then
 * its noisiest elements are sampled; when it is calm again everything is told as it comes, and what was
 * held back is told at once. Nothing is lost but steps in between. */
import * as rv from 'rv:records';
import {BUDGET_BYTES, BUDGET_MS, BUDGET_TICKS} from '../record/limits.js';

const TICK_MS = 1000;
/** The least time between two flushes, by level. */
const GAPS = [0, 250, 1000];
const SAMPLED = 2;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeBudget({hub, enc, flow, tree, emit, every}) {
	const {native} = hub;
	let level = 0;
	let at = native.now();
	let ms = flow.load.ms;
	let bytes = enc.bytes();
	/** Ticks that asked for another level in a row: more when positive. */
	let votes = 0;

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
		tree.sample(level >= SAMPLED);
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
		tree.sample(false);
	};
}
