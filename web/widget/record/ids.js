/* Which node the stream knows under which id. An id is alive while no ancestor in the stream, itself
 * included, was removed; removing a subtree therefore costs one bit, whatever its size.
 *
 *   node → id (weak)      id → parent's id, bits       in chunks, so that ids never move
 *
 * Ids count up and are never used again. Chunks in which nothing lives are dropped by observe/poll.js. */

/** @typedef {ReturnType<typeof createIds>} Ids */

export const SHIFT = 13;
const CHUNK = 1 << SHIFT;
const MASK = CHUNK - 1;

/** The low bits are record.def's EL_* flags. */
export const DEAD = 1 << 8;
/** Children are not recorded. */
export const LEAF = 1 << 9;
/** The walk has not reached the last child yet. */
export const OPEN = 1 << 10;
/** A style element. */
export const STYLE = 1 << 11;

const NONE = -1;

export function createIds() {
	/** @type {WeakMap<Node, number>} */
	let nodes = new WeakMap();
	/** @type {(Uint32Array | undefined)[]} */
	const parents = [];
	/** @type {(Uint16Array | undefined)[]} */
	const bits = [];
	let next = 1;
	/** A parent that was alive at the last look: siblings are looked at one after the other. */
	let sound = NONE;

	/** @param {number} id */
	const bitsOf = id => bits[id >>> SHIFT]?.[id & MASK] ?? DEAD;
	/** @param {number} id */
	const parentOf = id => parents[id >>> SHIFT]?.[id & MASK] ?? 0;
	/** @param {number} id @param {number} value */
	const setBits = (id, value) => {
		const chunk = bits[id >>> SHIFT];
		if (chunk) chunk[id & MASK] = value;
	};
	/** @param {number} id */
	const alive = id => {
		const parent = parentOf(id);
		if (parent === sound && !(bitsOf(id) & DEAD)) return true;
		for (let at = id; at; at = parentOf(at)) {
			if (bitsOf(at) & DEAD) {
				setBits(id, bitsOf(id) | DEAD);
				return false;
			}
		}
		if (parent) sound = parent;
		return id !== 0;
	};

	return {
		alive, bitsOf, parentOf, setBits, parents, bits,
		/** The id a node has or had, 0 none. @param {Node} node */
		raw: node => nodes.get(node) ?? 0,
		/** The id under which the stream knows the node now, 0 none. @param {Node} node */
		live(node) {
			const id = nodes.get(node);
			return id !== undefined && alive(id) ? id : 0;
		},
		/** Ids given out from now on are not smaller. */
		mark: () => next,
		/** @param {Node} node @param {number} parent @param {number} value */
		add(node, parent, value) {
			const id = next++;
			const chunk = id >>> SHIFT;
			let own = parents[chunk];
			if (!own) {
				own = parents[chunk] = new Uint32Array(CHUNK);
				bits[chunk] = new Uint16Array(CHUNK);
			}
			own[id & MASK] = parent;
			/** @type {Uint16Array} */ (bits[chunk])[id & MASK] = value;
			nodes.set(node, id);
			return id;
		},
		/** @param {number} id */
		kill(id) {
			sound = NONE;
			setBits(id, bitsOf(id) | DEAD);
		},
		/** @param {number} id @param {number} parent */
		move(id, parent) {
			sound = NONE;
			const chunk = parents[id >>> SHIFT];
			if (chunk) chunk[id & MASK] = parent;
		},
		/** Whether `above` is `id` or an ancestor of it. @param {number} id @param {number} above */
		within(id, above) {
			for (let at = id; at; at = parentOf(at)) if (at === above) return true;
			return false;
		},
		/** Everything is unknown again, for a new epoch. */
		reset() {
			sound = NONE;
			nodes = new WeakMap();
			parents.length = bits.length = 0;
			next = 1;
		},
	};
}
