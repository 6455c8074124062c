/**
 * Takes out of recorded events what has no place in a replay. The sandbox and the policy of the
 * player's document already stop scripts and foreign hosts; this covers what neither of them
 * governs (connections opened ahead by `link`, focus stolen by `autofocus`, depth that overflows the
 * Replayer's recursion) and keeps frames the Replayer fills itself from being navigated.
 *
 * Events are changed in place. Unknown shapes are dropped, never repaired.
 */

/** @typedef {{type: number, timestamp: number, data: any, delay?: number}} ReplayEvent */

const FULL_SNAPSHOT = 2, INCREMENTAL = 3;
const MUTATION = 0;
const ELEMENT = 2;
const MAX_DEPTH = 700;
const FRAMES = new Set(['iframe', 'frame', 'object', 'embed', 'portal', 'fencedframe', 'applet']);
const NEVER = new Set(['srcdoc', 'http-equiv', 'autofocus', 'target', 'ping', 'integrity', 'nonce', 'manifest', 'formtarget']);
const ADDRESSES = new Set(['href', 'src', 'action', 'formaction', 'xlink:href', 'data']);

/** @param {unknown} value */
const isScript = (value) => typeof value === 'string' && /^[\u0000-\u0020]*j[\s]*a[\s]*v[\s]*a[\s]*s[\s]*c[\s]*r[\s]*i[\s]*p[\s]*t[\s]*:/i.test(value);

/**
 * @param {Record<string, unknown>} attributes
 * @param {boolean} isFrame
 * @param {boolean} isChange of an element that exists already, whose tag is not at hand
 */
function disarmAttributes(attributes, isFrame, isChange) {
	for (const name of Object.keys(attributes)) {
		const low = name.toLowerCase();
		if (NEVER.has(low) || low.startsWith('on') || (isChange && low === 'rel')
			|| (isFrame && (low === 'src' || low === 'data' || low === 'code'))
			|| (ADDRESSES.has(low) && isScript(attributes[name]))) delete attributes[name];
	}
}

/**
 * @param {any} root a serialized node
 * @param {Set<number>} frames ids of the elements that hold a document; added to
 */
function disarmTree(root, frames) {
	/** @type {[any, number][]} */
	const waiting = [[root, 0]];
	for (let next = waiting.pop(); next; next = waiting.pop()) {
		const [node, depth] = next;
		if (node === null || typeof node !== 'object') continue;
		if (node.type === ELEMENT) {
			const tag = typeof node.tagName === 'string' ? node.tagName.toLowerCase() : '';
			if (node.attributes === null || typeof node.attributes !== 'object') node.attributes = {};
			const isFrame = FRAMES.has(tag);
			if (isFrame) frames.add(node.id);
			disarmAttributes(node.attributes, isFrame, false);
			if (tag === 'link') {
				const rel = String(node.attributes.rel ?? '').toLowerCase().split(/\s+/).filter(Boolean);
				if (!rel.length || rel.some((/** @type {string} */ word) => word !== 'stylesheet' && word !== 'alternate')) delete node.attributes.href;
			} else if (tag === 'meta') delete node.attributes.content;
		}
		if (!Array.isArray(node.childNodes)) { if (node.type === ELEMENT || node.type === 0) node.childNodes = []; continue; }
		if (depth >= MAX_DEPTH) { node.childNodes = []; continue; }
		node.childNodes = node.childNodes.filter((/** @type {unknown} */ child) => child !== null && typeof child === 'object');
		for (const child of node.childNodes) waiting.push([child, depth + 1]);
	}
}

/**
 * @param {unknown} recording whatever the file held
 * @returns {ReplayEvent[]} in order of time
 */
export function disarm(recording) {
	if (!Array.isArray(recording)) return [];
	/** @type {Set<number>} */
	let frames = new Set();
	/** @type {ReplayEvent[]} */
	const events = [];
	for (const event of recording) {
		if (event === null || typeof event !== 'object' || !Number.isFinite(event.timestamp) || !Number.isInteger(event.type)) continue;
		const data = event.data;
		if (event.type === FULL_SNAPSHOT) {
			if (!data?.node || typeof data.node !== 'object') continue;
			frames = new Set();
			disarmTree(data.node, frames);
			if (!data.initialOffset || typeof data.initialOffset !== 'object') data.initialOffset = { left: 0, top: 0 };
		} else if (event.type === INCREMENTAL) {
			if (!data || typeof data !== 'object') continue;
			if (data.source === MUTATION) {
				for (const name of ['adds', 'removes', 'texts', 'attributes']) if (!Array.isArray(data[name])) data[name] = [];
				for (const add of data.adds) disarmTree(add?.node, frames);
				for (const change of data.attributes) if (change?.attributes) disarmAttributes(change.attributes, frames.has(change.id), true);
			}
		}
		events.push(event);
	}
	return events.sort((a, b) => a.timestamp - b.timestamp);
}
