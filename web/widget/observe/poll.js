/* What no event tells: fields that scripts changed. Looks at some at a time. */

const TICK_MS = 250;
/** Ticks between two looks for ids without use. */
const COMPACT = 4;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observePoll({hub, state, ids, tree, flow, roots, every}) {
	const {win} = hub;
	let ticks = 0;
	every(TICK_MS, () => {
		if (!flow.isRunning() || tree.isWalking()) return;
		flow.stamp();
		const wrote = state.poll();
		if (++ticks % COMPACT === 0) {
			ids.compact(visit => roots(root => {
				const walker = win.document.createTreeWalker(root);
				for (let node = /** @type {Node | null} */ (root); node; node = walker.nextNode()) visit(node);
			}));
		}
		if (wrote || tree.isDirty()) flow.schedule();
	});
}
