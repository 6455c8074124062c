/* What is selected, as places in the document; never its text. Fields have none: their selection tells
 * about their value. */
import * as rv from 'rv:records';

const GAP_MS = 100;
const RANGES_MAX = 20;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeSelection({hub, enc, ids, flow, roots, onRoot, placeOf}) {
	const {win, native} = hub;
	let timer = 0;
	let last = '';

	/** Words of the record, all documents' ranges. @returns {{words: number[], pending: Node | null}} a node the stream does not know yet */
	const read = () => {
		/** @type {ShadowRoot[]} */
		const shadowRoots = [];
		/** @type {Document[]} */
		const documents = [];
		roots(root => native.nodeType(root) === 9 ? documents.push(/** @type {Document} */ (root)) : shadowRoots.push(/** @type {ShadowRoot} */ (root)));
		/** @type {number[]} */
		const words = [];
		/** @type {Node | null} */
		let pending = null;
		for (const document of documents) {
			/** @type {any} */
			const selection = document.getSelection();
			if (!selection) continue;
			const ranges = selection.getComposedRanges?.({shadowRoots}) ?? [];
			if (!ranges.length || selection.rangeCount > 1) {
				ranges.length = 0;
				for (let i = 0; i < Math.min(selection.rangeCount, RANGES_MAX); i++) ranges.push(selection.getRangeAt(i));
			}
			for (const {collapsed, startContainer, startOffset, endContainer, endOffset} of ranges) {
				if (collapsed || words.length >= RANGES_MAX * 4) continue;
				const start = placeOf(startContainer);
				const end = placeOf(endContainer);
				if (start > 0 && end > 0) words.push(start, startOffset, end, endOffset);
				else if (start >= 0 && end >= 0) pending ??= start ? endContainer : startContainer;
			}
		}
		return {words, pending};
	};

	const write = () => {
		const {words} = read();
		const key = words.join();
		if (key === last) return;
		last = key;
		flow.record(words.length + 2, () => {
			enc.begin(rv.REC_SELECTION);
			/* What went meanwhile cannot be named. */
			for (let i = 0; i < words.length; i += 4) if (ids.alive(words[i]) && ids.alive(words[i + 2])) for (let k = i; k < i + 4; k++) enc.word(words[k]);
			enc.end();
		});
	};
	const look = hub.guard(() => {
		timer = 0;
		const {pending} = read();
		if (pending) flow.onNode(pending, false, 2, write);
		else write();
	});
	const onChange = () => {
		timer ||= native.setTimeout(look, GAP_MS);
	};
	onRoot((root, listen) => {
		if (native.nodeType(root) === 9) listen('selectionchange', onChange);
	});
	const now = win.document.getSelection();
	if (now && now.rangeCount && !now.isCollapsed) look();
	return () => native.clearTimeout(timer);
}
