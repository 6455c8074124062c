/* Form fields: what people change, and what a reset leaves. Dialogs and popovers. */

/** @param {import('../recorder.js').Ctx} ctx */
export function observeInput({hub, state, tree, flow, onRoot, targetOf}) {
	const onInput = (/** @type {Event} */ event) => {
		const node = targetOf(event);
		if (!node) return;
		const byUser = event.isTrusted;
		flow.onNode(node, byUser, 8, () => {
			if (!state.field(node, byUser)) tree.compare.add(node);
		});
	};
	/* The event comes before what it tells. */
	const onReset = () => native.setTimeout(hub.guard(() => {
		flow.stamp();
		if (flow.isRunning() && state.poll()) flow.schedule();
	}), 0);
	const onToggle = (/** @type {Event} */ event) => {
		const node = targetOf(event);
		if (node) flow.onNode(node, false, 8, id => state.dialog(node, id, true));
	};
	const {native} = hub;
	onRoot((_root, listen) => {
		listen('input', onInput);
		listen('change', onInput);
		listen('reset', onReset);
		listen('toggle', onToggle);
	});
}
