/* State of elements that no mutation tells: form fields, dialogs, media. A field's value is compared
 * with what was last sent, so a script's changes are found without hooking any setter. */
import * as rv from 'rv:records';

/** @typedef {ReturnType<typeof createState>} State */

const LENGTH_MAX = 1000;
const CONTROLS_MAX = 5000;
const PLAIN_TYPES = new Set(['button', 'submit', 'reset', 'image']);
const CHECKED_TYPES = new Set(['checkbox', 'radio']);

/** What to do with an element, by its local name. */
export const FIELDS = new Set(['input', 'textarea', 'select', 'option']);
export const MEDIA = new Set(['video', 'audio']);

/**
 * @param {import('./encoder.js').Encoder} enc
 * @param {import('./ids.js').Ids} ids
 * @param {import('./privacy.js').Privacy} privacy
 * @param {import('../host/native.js').Natives} native
 */
export function createState(enc, ids, privacy, native) {
	/** Fields to compare, with what was last sent. @type {Map<Element, string>} */
	const controls = new Map();
	/** @type {WeakMap<Element, string>} */
	const dialogs = new WeakMap();

	/** @param {any} element @param {string} name @returns {{flags: number, len: number, value: string | null}} */
	const read = (element, name) => {
		const bits = ids.bitsOf(ids.raw(element));
		if (name === 'option') return {flags: rv.INPUT_CHECKABLE | (native.selected(element) ? rv.INPUT_SELECTED : 0), len: 0, value: null};
		const type = name === 'input' ? native.inputType(element) : name;
		if (CHECKED_TYPES.has(type)) {
			return {
				flags: rv.INPUT_CHECKABLE | (native.checked(element) ? rv.INPUT_CHECKED : 0) | (native.indeterminate(element) ? rv.INPUT_INDETERMINATE : 0),
				len: 0, value: null,
			};
		}
		if (privacy.isSecret(element, type)) return {flags: rv.INPUT_HAS_VALUE | rv.INPUT_MASKED, len: 0, value: null};
		const value = name === 'textarea' ? native.areaValue(element) : native.inputValue(element);
		if (privacy.isMasked(bits)) return {flags: rv.INPUT_HAS_VALUE | rv.INPUT_MASKED, len: Math.min(value.length, LENGTH_MAX), value: null};
		return {flags: rv.INPUT_HAS_VALUE, len: 0, value};
	};

	/** Sends a field's state if it is another than before, or of a new field if it is another than an empty one's. @param {any} element @param {number} id @param {string} name @param {boolean} byUser @param {boolean} [isNew] @returns {boolean} false: no room */
	const update = (element, id, name, byUser, isNew = false) => {
		const {flags, len, value} = read(element, name);
		const key = `${flags} ${len} ${value ?? ''}`;
		if (!isNew && controls.get(element) === key) return true;
		if (!enc.open(8)) return false;
		controls.set(element, key);
		const isEmpty = name === 'option' ? flags === rv.INPUT_CHECKABLE : !len && !value && !(flags & (rv.INPUT_CHECKED | rv.INPUT_INDETERMINATE));
		if (!isNew || !isEmpty) enc.put(rv.REC_INPUT, 4, id, flags | (byUser ? rv.INPUT_USER : 0), len, enc.text(value));
		return true;
	};

	return {
		/** Whether `value` is a field's value, which does not leave as an attribute. @param {string} tag @param {number} bits @param {any} element */
		isValue(tag, bits, element) {
			const type = tag === 'input' ? native.inputType(element) : '';
			return tag === 'option' || CHECKED_TYPES.has(type) ? privacy.isMasked(bits) : tag === 'input' && !PLAIN_TYPES.has(type);
		},
		/** A field that has just got its id. The caller has made room. @param {any} element @param {number} id @param {string} name */
		introduce(element, id, name) {
			if (name === 'select' || (name === 'input' && PLAIN_TYPES.has(native.inputType(element)))) return;
			if (controls.size >= CONTROLS_MAX) controls.delete(/** @type {Element} */ (controls.keys().next().value));
			controls.delete(element);
			update(element, id, name, false, true);
		},
		/** Something may have changed a field. @param {any} element @param {boolean} byUser @returns {boolean} false: no room, come again */
		field(element, byUser) {
			const id = ids.live(element);
			const name = native.localName(element);
			if (!id || ids.bitsOf(id) & rv.EL_BLOCK) return true;
			if (name === 'select') {
				let done = true;
				for (const option of native.queryAll(element, 'option')) {
					const own = ids.live(option);
					if (own) done = update(option, own, 'option', byUser) && done;
				}
				return done;
			}
			if (!FIELDS.has(name) || (name === 'input' && PLAIN_TYPES.has(native.inputType(element)))) return true;
			return update(element, id, name, byUser);
		},
		controls, update,
		/** Looks at all fields whether scripts changed them; observe/poll.js puts it here. @type {() => boolean} something was written */
		poll: () => false,
		/** Writes how an element plays; the caller has made room. observe/media.js puts it here. @type {(element: any, id: number) => void} */
		media() {},
		/** An open dialog or popover; `known`: say so even when closed. @param {any} element @param {number} id @param {boolean} known */
		dialog(element, id, known) {
			let flags = 0;
			try {
				if (native.localName(element) === 'dialog' && native.attribute(element, 'open') !== null) flags = rv.DIALOG_OPEN | (native.matches(element, ':modal') ? rv.DIALOG_MODAL : 0);
				if (native.attribute(element, 'popover') !== null && native.matches(element, ':popover-open')) flags |= rv.DIALOG_OPEN | rv.DIALOG_POPOVER;
			} catch {} /* a browser without one of the pseudo-classes */
			const key = `${id} ${flags}`;
			if (known ? dialogs.get(element) === key : !flags) return;
			dialogs.set(element, key);
			enc.put(rv.REC_DIALOG, 2, id, flags);
		},
		reset() {
			controls.clear();
		},
	};
}
