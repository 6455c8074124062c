/* The document, as the stream knows it, kept up with the document as it is.
 *
 *   mutation records ──collect──▶ mentioned nodes · attributes · texts      (marks only)
 *   work: removals → attributes → texts → places of mentioned nodes → walks below new nodes
 *
 * Each step compares what the stream knows now (ids) with what the page is now (DOM), so it does not
 * matter how much happened in between, or whether a step is cut short and taken up again later. A walk
 * that is cut short leaves its parent open: its known children are the first ones, in order. */
import * as rv from 'rv:records';
import {DEAD, LEAF, OPEN, STYLE} from './ids.js';
import {INHERITED} from './privacy.js';
import {FIELDS, MEDIA} from './state.js';

/** @typedef {ReturnType<typeof createTree>} Tree */
/** @typedef {{node: Node, id: number, bits: number, child: Node | null, last: Node | null, slice: number}} Walk */

const HTML = 'http://www.w3.org/1999/xhtml';
const SVG = 'http://www.w3.org/2000/svg';
const MATHML = 'http://www.w3.org/1998/Math/MathML';
const ATTRIBUTES_MAX = 1000;
/** Blocked elements that wait for what tells their size. */
const BOXES_MAX = 1000;
/** What follows an element's record at once: state of fields, media, dialogs. */
const STATE_WORDS = 40;
const LEAVES = new Set(['script', 'noscript', 'textarea', 'iframe', 'frame', 'template']);
/** Elements that may hold a document. */
export const FRAMES = new Set(['iframe', 'frame', 'object']);


/**
 * @param {object} ctx
 * @param {import('../host/native.js').Natives} ctx.native
 * @param {import('./encoder.js').Encoder} ctx.enc
 * @param {import('./ids.js').Ids} ctx.ids
 * @param {import('./privacy.js').Privacy} ctx.privacy
 * @param {import('./state.js').State} ctx.state
 * @param {import('./sheets.js').Sheets} ctx.sheets
 * @param {WeakMap<Element, {shadowRoot: ShadowRoot | null}>} ctx.closed
 * @param {(root: Document | ShadowRoot) => void} ctx.onRoot  a root to observe from now on
 * @param {(node: Node) => boolean | undefined} ctx.isOwn  whether it is the widget's own
 * @param {(document: Document) => void} ctx.onReplaced  a child of the document went away
 */
export function createTree({native, enc, ids, privacy, state, sheets, closed, isOwn, onRoot, onReplaced}) {
	const {firstChild, nextSibling, parentNode, nodeType, isConnected, localName, attribute} = native;
	/** Nodes that were added or removed, with the first id that is newer. @type {Map<Node, number>} */
	const mentioned = new Map();
	/** Known nodes that were out of the page, or out of an observed place, for longer than one delivery of
	 * records: what happened below them meanwhile was not observed. The delivery. @type {Map<Node, number>} */
	const loose = new Map();
	let delivery = 0;
	/** @type {Map<Element, string[]>} */
	const attributes = new Map();
	/** Takes over changed attributes that are not told as they come. @type {((element: Element, names: string[]) => boolean) | null} */
	let holds = null;
	/** @type {Map<Node, number>} */
	const texts = new Map();
	/** Hosts of new shadow roots. @type {Set<Element>} */
	const hosts = new Set();
	/** Frames whose document may be another. @type {Set<Element>} */
	const frames = new Set();
	/** Fields to compare. @type {Set<Element>} */
	const fields = new Set();
	/** Owners of style sheets whose text or attributes changed. @type {Set<Element>} */
	const styles = new Set();
	/** Roots whose adopted list to compare. @type {Set<Document | ShadowRoot>} */
	const adopters = new Set();
	/** Blocked elements whose size is wanted. @type {Set<Element>} */
	const boxes = new Set();
	/** @type {WeakMap<Element, Document>} */
	let frameDocuments = new WeakMap();
	/** @type {WeakMap<Document, string>} */
	let modes = new WeakMap();
	/** @type {Walk[]} */
	let walks = [];
	let slice = 0;
	let swept = true;
	let steps = 0;

	/** Whether the stream has the node directly below that parent. @param {Node} node @param {number} parent */
	const isChild = (node, parent) => {
		const id = ids.raw(node);
		return id !== 0 && ids.parentOf(id) === parent && !(ids.bitsOf(id) & DEAD);
	};

	/** @param {number} id @returns {boolean} false: no room */
	const remove = id => {
		if (!enc.open(4)) return false;
		enc.put(rv.REC_REMOVE, 1, id);
		ids.kill(id);
		return true;
	};

	/** The node has been dealt with. @param {Node} node */
	const settle = node => {
		mentioned.delete(node);
		loose.delete(node);
	};

	/** @param {Node} node @param {number} id @param {number} bits */
	const walk = (node, id, bits) => {
		const child = firstChild(node);
		if (!child) return;
		ids.setBits(id, bits | OPEN);
		walks.push({node, id, bits, child, last: null, slice});
	};

	/** @param {Element} host */
	const rootOf = host => native.shadowRoot(host) ?? closed.get(host)?.shadowRoot;

	/** @param {Element} host @param {ShadowRoot} root @param {number} id the host's @returns {boolean} */
	const shadow = (host, root, id) => {
		if (!enc.open(8)) return false;
		const bits = ids.bitsOf(id) & INHERITED;
		const own = ids.add(root, id, bits);
		enc.put(rv.REC_SHADOW_ROOT, 3, own, id, (root.slotAssignment === 'manual' ? rv.SHADOW_MANUAL_SLOTS : 0) | (root.mode === 'closed' ? rv.SHADOW_CLOSED : 0));
		onRoot(root);
		adopters.add(root);
		walk(root, own, bits);
		return true;
	};

	/** @param {Document} document @param {number} parent the frame's id, 0 for the page @param {number} bits @returns {boolean} */
	const page = (document, parent, bits) => {
		if (!enc.open(8)) return false;
		const id = ids.add(document, parent, bits);
		const mode = document.compatMode;
		modes.set(document, mode);
		enc.put(rv.REC_DOCUMENT, 4, id, parent, mode === 'BackCompat' ? rv.DOC_QUIRKS : 0, enc.text(document.URL));
		onRoot(document);
		adopters.add(document);
		walk(document, id, bits);
		return true;
	};

	/** @param {any} element @returns {boolean} false: no room */
	const frame = element => {
		const id = ids.live(element);
		if (!id || ids.bitsOf(id) & rv.EL_BLOCK || !isConnected(element)) return true;
		const before = frameDocuments.get(element);
		const now = localName(element) === 'iframe' ? native.frameDoc(element) : element.contentDocument;
		const had = before ? ids.live(before) : 0;
		if (had && before === now && ids.parentOf(had) === id && modes.get(now) === now.compatMode) return true;
		if (had && !remove(had)) return false;
		if (!now || !native.documentElement(now)) return true;
		if (!page(now, id, ids.bitsOf(id) & INHERITED)) return false;
		frameDocuments.set(element, now);
		return true;
	};

	/** Handlers, values of fields, what a replay must not have and what blocked elements do not show. @param {Element} element @param {string} name @param {number} bits */
	const omits = (element, name, bits) => (name.charCodeAt(0) === 111 && name.charCodeAt(1) === 110 && name in element) || name === 'nonce' || name === 'srcdoc' || name === 'integrity'
		|| (name === 'value' && state.isValue(localName(element), bits, element)) || ((bits & rv.EL_BLOCK) !== 0 && name !== 'class' && name !== 'id');

	/** @param {Element} node @param {number} parent @param {number} next @param {number} inherited @returns {number} its id, -1 without room */
	const element = (node, parent, next, inherited) => {
		const names = native.attrNames(node);
		if (names.length > ATTRIBUTES_MAX) names.length = ATTRIBUTES_MAX;
		const tag = localName(node);
		if (tag === 'rearview-ui' && isOwn(node)) return 0;
		if (!enc.open(names.length * 2 + 7 + STATE_WORDS)) return -1;
		const space = native.namespace(node);
		const isHtml = space === HTML;
		let flags = privacy.flags(node, inherited, names) | (isHtml ? rv.NS_HTML : space === SVG ? rv.NS_SVG : space === MATHML ? rv.NS_MATHML : rv.NS_OTHER);
		if (isHtml && tag.includes('-') && native.matches(node, ':defined')) flags |= rv.EL_CUSTOM;
		const isBlocked = (flags & rv.EL_BLOCK) !== 0;
		const isLeaf = isBlocked || (isHtml && LEAVES.has(tag));
		const bits = isLeaf ? flags | LEAF : tag === 'style' ? flags | STYLE : flags;
		const id = ids.add(node, parent, bits);
		let isPopover = false;
		enc.begin(rv.REC_ELEMENT);
		enc.word(id);
		enc.word(parent);
		enc.word(next);
		enc.word(flags);
		enc.word(enc.name(tag));
		for (let i = 0; i < names.length; i++) {
			const name = names[i];
			if (name === 'popover') isPopover = true;
			if (omits(node, name, flags)) continue;
			enc.word(enc.name(name));
			enc.word(enc.name(attribute(node, name) ?? ''));
		}
		enc.end();
		if (isBlocked) {
			if (boxes.size < BOXES_MAX) boxes.add(node);
			return id;
		}
		if (isHtml) {
			if (FIELDS.has(tag)) state.introduce(node, id, tag);
			else if (MEDIA.has(tag)) {
				if (/** @type {any} */ (node).paused === false) state.media(node, id);
			} else if (FRAMES.has(tag)) frames.add(node);
			if (isPopover || tag === 'dialog') state.dialog(node, id, false);
		}
		if (tag === 'style' || tag === 'link') sheets.check(node, id);
		if (!isLeaf) walk(node, id, bits);
		const root = rootOf(node);
		if (root && !shadow(node, root, id)) hosts.add(node);
		return id;
	};

	/** Writes one node and lines up the walk below it. @param {Node} node @param {number} parent @param {number} next @param {number} inherited @returns {number} its id, 0: not recorded, -1: no room */
	const emit = (node, parent, next, inherited) => {
		const old = ids.raw(node);
		if (old && ids.alive(old)) {
			const isAbove = ids.within(parent, old);
			if (!remove(old)) return -1;
			if (isAbove) {
				/* Its own descendant is its parent now, and gone with it: what holds them both is yet to come. */
				slice++;
				return 0;
			}
		}
		const type = nodeType(node);
		if (type === 1) return element(/** @type {Element} */ (node), parent, next, inherited);
		if (!enc.open(8)) return -1;
		if (type === 10) {
			const {name, publicId, systemId} = /** @type {DocumentType} */ (node);
			const id = ids.add(node, parent, LEAF);
			enc.put(rv.REC_DOCTYPE, 6, id, parent, next, enc.name(name), enc.name(publicId), enc.name(systemId));
			return id;
		}
		if (type !== 3 && type !== 8 && type !== 4 && type !== 7) return 0;
		const text = native.data(node);
		const id = ids.add(node, parent, LEAF);
		/* Indentation repeats. */
		enc.put(rv.REC_TEXT, 5, id, parent, next, type, text.charCodeAt(0) <= 32 && text.trim() === '' ? enc.name(text) : enc.text(text));
		return id;
	};

	/** Removes from the stream what is no longer in the page. @returns {boolean} */
	const sweep = () => {
		if (swept) return true;
		for (const node of mentioned.keys()) {
			if (isConnected(node)) continue;
			const id = ids.live(node);
			if (id && !remove(id)) return false;
			settle(node);
		}
		return swept = true;
	};

	/** The bits a node inherits from its place in the stream. @param {number} id */
	const inheritedAt = id => {
		const above = ids.parentOf(id);
		return above ? ids.bitsOf(above) & INHERITED : 0;
	};

	/** Puts a mentioned node, and the mentioned ones that follow it, in its place: the last first. @param {Node} first @param {() => boolean} isOver @returns {boolean} */
	const place = (first, isOver) => {
		const parent = parentNode(first);
		const at = parent ? ids.live(parent) : 0;
		const bits = at ? ids.bitsOf(at) : LEAF;
		if (bits & LEAF) {
			/* Not a place the stream knows: a walk will come by, or nothing there is recorded. */
			const id = ids.live(first);
			if (id && !remove(id)) return false;
			if (at && parent) fields.add(/** @type {Element} */ (parent));
			settle(first);
			return true;
		}
		const run = [first];
		let next = 0;
		/** Left to the walk that has not come that far. */
		let rest = false;
		for (let node = nextSibling(first); ; node = nextSibling(node)) {
			if (!node) {
				rest = (bits & OPEN) !== 0;
				break;
			}
			if (mentioned.has(node)) run.push(node);
			else if (isChild(node, at)) {
				next = ids.raw(node);
				break;
			} else if (bits & OPEN && !isOwn(node)) {
				rest = true;
				break;
			}
		}
		for (let i = run.length - 1; i >= 0; i--) {
			if ((++steps & 15) === 0 && isOver()) return false;
			const node = run[i];
			const id = ids.live(node);
			if (id && id >= /** @type {number} */ (mentioned.get(node)) && ids.parentOf(id) === at) {
				next = id; /* a walk wrote it since */
				rest = false;
			} else if (rest) {
				if (id && !remove(id)) return false;
			} else if (id && !loose.has(node) && !ids.within(at, id) && inheritedAt(id) === (bits & INHERITED) && !privacy.selectors?.combined && nodeType(node) !== 10) {
				if (!enc.open(8)) return false;
				enc.put(rv.REC_MOVE, 3, id, at, next);
				ids.move(id, at);
				next = id;
			} else {
				const made = emit(node, at, next, bits & INHERITED);
				if (made < 0) return false;
				if (made) next = made;
				else if (!ids.alive(at)) {
					settle(node);
					break;
				}
			}
			settle(node);
		}
		if (bits & STYLE) styles.add(/** @type {Element} */ (parent));
		return true;
	};

	/** Walks on. @param {() => boolean} isOver @param {Node} [until] @returns {boolean} */
	const drain = (isOver, until) => {
		while (walks.length) {
			const top = walks[walks.length - 1];
			if (top.slice !== slice) {
				/* The page may have changed since: find the first child the stream does not know. */
				top.slice = slice;
				if (!ids.alive(top.id)) {
					walks.pop();
					continue;
				}
				const {last} = top;
				let from = last && parentNode(last) === top.node && isChild(last, top.id) ? nextSibling(last) : firstChild(top.node);
				while (from && isChild(from, top.id)) from = nextSibling(from);
				top.child = from;
			}
			const {child} = top;
			if (!child) {
				walks.pop();
				ids.setBits(top.id, ids.bitsOf(top.id) & ~OPEN);
				continue;
			}
			if ((++steps & 31) === 0 && isOver()) return false;
			const id = emit(child, top.id, 0, top.bits);
			if (id < 0) return false;
			if (id) {
				top.last = child;
				settle(child);
			}
			top.child = nextSibling(child);
			if (child === until) return true;
		}
		return true;
	};

	/** The element must be written anew with what is below it. @param {Element} element @param {number} id */
	const renew = (element, id) => {
		if (!remove(id)) return false;
		mentioned.set(element, ids.mark());
		return true;
	};

	/** Whether the element's flags became others. @param {Element} element @param {number} id */
	const isStale = (element, id) => ((privacy.flags(element, inheritedAt(id), native.attrNames(element)) ^ ids.bitsOf(id)) & (INHERITED | rv.EL_BLOCK)) !== 0;

	/** @param {Element} node @param {string[]} names @returns {boolean} */
	const change = (node, names) => {
		const id = ids.live(node);
		if (!id) return true;
		const bits = ids.bitsOf(id);
		const tag = localName(node);
		if (holds && !FIELDS.has(tag) && !names.some(privacy.isRelevant) && holds(node, names)) return true;
		/** @type {string[]} */
		const kept = [];
		let isRelevant = false;
		/* What `value` is depends on the type. */
		const isRetyped = tag === 'input' && names.includes('type');
		if (isRetyped && !names.includes('value')) names.push('value');
		for (const name of names) {
			if (privacy.isRelevant(name)) isRelevant = true;
			if (omits(node, name, bits) && !(isRetyped && name === 'value')) continue;
			kept.push(name);
		}
		if (isRelevant) {
			if (isStale(node, id)) return renew(node, id);
			if (privacy.selectors?.combined) {
				for (const found of privacy.selectors.related(node)) {
					const own = ids.live(found);
					if (own && isStale(found, own) && !renew(found, own)) return false;
				}
				if (!ids.alive(id)) return true;
			}
		}
		if (kept.length) {
			if (!enc.open(kept.length * 2 + 4)) return false;
			enc.begin(rv.REC_ATTRIBUTES);
			enc.word(id);
			for (const name of kept) {
				enc.word(enc.name(name));
				enc.word(enc.name(omits(node, name, bits) ? null : attribute(node, name)));
			}
			enc.end();
		}
		if (FIELDS.has(tag)) fields.add(node);
		else if (tag === 'link' || tag === 'style') styles.add(node);
		if (names.includes('open') || names.includes('popover')) {
			if (!enc.open(8)) return false;
			state.dialog(node, id, true);
		}
		return true;
	};

	/** Empties a map by a step that answers false when it must come again. @template K, V @param {Map<K, V>} all @param {(key: K, value: V) => boolean} step @param {() => boolean} isOver */
	const each = (all, step, isOver) => {
		let n = 0;
		try {
			for (const [key, value] of all) {
				if ((++steps & 15) === 0 && isOver()) return false;
				n++; /* what throws must not come again and again */
				if (!step(key, value)) {
					n--;
					return false;
				}
			}
			return true;
		} finally {
			if (n === all.size) all.clear(); /* one by one costs more than all the rest */
			else for (const key of all.keys()) if (n-- > 0) all.delete(key);
		}
	};
	/** @template K @param {Set<K>} all @param {(key: K) => boolean} step */
	const eachOf = (all, step) => {
		for (const key of all) {
			if (!step(key)) return false;
			all.delete(key);
		}
		return true;
	};

	/** @param {Node} node @param {number} mark */
	const retext = (node, mark) => {
		const id = ids.live(node);
		const above = ids.parentOf(id);
		if (id >= mark) return true;
		if (id) {
			if (!enc.open(6)) return false;
			enc.put(rv.REC_TEXT_SET, 2, id, enc.text(native.data(node)));
			if (!(ids.bitsOf(above) & STYLE)) return true;
		}
		const parent = /** @type {Element | null} */ (parentNode(node));
		if (parent && ids.live(parent)) (id ? styles : fields).add(parent);
		return true;
	};

	/** @param {Element} host */
	const openShadow = host => {
		const id = ids.live(host);
		const root = rootOf(host);
		return !id || !root || (ids.bitsOf(id) & rv.EL_BLOCK) !== 0 || ids.live(root) !== 0 || shadow(host, root, id);
	};

	return {
		frames, hosts, compare: fields, adopters, boxes, page, omits, renew,
		/** Keeps what the mutation records of one delivery name. @param {MutationRecord[]} records */
		collect(records) {
			const mark = ids.mark();
			delivery++;
			for (let i = 0; i < records.length; i++) {
				const record = records[i];
				const {target, type} = record;
				const known = type === 'attributes' && attributes.get(/** @type {Element} */ (target));
				if (!known && !ids.raw(target)) continue;
				if (type === 'childList') {
					const {addedNodes: added, removedNodes: removed} = record;
					for (let k = 0; k < removed.length; k++) {
						const node = removed[k];
						mentioned.set(node, mark);
						if (!loose.has(node) && ids.raw(node)) loose.set(node, delivery);
					}
					for (let k = 0; k < added.length; k++) {
						const node = added[k];
						mentioned.set(node, mark);
						if (loose.get(node) === delivery) loose.delete(node);
						else if (ids.raw(node)) loose.set(node, 0);
					}
					swept = false;
					if (removed.length && nodeType(target) === 9) onReplaced(/** @type {Document} */ (target));
				} else if (type === 'attributes') {
					const {attributeName: local, attributeNamespace: space} = record;
					const name = /** @type {string} */ (space && local ? native.attrNode(/** @type {Element} */ (target), space, local)?.name ?? `xlink:${local}` : local);
					if (!known) attributes.set(/** @type {Element} */ (target), [name]);
					else if (!known.includes(name) && known.length < ATTRIBUTES_MAX) known.push(name);
				} else texts.set(target, mark);
			}
		},
		isDirty: () => mentioned.size + attributes.size + texts.size + walks.length + hosts.size + frames.size + fields.size + styles.size + adopters.size > 0 || sheets.isBusy(),
		/** Changed attributes that are not told yet: elements and names. */
		attributes,
		/** @param {typeof holds} by */
		sample(by) {
			holds = by;
		},
		isWalking: () => walks.length > 0,
		/** Writes down what changed. @param {() => boolean} isOver @returns {boolean} false: there is more */
		work(isOver) {
			slice++;
			if (!sweep()) return false;
			if (!each(attributes, change, isOver) || !each(texts, retext, isOver)) return false;
			for (;;) {
				for (const node of mentioned.keys()) if (!place(node, isOver)) return false;
				slice++; /* a walk that was just lined up may have lost its parent to a later place */
				if (!eachOf(hosts, openShadow) || !drain(isOver) || !eachOf(frames, frame)) return false;
				if (!walks.length && !hosts.size) break;
			}
			if (!eachOf(styles, style => sheets.changed(style, ids.live(style)))) return false;
			if (!eachOf(fields, field => state.field(field, false))) return false;
			if (!eachOf(adopters, root => {
				const id = ids.live(root);
				return !id || sheets.adopted(root, id);
			})) return false;
			return sheets.work(isOver);
		},
		/** Writes down the smallest changed region that holds the node. @param {Node} target @param {() => boolean} isOver @returns {number} its id, 0 if that was not possible now */
		reach(target, isOver) {
			slice++;
			if (!sweep()) return 0;
			/** @type {any} */
			let top = target;
			for (let up = parentNode(top) ?? top.host; up && !ids.live(up); up = parentNode(top) ?? top.host) top = up;
			const parent = parentNode(top);
			const at = parent ? ids.live(parent) : 0;
			if (nodeType(top) === 11) openShadow(top.host);
			else if (at && !(ids.bitsOf(at) & LEAF) && mentioned.has(top)) place(top, isOver);
			if (ids.live(target) === 0 && walks.length) drain(isOver, target);
			return ids.live(target);
		},
		reset() {
			for (const all of [mentioned, loose, attributes, texts, hosts, frames, fields, styles, adopters, boxes]) all.clear();
			frameDocuments = new WeakMap();
			walks = [];
			swept = true;
		},
	};
}
