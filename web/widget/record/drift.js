/* Drift is caught, not hoped away: now and then, where nothing is dirty, hashes of a few nodes go to the
 * core, which compares them with its mirror. What differs is written anew. The hash: drift.h; who changes
 * it changes DRIFT_VERSION. */
import * as rv from 'rv:records';
import {LEAF} from './ids.js';

const EVERY_MS = 2000;
/** Of so many looks in a row at a page that tells nothing else, one is taken. */
const CALM = 8;
const NODES = 200;
const SLICE_MS = 1;
const ATTRIBUTES = 100;
/** Subtrees written anew before it is left alone: something here does not agree for good. */
const HEALED_MAX = 20;

/** hash() of drift.h. @param {string} text @param {number} hash @returns {number} */
export const driftHash = (text, hash) => {
	const length = Math.min(text.length, rv.DRIFT_UNITS);
	for (let i = 0; i < length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
	return hash;
};

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeDrift({hub, ids, tree, flow, enc, roots, every, isHidden, handlers}) {
	const {native} = hub;
	const {firstChild, nextSibling, parentNode, nodeType, localName, attribute} = native;
	/** The next node to look at, and the root it is in; between looks `held` alone knows them, as the page may let them go. @type {any} */
	let at = null;
	/** @type {any} */
	let top = null;
	/** @type {(WeakRef<Node> | null)[]} */
	let held = [];
	/** @type {WeakSet<Node>} */
	let seen = new WeakSet();
	/** @type {Map<number, WeakRef<Node>>} */
	let asked = new Map();
	let healed = 0;
	/** What had been sent after the last look, and looks since then. */
	let sent = 0;
	let calm = 0;

	/** 0: no node; one that the stream does not know is none of its ids. @param {Node | null} node */
	const idOf = node => node ? ids.live(node) || -1 : 0;

	/** The next one that way, past the widget's own. @param {any} node @param {(node: any) => any} step */
	const beside = (node, step) => {
		do node = step(node);
		while (node && hub.ownNodes?.has(node));
		return node;
	};

	/** @param {any} node @param {number} id */
	const check = (node, id) => {
		const bits = ids.bitsOf(id);
		const isElement = nodeType(node) === 1;
		const parent = /** @type {any} */ (parentNode(node));
		let structure = isElement ? driftHash(localName(node), 0) : nodeType(node);
		structure += idOf(parent) * 31 + idOf(beside(node, one => one.previousSibling)) * 37 + idOf(beside(node, nextSibling)) * 41;
		let values = 0;
		if (isElement) {
			if (!(bits & LEAF)) {
				const first = firstChild(node);
				structure += idOf(first && hub.ownNodes?.has(first) ? beside(first, nextSibling) : first) * 43;
			}
			const names = native.attrNames(node);
			if (!isHidden(bits) && names.length < ATTRIBUTES) {
				for (const name of names) {
					if (name === 'value' || tree.omits(node, name, bits)) continue;
					const value = attribute(node, name) ?? '';
					const seed = driftHash(name, 0);
					values += /[:/]/.test(value.slice(0, rv.DRIFT_UNITS)) ? seed : driftHash(value, seed);
				}
			}
		} else if (parent && !isHidden(ids.bitsOf(idOf(parent)))) values = driftHash(native.data(node), 0);
		enc.word(id);
		enc.word((structure << 16 | values & 0xffff) >>> 0);
	};

	/** The next node of the stream in document order; null at the root's end. @param {any} node */
	const following = node => {
		const id = ids.live(node);
		const down = id && !(ids.bitsOf(id) & LEAF) ? firstChild(node) : null;
		if (down) return down;
		for (let up = node; up && up !== top; up = parentNode(up)) {
			const next = nextSibling(up);
			if (next) return next;
		}
		return null;
	};

	/** A root that was not looked at in this round. */
	const nextRoot = () => {
		top = null;
		roots(root => {
			if (!top && !seen.has(root) && ids.live(root)) top = root;
		});
		if (top) seen.add(top);
		else seen = new WeakSet();
		return top && firstChild(top);
	};

	const look = () => {
		if (!flow.isRunning() || enc.flying()) return;
		flow.force(SLICE_MS);
		if (tree.isDirty() || !enc.open(NODES * 2 + 2)) return;
		const over = native.now() + SLICE_MS;
		[at, top] = held.map(ref => ref?.deref());
		if (!at || !native.isConnected(at) || !ids.live(top)) at = nextRoot() ?? nextRoot();
		asked = new Map();
		flow.stamp();
		enc.begin(rv.REC_CHECK);
		for (let n = 0; at && n < NODES; n++) {
			const id = ids.live(at);
			if (id && nodeType(at) !== 10) {
				asked.set(id, new WeakRef(at));
				check(at, id);
			}
			at = following(at);
			if ((n & 15) === 15 && native.now() > over) break;
		}
		held = [at, top].map(node => node && new WeakRef(node));
		at = top = null;
		enc.end();
		enc.post();
		sent = enc.bytes();
	};

	/** @param {{nodes: Iterable<number>}} message */
	handlers.drift = ({nodes}) => {
		let n = 0;
		flow.stamp();
		for (const id of nodes) {
			const node = asked.get(id)?.deref();
			if (!node || ids.live(node) !== id || healed >= HEALED_MAX) continue;
			const parent = /** @type {any} */ (parentNode(node));
			const element = parent && nodeType(parent) === 1 ? parent : node;
			const own = ids.live(element);
			if (nodeType(element) === 1 && own && tree.renew(element, own)) n++;
		}
		if (!n) return;
		healed += n;
		flow.record(4, () => enc.put(rv.REC_NOTE, 2, enc.name('resync'), enc.text(`${n}`)));
	};

	every(EVERY_MS, isAsked => {
		calm = enc.bytes() === sent ? calm + 1 : 0;
		if ((isAsked || calm % CALM === 0) && healed < HEALED_MAX) (native.idle ?? native.setTimeout)(hub.guard(look));
	});
	return () => {
		delete handlers.drift;
	};
}
