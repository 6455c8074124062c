/* Form fields: what people change, and (at idle) what scripts changed. Dialogs and popovers. */

const POLL_MS = 1000;

/** @param {import('../recorder.js').Ctx} ctx */
export function observeInput({hub, state, ids, tree, flow, sheets, roots, onRoot, targetOf, every}) {
	const onInput = (/** @type {Event} */ event) => {
		const node = targetOf(event);
		if (!node) return;
		const byUser = event.isTrusted;
		flow.onNode(node, byUser, 8, () => {
			if (!state.field(node, byUser)) tree.fields.add(node);
		});
	};
	const onToggle = (/** @type {Event} */ event) => {
		const node = targetOf(event);
		if (node) flow.onNode(node, false, 8, id => state.dialog(node, id, true));
	};
	onRoot((_root, listen) => {
		listen('input', onInput);
		listen('change', onInput);
		listen('toggle', onToggle);
	});

	const {document} = hub.win;
	return every(POLL_MS, () => {
		if (!flow.isRunning() || tree.isWalking() || hub.native.visibility(document) !== 'visible') return;
		flow.stamp();
		let wrote = state.poll();
		roots(root => {
			sheets.poll(root);
			const id = ids.live(root);
			if (id && !sheets.adopted(root, id)) tree.adopters.add(root);
		});
		ids.compact(visit => tree.every(document, visit));
		if (wrote || tree.isDirty()) flow.schedule();
	});
}
