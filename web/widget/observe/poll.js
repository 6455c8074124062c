/* What no event tells: fields that scripts changed. Looks at some at a time. Drops what is known of ids
 * that are not in use. */
import {SHIFT} from '../record/ids.js';

const TICK_MS = 250;
const POLLED = 200;
/** Ticks between two looks for ids without use. */
const COMPACT = 4;
/** Chunks to have before it is worth looking for empty ones: a million ids. */
const WORTH = 128;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observePoll({hub, state, ids, tree, flow, roots, every}) {
	const {native, win} = hub;
	const {controls} = state;
	let ticks = 0;
	let worth = WORTH;
	/** @type {Iterator<[Element, string]> | null} */
	let cursor = null;

	/** @param {number} most @returns {boolean} something was written */
	const look = most => {
		cursor ??= controls.entries();
		let wrote = false;
		for (let i = 0; i < most; i++) {
			const step = cursor.next();
			if (step.done) {
				cursor = null;
				break;
			}
			const [element, before] = step.value;
			const id = ids.live(element);
			if (!id || !native.isConnected(element)) controls.delete(element);
			else if (state.update(element, id, native.localName(element), false) && controls.get(element) !== before) wrote = true;
		}
		return wrote;
	};
	state.poll = () => {
		cursor = null;
		return look(Infinity);
	};

	const chunks = () => ids.parents.reduce(sum => sum + 1, 0); /* holes are not visited */
	const compact = () => {
		if (chunks() < worth) return;
		const used = new Set([ids.mark() >>> SHIFT]);
		roots(root => {
			const walker = win.document.createTreeWalker(root);
			for (let node = /** @type {Node | null} */ (root); node; node = walker.nextNode()) used.add(ids.raw(node) >>> SHIFT);
		});
		for (const i of ids.parents.keys()) {
			if (used.has(i)) continue;
			delete ids.parents[i];
			delete ids.bits[i];
		}
		worth = Math.max(WORTH, chunks() * 2);
	};

	every(TICK_MS, () => {
		if (!flow.isRunning() || tree.isWalking()) return;
		flow.stamp();
		const wrote = look(POLLED);
		if (++ticks % COMPACT === 0) compact();
		if (wrote || tree.isDirty()) flow.schedule();
	});
}
