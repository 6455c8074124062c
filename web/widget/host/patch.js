/* Replaces functions of the page so that nothing of them changes but that we are told. A replaced
 * function is a proxy: `this`, `new`, name, length and own properties are the original's, and its text
 * is the original's too. Restoring works in any order: where somebody else patched on top, ours stays
 * as a plain passage. */

/**
 * @callback Before
 * @param {any} self
 * @param {any[]} args
 * @returns {any} handed to `after`
 *
 * @callback After
 * @param {any} self
 * @param {any[]} args
 * @param {any} result
 * @param {any} token  what `before` returned
 * @returns {any} instead of the result, undefined keeps it
 */

/** @typedef {ReturnType<typeof createPatcher>} Patcher */

/**
 * @param {import('./native.js').Natives} native
 * @param {() => void} failed  counts an error of ours
 */
export function createPatcher(native, failed) {
	let active = true;
	/** How to give back, by owner: what a frame had goes with the frame. @type {WeakMap<any, (() => void)[]>} */
	const undo = new WeakMap();
	/** @type {WeakRef<any>[]} */
	let owners = [];

	/** @param {any} original @param {Before | null} before @param {After | null} after */
	const wrap = (original, before, after) => {
		const text = () => native.fnText(original);
		return new Proxy(original, {
			apply(target, self, args) {
				if (!active) return native.apply(target, self, args);
				let token;
				if (before) {
					try {
						token = before(self, args);
					} catch {
						failed();
					}
				}
				const result = native.apply(target, self, args);
				if (after) {
					try {
						/* What ours start is no task of an application's zone. */
						const zone = native.zone();
						return (zone ? zone.run(after, null, [self, args, result, token]) : after(self, args, result, token)) ?? result;
					} catch {
						failed();
					}
				}
				return result;
			},
			construct(target, args, as) {
				const made = native.construct(target, args, as);
				if (active && after) {
					try {
						after(made, args, made, undefined);
					} catch {
						failed();
					}
				}
				return made;
			},
			get(target, key) {
				const value = target[key];
				return key === 'toString' && value === Function.prototype.toString ? text : value;
			},
		});
	};

	/** @param {any} owner @param {string} name @param {'value' | 'get' | 'set'} slot @param {Before | null} before @param {After | null} after */
	const patch = (owner, name, slot, before, after) => {
		const had = owner && native.descriptor(owner, name);
		if (!had?.configurable || typeof had[slot] !== 'function') return;
		put(owner, name, slot, wrap(had[slot], before, after), had);
	};

	/** @param {any} owner @param {string} name @param {'value' | 'get' | 'set'} slot @param {any} mine @param {PropertyDescriptor} had */
	const put = (owner, name, slot, mine, had) => {
		native.define(owner, name, {...had, [slot]: mine});
		if (!undo.has(owner)) {
			undo.set(owner, []);
			if ((owners.push(new WeakRef(owner)) & 255) === 0) owners = owners.filter(ref => ref.deref());
		}
		undo.get(owner)?.unshift(() => {
			if (native.descriptor(owner, name)?.[slot] === mine) native.define(owner, name, had);
		});
	};

	return {
		/** A method, or a constructor: what it makes is `self`, and `before` is not asked. @param {any} owner @param {string} name @param {Before | null} before @param {After | null} [after] */
		method: (owner, name, before, after = null) => patch(owner, name, 'value', before, after),
		/** A class, with what its instances name as their constructor. @param {any} owner @param {string} name @param {After} after */
		maker(owner, name, after) {
			const original = owner[name];
			patch(owner, name, 'value', null, after);
			const proto = original?.prototype;
			const had = proto && native.descriptor(proto, 'constructor');
			if (had?.value === original) put(proto, 'constructor', 'value', owner[name], had);
		},
		/** @param {any} owner @param {string} name @param {'get' | 'set'} slot @param {After} after */
		accessor: (owner, name, slot, after) => patch(owner, name, slot, null, after),
		restore() {
			active = false;
			for (const ref of owners.splice(0)) undo.get(ref.deref())?.splice(0).forEach(give => give());
		},
	};
}
