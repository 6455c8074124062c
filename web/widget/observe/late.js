/* What was there before recording began and no event tells, and what a walk cannot say: inner scroll
 * offsets, custom elements that became defined, slots assigned by hand. Looked for once, in slices,
 * where the layout is known: in resize observations. */
import * as rv from 'rv:records';

const SLICE_MS = 2;
/** Elements that are looked at. */
const LOOKED_MAX = 200_000;
/** Waiting for nodes that the stream does not know yet. */
const TRIES = 20;
const TRY_MS = 100;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeLate({hub, enc, ids, flow, onRoot, onWindow, roots, patcher, afterLayout}) {
	const {native, win} = hub;
	const {Element, HTMLSlotElement} = win;
	const left = native.getter(Element.prototype, 'scrollLeft');
	const top = native.getter(Element.prototype, 'scrollTop');
	const assigned = HTMLSlotElement.prototype.assignedNodes;

	/** @param {Node} node @param {number} x @param {number} y */
	const scrolled = (node, x, y) => flow.onNode(node, false, 6, id => enc.put(rv.REC_SCROLL, 3, id, Math.round(x), Math.round(y)));

	/** @param {Element} element */
	const upgraded = element => {
		if (ids.live(element)) flow.onNode(element, false, 4, id => {
			const bits = ids.bitsOf(id);
			if (bits & rv.EL_CUSTOM) return;
			ids.setBits(id, bits | rv.EL_CUSTOM);
			enc.put(rv.REC_UPGRADED, 1, id);
		});
	};

	/** @param {any} slot @param {number} [tries] */
	const assign = (slot, tries = 0) => {
		const root = slot.getRootNode();
		if (root.slotAssignment !== 'manual') return;
		const nodes = /** @type {Node[]} */ (native.apply(assigned, slot, []));
		if (tries < TRIES && nodes.some(node => !ids.live(node) && native.isConnected(node))) {
			native.setTimeout(hub.guard(() => assign(slot, tries + 1)), TRY_MS);
			return;
		}
		const list = nodes.slice(0, 1000).map(ids.live).filter(Boolean);
		flow.onNode(slot, false, list.length + 4, id => {
			enc.begin(rv.REC_ASSIGN);
			enc.word(id);
			list.forEach(enc.word);
			enc.end();
		});
	};

	/** @param {any} element */
	const look = element => {
		const x = left(element);
		const y = top(element);
		if (x || y) {
			const own = element === element.ownerDocument.scrollingElement;
			if (!own || element.ownerDocument !== win.document) scrolled(own ? element.ownerDocument : element, x, y);
		}
		const name = native.localName(element);
		if (name.includes('-') && native.matches(element, ':defined')) upgraded(element);
		else if (name === 'slot') assign(element);
	};

	onWindow(own => patcher.method(/** @type {any} */ (own).CustomElementRegistry?.prototype, 'define', null, (_self, [name]) => {
		roots(root => root.querySelectorAll(win.CSS.escape(name)).forEach(upgraded));
	}));
	onRoot((root, listen) => listen('slotchange', event => assign(event.target)));

	/** @type {TreeWalker[]} */
	const walkers = [];
	roots(root => walkers.push(win.document.createTreeWalker(root, 1)));
	let looked = 0;
	const slice = () => {
		const end = native.now() + SLICE_MS;
		for (let walker = walkers[0]; walker && looked < LOOKED_MAX; walker = walkers[0]) {
			for (let node = walker.nextNode(); ; node = walker.nextNode()) {
				if (!node) {
					walkers.shift();
					break;
				}
				look(node);
				if ((++looked & 63) === 0 && native.now() > end) return afterLayout(slice);
			}
		}
	};
	afterLayout(slice);
}
