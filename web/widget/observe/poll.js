/* What no event tells: fields and style sheets that scripts changed. Looks at some at a time. */

const TICK_MS = 250;
/** Ticks between two looks at style sheets. */
const SHEETS = 4;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observePoll({hub, state, ids, tree, flow, sheets, roots, every}) {
	const {native, win} = hub;
	let ticks = 0;
	every(TICK_MS, () => {
		if (!flow.isRunning() || tree.isWalking()) return;
		flow.stamp();
		const wrote = state.poll();
		if (++ticks % SHEETS === 0) {
			if (native.visibility(win.document) === 'visible') {
				roots(root => {
					sheets.poll(root);
					const id = ids.live(root);
					if (id && !sheets.adopted(root, id)) tree.adopters.add(root);
				});
			}
			ids.compact(visit => roots(root => {
				const walker = win.document.createTreeWalker(root);
				for (let node = /** @type {Node | null} */ (root); node; node = walker.nextNode()) visit(node);
			}));
		}
		if (wrote || tree.isDirty()) flow.schedule();
	});
}
