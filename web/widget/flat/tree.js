/* The document as the core tells it (src/replay/markup.h), as objects, with what flattening needs: which
 * tree a node is in, what its slots hold, which style sheets each tree has. */
import * as rv from 'rv:records';

/**
 * @typedef {{url: string, width: number, height: number, focus: number, nodes: any[][], sheets: [number, number, string | null, string | null, string][]}} Told
 * @typedef {{i?: [number, number, string | null], d?: number, z?: [number, number], c?: [number, number, string | null], h?: string, a?: number[]}} State
 *
 * kind: 1 element, 3 text, 9 document, 11 shadow root. tree: the document or shadow root a node is in.
 * @typedef {object} Node
 * @property {number} kind @property {number} id @property {Node | null} parent @property {Node[]} children
 * @property {Node} tree @property {number} flags @property {string} name @property {Map<string, string>} attributes
 * @property {number} sheet @property {State | 0} state @property {string} text
 * @property {Node | null} shadow @property {Node | null} frame
 * @property {number[]} adopted @property {Node | null} slot  what shows it, if it is a host's child
 * @property {Map<string, Node[]> | null} slots  of a shadow root: what its slots hold, by name
 * @property {import('./style.js').Scope | null} scope  of a document or shadow root
 * @property {Node[]} styles  of a document or shadow root: its style and link elements
 */

const SHADOW_MANUAL = rv.SHADOW_MANUAL_SLOTS;

/** @param {Told} told */
export function readTree({url, nodes, sheets}) {
	/** @type {Map<number, Node>} */
	const byId = new Map();
	/** @type {Node[]} */
	const roots = [];
	/** @type {Node | null} */
	let top = null;
	for (const [kind, id, parentId, ...rest] of nodes) {
		const parent = byId.get(parentId) ?? null;
		if (!parent && kind !== 9) continue;
		/** @type {any} */
		const node = {kind, id, parent, children: [], flags: 0, name: '', attributes: new Map(), sheet: 0, state: 0, text: '', shadow: null, frame: null, adopted: [], slot: null, slots: null, scope: null, styles: []};
		byId.set(id, node);
		node.tree = kind === 9 || kind === 11 ? node : /** @type {Node} */ (parent).kind === 1 ? /** @type {Node} */ (parent).tree : parent;
		if (kind === 1) {
			[node.flags, node.name, , node.sheet, node.state] = rest;
			for (let i = 0; i < rest[2].length; i += 2) node.attributes.set(rest[2][i], rest[2][i + 1] ?? '');
			if (node.name === 'style' || node.name === 'link') node.tree.styles.push(node);
		} else if (kind === 3) [node.text] = rest;
		else {
			node.flags = rest[0];
			if (kind === 9) node.text = rest[1];
			node.adopted = rest[kind === 9 ? 2 : 1];
			roots.push(node);
			if (!parent) top = node;
			else if (kind === 9) parent.frame = node;
			else parent.shadow = node;
			continue;
		}
		/** @type {Node} */ (parent).children.push(node);
	}
	if (!top) throw new Error('There is no document.');
	for (const root of roots) if (root.kind === 11) assign(root, byId);
	return {url, byId, roots, top, sheets: new Map(sheets.map(sheet => [sheet[0], sheet]))};
}

/** Which slot shows which child of the host. @param {Node} root @param {Map<number, Node>} byId */
function assign(root, byId) {
	const host = /** @type {Node} */ (root.parent);
	/** The first of a name wins. @type {Map<string, Node>} */
	const slots = new Map();
	/** @type {Node[]} */
	const stack = [...root.children].reverse();
	for (let node = stack.pop(); node; node = stack.pop()) {
		if (node.name === 'slot') {
			const name = node.attributes.get('name') ?? '';
			if (!slots.has(name)) slots.set(name, node);
			if (root.flags & SHADOW_MANUAL && node.state) {
				for (const id of node.state.a ?? []) {
					const child = byId.get(id);
					if (child?.parent === host) child.slot = node;
				}
			}
		}
		for (let i = node.children.length - 1; i >= 0; i--) stack.push(node.children[i]);
	}
	if (root.flags & SHADOW_MANUAL) return;
	for (const child of host.children) child.slot = slots.get(child.kind === 1 ? child.attributes.get('slot') ?? '' : '') ?? null;
}

/** What a node shows, in the order in which it does. @param {Node} node @returns {Node[]} */
export function shown(node) {
	if (node.shadow) return node.shadow.children;
	if (node.name === 'slot' && node.tree.kind === 11) {
		const held = /** @type {Node} */ (node.tree.parent).children.filter(child => child.slot === node);
		if (held.length) return held;
	}
	return node.children;
}
