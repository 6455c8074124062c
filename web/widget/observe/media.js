/* Sound and film: playing, pausing, seeking. */

/** @param {import('../recorder.js').Ctx} ctx */
export function observeMedia({state, flow, onRoot, targetOf}) {
	const onMedia = (/** @type {Event} */ event) => {
		const node = targetOf(event);
		if (node) flow.onNode(node, false, 8, id => state.media(node, id));
	};
	onRoot((_root, listen) => {
		for (const type of ['play', 'pause', 'seeked', 'volumechange', 'ratechange', 'ended']) listen(type, onMedia);
	});
}
