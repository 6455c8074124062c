/* Keys. Named ones (Enter, F5) as they are. A character is told only where no text is entered (a
 * shortcut), and not below masked elements; elsewhere the record says only that a key went down. Fields
 * whose value is never read tell only the keys that leave or submit them. Clipboard: only that it
 * happened. */
import * as rv from 'rv:records';

const FIELDS = new Set(['input', 'textarea', 'select']);
/** What can have the focus without being a place for text. Others that have it may hide a field. */
const PLAIN = new Set(['html', 'body', 'a', 'area', 'button', 'summary', 'video', 'audio', 'iframe', 'dialog']);
const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'Dead', 'Process', 'Unidentified']);
const LEAVING = /^(?:Enter|Tab|Escape|Arrow\w+)$/;
const CLIPBOARD = /** @type {Record<string, number>} */ ({copy: rv.CLIPBOARD_COPY, cut: rv.CLIPBOARD_CUT, paste: rv.CLIPBOARD_PASTE});

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeKeyboard({hub, enc, flow, privacy, ids, onWindow, targetOf, parentOf, isHidden}) {
	const {native} = hub;

	/** Whether characters typed there may be text. @param {any} node */
	const isTyping = node => {
		if (native.nodeType(node) !== 1) return true;
		if (!PLAIN.has(native.localName(node)) && (native.attribute(node, 'tabindex') === null || native.localName(node).includes('-'))) return true;
		if (/^(?:textbox|searchbox|combobox|spinbutton|application)$/.test(native.attribute(node, 'role') ?? '')) return true;
		for (let at = node; at; at = parentOf(at)) {
			if (native.nodeType(at) === 9 ? at.designMode === 'on' : native.nodeType(at) === 1 && !/^(?:null|false)$/.test(`${native.attribute(at, 'contenteditable')}`)) return true;
		}
		return false;
	};

	/** @param {any} event */
	const onKey = event => {
		const {key, altKey, ctrlKey, metaKey, shiftKey, repeat, isTrusted} = event;
		const node = targetOf(event);
		if (!isTrusted || !node || typeof key !== 'string' || MODIFIERS.has(key)) return;
		const name = native.nodeType(node) === 1 ? native.localName(node) : '';
		if (FIELDS.has(name) && privacy.isSecret(node, name === 'input' ? native.inputType(node) : name) && !LEAVING.test(key)) return;
		const isNamed = /^[A-Z][A-Za-z0-9]+$/.test(key);
		const flags = (altKey ? rv.KEY_ALT : 0) | (ctrlKey ? rv.KEY_CTRL : 0) | (metaKey ? rv.KEY_META : 0) | (shiftKey ? rv.KEY_SHIFT : 0) | (repeat ? rv.KEY_REPEAT : 0);
		flow.onNode(node, true, 6, id => enc.put(rv.REC_KEY, 3, id, flags, isNamed || (!isTyping(node) && !isHidden(ids.bitsOf(id))) ? enc.name(key) : 0));
	};

	onWindow((_win, listen) => {
		listen('keydown', onKey);
		for (const type of Object.keys(CLIPBOARD)) listen(type, event => flow.onNode(targetOf(event), event.isTrusted, 4, id => enc.put(rv.REC_CLIPBOARD, 2, CLIPBOARD[type], id)));
	});
}
