/* The screenshot's part on the main thread: what is off screen, and drawing the worker's SVG. The only
 * long task is decoding and drawing; geometry comes from an IntersectionObserver, never from a query. */

const PIXELS_MAX = 8 << 20;
const CULL_MAX = 20_000;
const CULL_ROUND = 2000;
const ROUND_MS = 250;
const NESTED_MS = 80;
/** Smaller subtrees are not worth a box of their own. */
const WORTH = 3;
/** Parts of tables and forms do not keep their size as empty boxes. */
const NOT_BOXES = new Set(['html', 'body', 'head', 'thead', 'tbody', 'tfoot', 'tr', 'td', 'th', 'col', 'colgroup', 'caption', 'option', 'optgroup', 'legend', 'summary', 'span', 'a', 'b', 'i', 'em', 'strong', 'small', 'label', 'br', 'style', 'script', 'link', 'meta', 'title']);

/** @typedef {{seen: boolean, width: number, height: number, top: number, bottom: number}} Box */

/**
 * Boxes and visibility of elements, as the browser's own observation tells them.
 * @param {import('./host/hub.js').Hub} hub
 * @param {Element[]} elements
 * @returns {Promise<Map<Element, Box>>}
 */
const look = ({win, native}, elements) => new Promise(done => {
	/** @type {Map<Element, Box>} */
	const found = new Map();
	const end = () => {
		observer.disconnect();
		native.clearTimeout(timer);
		done(found);
	};
	const observer = new win.IntersectionObserver(entries => {
		for (const {target, isIntersecting, boundingClientRect: {width, height, top, bottom}} of entries) found.set(target, {seen: isIntersecting, width, height, top, bottom});
		if (found.size >= elements.length) end();
	});
	/* A hidden page observes nothing. */
	const timer = native.setTimeout(end, ROUND_MS);
	for (const element of elements) observer.observe(element);
});

/**
 * The margin above (or below) an element: its own, and what margins of children at its very edge add by
 * collapsing into it. An empty box would lose those.
 * @param {import('./host/hub.js').Hub} hub
 * @param {Map<Element, Box>} boxes
 * @param {Element} element
 * @param {'top' | 'bottom'} edge
 */
function margin({win, native}, boxes, element, edge) {
	const at = boxes.get(element)?.[edge];
	let most = 0;
	let least = 0;
	for (let depth = 0, next = /** @type {Element | null} */ (element); next && depth < 20; depth++) {
		const style = win.getComputedStyle(next);
		const own = parseFloat(edge === 'top' ? style.marginTop : style.marginBottom) || 0;
		most = Math.max(most, own);
		least = Math.min(least, own);
		if (!/^(block|list-item)$/.test(style.display) || style.overflow !== 'visible' || style.position === 'absolute' || style.position === 'fixed') break;
		let child = edge === 'top' ? next.firstElementChild : next.lastElementChild;
		while (child && !boxes.get(child)?.height) child = edge === 'top' ? child.nextElementSibling : child.previousElementSibling;
		next = child && boxes.get(child)?.[edge] === at && native.parentNode(child) ? child : null;
	}
	return most + least;
}

/**
 * Subtrees with nothing of them on screen: node, width, height, margins above and below, in 1/1000 px.
 * @param {import('./host/hub.js').Hub} hub
 * @param {import('./record/ids.js').Ids} ids
 * @returns {Promise<Int32Array>}
 */
async function offScreen(hub, ids) {
	const {win, native} = hub;
	const {body} = win.document;
	if (!body || native.visibility(win.document) !== 'visible') return new Int32Array(0);
	const all = native.queryAll(body, '*');
	if (all.length > CULL_MAX) return new Int32Array(0);
	/** @type {Map<Element, Box>} */
	const boxes = new Map();
	for (let from = 0; from < all.length; from += CULL_ROUND) {
		const round = [];
		for (let i = from; i < Math.min(all.length, from + CULL_ROUND); i++) round.push(all[i]);
		for (const [element, box] of await look(hub, round)) boxes.set(element, box);
	}
	/** Elements with something on screen below them or themselves. @type {Set<Node>} */
	const seen = new Set([body]);
	/** @type {Map<Node, number>} */
	const sizes = new Map();
	for (let i = all.length - 1; i >= 0; i--) {
		const element = all[i];
		const parent = native.parentNode(element);
		const box = boxes.get(element);
		if (!box || box.seen || native.shadowRoot(element)) seen.add(element);
		if (!parent) continue;
		if (seen.has(element)) seen.add(parent);
		sizes.set(parent, (sizes.get(parent) ?? 0) + (sizes.get(element) ?? 0) + 1);
	}
	/** @type {number[]} */
	const cull = [];
	/** @type {Set<Node>} */
	const inside = new Set();
	for (const element of all) {
		const parent = /** @type {Node} */ (native.parentNode(element));
		const box = boxes.get(element);
		if (inside.has(parent)) inside.add(element);
		else if (box && !seen.has(element) && box.width && box.height && (sizes.get(element) ?? 0) >= WORTH && !NOT_BOXES.has(native.localName(element)) && element instanceof win.HTMLElement) {
			const id = ids.live(element);
			if (!id) continue;
			inside.add(element);
			cull.push(id, ...[box.width, box.height, margin(hub, boxes, element, 'top'), margin(hub, boxes, element, 'bottom')].map(px => Math.round(px * 1000)));
		}
	}
	return new Int32Array(cull);
}

/**
 * @param {object} ctx
 * @param {import('./host/hub.js').Hub} ctx.hub
 * @param {(message: any) => Promise<any>} ctx.ask  the worker
 * @param {import('./record/ids.js').Ids} ctx.ids
 * @param {() => Promise<void>} ctx.flush
 * @param {{width: number, height: number}} ctx.viewport
 * @returns {Promise<{data: ArrayBuffer, width: number, height: number}>} RGBA
 */
export async function takeShot({hub, ask, ids, flush, viewport}) {
	const {win, native} = hub;
	const {document} = win;
	const {width, height} = viewport;
	if (!width || !height) throw new Error('The page has no size.');
	await flush();
	const cull = await offScreen(hub, ids);
	await flush();
	const root = /** @type {Element} */ (native.documentElement(document));
	const style = win.getComputedStyle(root);
	const isPlain = (/** @type {CSSStyleDeclaration} */ s) => s.backgroundImage === 'none' && /^(transparent|rgba\(0, 0, 0, 0\))$/.test(s.backgroundColor);
	const canvasStyle = isPlain(style) && document.body ? win.getComputedStyle(document.body) : style;
	const url = await ask({
		t: 'markup', width, height, cull,
		contentWidth: root.clientWidth || width,
		contentHeight: root.clientHeight || height,
		rootFont: parseFloat(style.fontSize),
		background: isPlain(canvasStyle) ? '' : canvasStyle.background,
	});
	const image = new win.Image();
	image.width = width;
	image.height = height;
	image.src = url;
	await image.decode().catch(() => {
		throw new Error('The page does not allow pictures from data: addresses (img-src data:).');
	});
	/* Firefox draws a picture's own SVG images only some time after it is decoded. */
	if (url.indexOf('data:image/svg', 20) > 0) await new Promise(done => native.setTimeout(() => done(undefined), NESTED_MS));
	const scale = Math.min(win.devicePixelRatio || 1, Math.sqrt(PIXELS_MAX / (width * height)));
	const canvas = document.createElement('canvas');
	canvas.width = Math.round(width * scale);
	canvas.height = Math.round(height * scale);
	const context = canvas.getContext('2d', {willReadFrequently: true});
	if (!context) throw new Error('There is no canvas to draw on.');
	context.drawImage(image, 0, 0, canvas.width, canvas.height);
	const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
	return {data: /** @type {ArrayBuffer} */ (data.buffer), width: canvas.width, height: canvas.height};
}
