/**
 * What the console may know of a recording: times, sizes, and short texts for the time line.
 * Walks the events once, in order, keeping of the document only what names a clicked element.
 */

/** @typedef {import('./frame-disarm.js').ReplayEvent} ReplayEvent */
/** @typedef {{at: number, kind: 'click'|'input'|'key'|'navigate'|'hidden'|'gap', text: string}} Act */
/**
 * @typedef {{start: number, end: number, first: number, pages: {at: number, url: string, width: number, height: number}[],
 *   acts: Act[], idle: [number, number][]}} Digest
 *   times in milliseconds since 1970; first: when there is something to see
 */

const FULL_SNAPSHOT = 2, INCREMENTAL = 3, META = 4, CUSTOM = 5;
const MUTATION = 0, MOUSE_INTERACTION = 2, INPUT = 5;
const CLICKS = /** @type {Record<number, string>} */ ({ 2: 'Click', 3: 'Right click', 4: 'Double click' });
const ELEMENT = 2, TEXT = 3;
const MAX_ACTS = 2000;
/** Nobody did anything for this long: the player skips it. */
const IDLE_MS = 10_000;

/** @typedef {{tag: string, name: string, parent: number, children: number[], text: string}} Known */

const LIFECYCLE = /** @type {Record<string, string>} */ ({ freeze: 'Page frozen by the browser', resume: 'Page thawed', hide: 'Page left, kept for going back', show: 'Page came back as it was' });
const CLIPBOARD = /** @type {Record<string, string>} */ ({ copy: 'Copied', cut: 'Cut', paste: 'Pasted' });
const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Unidentified']);

/** Keys that do something; plain characters are input already. @param {any} payload */
function keyWords({ key, alt, ctrl, meta, shift, repeat }) {
	if (typeof key !== 'string' || repeat || MODIFIERS.has(key) || (key.length === 1 && !ctrl && !meta && !alt)) return '';
	return `Pressed ${[ctrl && 'Ctrl', meta && 'Meta', alt && 'Alt', shift && 'Shift', key === ' ' ? 'Space' : key.slice(0, 30)].filter(Boolean).join('+')}`;
}

function createNames() {
	/** @type {Map<number, Known>} */
	const nodes = new Map();

	/** @param {any} root @param {number} parent */
	function add(root, parent) {
		/** @type {[any, number][]} */
		const waiting = [[root, parent]];
		for (let next = waiting.pop(); next; next = waiting.pop()) {
			const [node, above] = next;
			if (node === null || typeof node !== 'object') continue;
			const attributes = node.attributes ?? {};
			const name = attributes['aria-label'] ?? attributes.alt ?? attributes.title ?? attributes.placeholder ?? attributes.name ?? attributes.id;
			nodes.set(node.id, {
				tag: node.type === ELEMENT ? String(node.tagName).toLowerCase() : '',
				name: typeof name === 'string' ? name : '', parent: above, children: [],
				text: node.type === TEXT && typeof node.textContent === 'string' ? node.textContent.slice(0, 80) : '',
			});
			nodes.get(above)?.children.push(node.id);
			if (Array.isArray(node.childNodes)) for (let i = node.childNodes.length - 1; i >= 0; i--) waiting.push([node.childNodes[i], node.id]);
		}
	}

	/** @param {number} id */
	function textBelow(id) {
		let text = '';
		const waiting = [id];
		for (let steps = 0; waiting.length && text.length < 40 && steps < 60; steps++) {
			const node = nodes.get(/** @type {number} */ (waiting.pop()));
			if (!node || node.tag === 'style' || node.tag === 'script') continue;
			text += node.text.replace(/\s+/g, ' ');
			for (let i = node.children.length - 1; i >= 0; i--) waiting.push(node.children[i]);
		}
		text = text.trim();
		return text.length > 40 ? `${text.slice(0, 39)}…` : text;
	}

	return {
		clear: () => nodes.clear(),
		add,
		/** @param {number} id */
		remove(id) { nodes.delete(id); },
		/** @param {number} id @param {unknown} value */
		setText(id, value) { const node = nodes.get(id); if (node && typeof value === 'string') node.text = value.slice(0, 80); },
		/** @param {number} id words for an element: what it says, else what it is */
		of(id) {
			for (let at = nodes.get(id), up = 0; at && up < 4; at = nodes.get(at.parent), up++) {
				if (/^(button|a|label|option|summary|select|input|textarea|img)$/.test(at.tag)) {
					const said = /^(input|textarea|select)$/.test(at.tag) ? '' : textBelow(id);
					return said || at.name ? `“${said || at.name.slice(0, 40)}”` : at.tag;
				}
			}
			const said = textBelow(id);
			return said ? `“${said}”` : nodes.get(id)?.tag ?? '';
		},
	};
}

/** @param {any} event rrweb counts these as a person's doing */
function isUser(event) {
	return event.type === INCREMENTAL && event.data.source > MUTATION && event.data.source <= INPUT;
}

/**
 * @param {ReplayEvent[]} events in order, at least one
 * @returns {Digest}
 */
export function digest(events) {
	const start = events[0].timestamp, end = events[events.length - 1].timestamp;
	const names = createNames();
	/** @type {Digest} */
	const out = { start, end, first: start, pages: [], acts: [], idle: [] };
	/** @type {[number, number]|undefined} */
	let lastInput;
	let lastUser = start, seen = false, url = '';

	/** @param {number} at @param {Act['kind']} kind @param {string} text */
	const act = (at, kind, text) => { if (out.acts.length < MAX_ACTS) out.acts.push({ at, kind, text: text.slice(0, 200) }); };

	for (const event of events) {
		const { type, timestamp: at, data } = event;
		if (isUser(event)) {
			if (at - lastUser > IDLE_MS) out.idle.push([lastUser, at]);
			lastUser = at;
		}
		if (type === META) {
			const page = { at, url: String(data?.href ?? ''), width: Number(data?.width) || 0, height: Number(data?.height) || 0 };
			const last = out.pages[out.pages.length - 1];
			if (page.url !== url || !last) {
				if (last) act(at, 'navigate', page.url);
				url = page.url;
				out.pages.push(page);
			}
		} else if (type === FULL_SNAPSHOT) {
			if (!seen) { seen = true; out.first = at; }
			names.clear();
			names.add(data.node, 0);
		} else if (type === CUSTOM) {
			const payload = data?.payload ?? {};
			if (data?.tag === 'navigate') {
				url = String(payload.url ?? payload.href ?? '');
				act(at, 'navigate', url);
				const last = out.pages[out.pages.length - 1];
				if (last) out.pages.push({ ...last, at, url });
			} else if (data?.tag === 'visibility') act(at, 'hidden', payload.visible ? 'Page shown again' : 'Page hidden');
			else if (data?.tag === 'gap') act(at, 'gap', 'Recording was interrupted');
			else if (data?.tag === 'rv:lifecycle' && LIFECYCLE[payload.kind]) act(at, 'hidden', LIFECYCLE[payload.kind]);
			else if (data?.tag === 'rv:clipboard' && CLIPBOARD[payload.kind]) act(at, 'key', CLIPBOARD[payload.kind]);
			else if (data?.tag === 'rv:fullscreen') act(at, 'key', payload.id ? 'Fullscreen on' : 'Fullscreen off');
			else if (data?.tag === 'rv:key') {
				const words = keyWords(payload);
				if (words) act(at, 'key', words);
			}
		} else if (type === INCREMENTAL && data.source === MUTATION) {
			for (const removal of data.removes) names.remove(removal?.id);
			for (const add of data.adds) names.add(add?.node, add?.parentId);
			for (const change of data.texts) names.setText(change?.id, change?.value);
		} else if (type === INCREMENTAL && data.source === MOUSE_INTERACTION && CLICKS[data.type]) {
			const name = names.of(data.id);
			act(at, 'click', name ? `${CLICKS[data.type]} on ${name}` : CLICKS[data.type]);
		} else if (type === INCREMENTAL && data.source === INPUT && data.userTriggered !== false) {
			if (!lastInput || lastInput[0] !== data.id || at - lastInput[1] > 1500) {
				const name = names.of(data.id);
				act(at, 'input', name ? `Input in ${name}` : 'Input');
			}
			lastInput = [data.id, at];
		}
	}
	if (end - lastUser > IDLE_MS) out.idle.push([lastUser, end]);
	return out;
}
