/* Values as bounded text, for the console log. Looks only at own data properties: no getter of the
 * page runs, nothing is followed deeper than three levels, a cycle is named and not followed. */

const DEPTH = 3;
const KEYS = 30;
const TEXT = 2000;
const TOTAL = 8000;

/** @typedef {ReturnType<typeof createStringify>} Stringify */

/** @param {import('./native.js').Natives} native @param {Window & typeof globalThis} win */
export function createStringify(native, win) {
	const {descriptor, free} = native;
	const symbolText = free(Symbol.prototype.toString);
	const dateText = free(Date.prototype.toISOString);
	const dateTime = free(Date.prototype.getTime);
	const mapSize = native.getter(Map.prototype, 'size');
	const setSize = native.getter(Set.prototype, 'size');
	const mapEach = free(/** @type {(f: (value: any, key: any) => void) => void} */ (Map.prototype.forEach));
	const setEach = free(/** @type {(f: (value: any) => void) => void} */ (Set.prototype.forEach));
	const {ownKeys, getPrototypeOf} = Reflect;
	const {isArray} = Array;
	const {isView} = ArrayBuffer;
	const sample = new Error();
	const stackGetter = descriptor(sample, 'stack')?.get || descriptor(Error.prototype, 'stack')?.get;
	/** @type {any} */
	const {Node: NodeType, Element: ElementType, Map: MapType, Set: SetType} = win;

	/** @param {string} text @param {number} max */
	const clip = (text, max) => text.length > max ? `${text.slice(0, max)}… (${text.length} characters)` : text;

	/** An own data property, or one of the prototype chain's. @param {any} object @param {PropertyKey} key */
	const plain = (object, key) => {
		for (let at = object, i = 0; at && i < 8; at = getPrototypeOf(at), i++) {
			const found = descriptor(at, key);
			if (found) return found.value;
		}
	};

	/** @param {any} error @returns {string} '' when there is none */
	const stackOf = error => {
		const own = descriptor(error, 'stack');
		const stack = own ? own.value ?? (own.get && own.get === stackGetter ? native.apply(own.get, error, []) : '') : stackGetter ? native.apply(stackGetter, error, []) : '';
		return typeof stack === 'string' ? clip(stack, 4000) : '';
	};

	/** What brought the error about, and the errors it is made of. @param {any} error @param {number} depth @returns {string} */
	const causesOf = (error, depth) => {
		const cause = plain(error, 'cause');
		const errors = plain(error, 'errors');
		return [...cause === undefined ? [] : [cause], ...isArray(errors) ? errors.slice(0, 5) : []]
			.map(one => depth > 0 ? `\nCaused by: ${isError(one) ? `${titled(one)}${causesOf(one, depth - 1)}` : text(one)}` : '').join('');
	};

	/** The stack, with the message that Chromium's begins with. @param {any} error */
	const titled = error => {
		const title = errorText(error);
		const stack = stackOf(error);
		return stack.startsWith(title.slice(0, 20)) ? stack : `${title}\n${stack}`;
	};

	/** @param {any} error @returns {string} */
	const errorText = error => {
		const name = plain(error, 'name');
		const message = plain(error, 'message');
		return `${typeof name === 'string' ? name : 'Error'}: ${typeof message === 'string' ? clip(message, TEXT) : ''}`;
	};

	/** @param {any} value */
	const isError = value => value instanceof Error || value instanceof win.DOMException;

	/** @param {Element} element */
	const elementText = element => {
		const id = native.attribute(element, 'id');
		const classes = native.attribute(element, 'class');
		return `<${native.localName(element)}${id ? ` id="${clip(id, 60)}"` : ''}${classes ? ` class="${clip(classes, 60)}"` : ''}>`;
	};

	/** @param {any} object */
	const nameOf = object => {
		const proto = getPrototypeOf(object);
		const made = proto && descriptor(proto, 'constructor')?.value;
		const name = typeof made === 'function' && descriptor(made, 'name')?.value;
		return typeof name === 'string' && name !== 'Object' ? name : '';
	};

	/** @param {any} value @param {number} depth @param {any[]} above @param {{left: number}} room @returns {string} */
	const show = (value, depth, above, room) => {
		const text = describe(value, depth, above, room);
		room.left -= text.length;
		return text;
	};

	/** @param {any} value @param {number} depth @param {any[]} above @param {{left: number}} room @returns {string} */
	const describe = (value, depth, above, room) => {
		switch (typeof value) {
			case 'string': return above.length ? `"${clip(value, 200)}"` : clip(value, TEXT);
			case 'bigint': return `${value}n`;
			case 'symbol': return symbolText(value);
			case 'function': {
				const name = descriptor(value, 'name')?.value;
				return `ƒ ${typeof name === 'string' ? clip(name, 80) : ''}()`;
			}
			case 'object': break;
			default: return `${value}`;
		}
		if (value === null) return 'null';
		if (above.includes(value)) return '[circular]';
		if (isError(value)) return above.length ? `[${errorText(value)}]` : titled(value) + causesOf(value, DEPTH);
		if (value instanceof NodeType) return value instanceof ElementType ? elementText(value) : `#node(${native.nodeType(value)})`;
		if (value instanceof Date) return Number.isNaN(dateTime(value)) ? 'Invalid Date' : dateText(value);
		if (room.left <= 0) return '…';
		const name = nameOf(value);
		if (isView(value)) return `${name}(${/** @type {any} */ (value).byteLength} bytes)`;
		if (depth <= 0) return isArray(value) ? `Array(${value.length})` : `${name || 'Object'} {…}`;
		const inside = [...above, value];
		/** @type {string[]} */
		const parts = [];
		let count = 0;
		/** @param {() => string} part */
		const add = part => {
			if (count++ < KEYS && room.left > 0) parts.push(part());
		};
		/** @param {any} item */
		const nested = item => show(item, depth - 1, inside, room);
		if (value instanceof MapType) {
			mapEach(value, (item, key) => add(() => `${nested(key)} => ${nested(item)}`));
			count = mapSize(value);
		} else if (value instanceof SetType) {
			setEach(value, item => add(() => nested(item)));
			count = setSize(value);
		} else if (isArray(value)) {
			for (let i = 0; i < Math.min(value.length, KEYS); i++) {
				const own = descriptor(value, i);
				add(() => own ? 'value' in own ? nested(own.value) : '[getter]' : 'empty');
			}
			count = value.length;
		} else {
			const keys = ownKeys(value);
			for (let i = 0; i < Math.min(keys.length, KEYS); i++) {
				const own = descriptor(value, keys[i]);
				if (!own || !own.enumerable) continue;
				add(() => `${typeof keys[i] === 'symbol' ? `[${symbolText(keys[i])}]` : clip(/** @type {string} */ (keys[i]), 80)}: ${'value' in own ? nested(own.value) : '[getter]'}`);
			}
			count = Math.max(parts.length, keys.length > KEYS ? keys.length : 0);
		}
		const more = count > parts.length ? `${parts.length ? ', ' : ''}… ${count - parts.length} more` : '';
		const body = parts.join(', ') + more;
		return isArray(value) ? `[${body}]` : `${name ? `${name} ` : ''}{${body}}`;
	};

	/** @param {any} value @param {{left: number}} [room] @param {number} [depth] @returns {string} */
	const text = (value, room = {left: TOTAL}, depth = DEPTH) => {
		try {
			return show(value, depth, [], room);
		} catch {
			return '[unreadable]'; /* a revoked or hostile proxy */
		}
	};

	return {
		text, clip,
		/** @param {any} error */
		errorText: error => isError(error) ? errorText(error) : text(error),
		/** @param {any} error */
		stackOf: error => {
			try {
				return isError(error) ? stackOf(error) + causesOf(error, DEPTH) : '';
			} catch {
				return '';
			}
		},
		/** The arguments of a console call; % formats of the first are filled in. @param {any[]} args @returns {string[]} */
		args(args) {
			const room = {left: TOTAL};
			const all = args.slice(0, 20);
			/** @type {string[]} */
			const out = [];
			if (typeof all[0] === 'string' && all.length > 1 && all[0].includes('%')) {
				const format = clip(/** @type {string} */ (all.shift()), TEXT);
				out.push(format.replace(/%([sdifoOc%])/g, (whole, kind) => {
					if (kind === '%') return '%';
					if (!all.length) return whole;
					const value = all.shift();
					if (kind === 'c') return '';
					if (kind === 'd' || kind === 'i' || kind === 'f') {
						if (typeof value === 'bigint') return `${value}n`;
						const number = typeof value === 'number' ? value : typeof value === 'string' ? parseFloat(value) : NaN;
						return `${kind === 'f' ? number : Math.trunc(number)}`;
					}
					return text(value, room);
				}));
			}
			for (const value of all) out.push(text(value, room));
			return out;
		},
	};
}
