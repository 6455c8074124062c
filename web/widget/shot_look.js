/* What only the page knows of what is to be drawn: see Facts in flat/flat.js. */
import * as rv from 'rv:records';

/** @typedef {import('./host/hub.js').Hub} Hub */
/** @typedef {{top: number, left: number, width: number, height: number}} Rect */
/** @typedef {{seen: boolean, rect: DOMRectReadOnly}} Box */

const ELEMENTS_MAX = 30_000;
const CULL_MAX = 20_000;
const ROUND = 1000;
const ROUND_MS = 250;
const BITMAPS_MAX = 30;
const BITMAP_PIXELS = 2_000_000;
const ANIMATIONS_MAX = 300;
const LOADED_MAX = 240;
/** Smaller subtrees are not worth a box of their own. */
const WORTH = 3;
/** Parts of tables and forms do not keep their size as empty boxes. */
const NOT_BOXES = new Set(['html', 'body', 'head', 'thead', 'tbody', 'tfoot', 'tr', 'td', 'th', 'col', 'colgroup', 'caption', 'option', 'optgroup', 'legend', 'summary', 'span', 'a', 'b', 'i', 'em', 'strong', 'small', 'label', 'br', 'style', 'script', 'link', 'meta', 'title']);
const STAND_INS = /^(?:canvas|video|iframe|object|embed|img)$/;

/** @param {Hub} hub @param {Element} element @returns {ShadowRoot | null} */
const shadowOf = ({native, closed}, element) => native.shadowRoot(element) ?? closed.get(element)?.shadowRoot ?? null;

/** @param {any} element @returns {Document | null} */
const frameOf = element => {
	try {
		const inner = element.contentDocument;
		return inner?.defaultView && inner.documentElement ? inner : null;
	} catch {
		return null;
	}
};

/** Every document and shadow root, and their elements. @param {Hub} hub @param {Document} document */
function treesOf(hub, document) {
	/** @type {(Document | ShadowRoot)[]} */
	const roots = [document];
	/** @type {Document[]} */
	const documents = [document];
	/** @type {Element[]} */
	const elements = [];
	for (let i = 0; i < roots.length && elements.length < ELEMENTS_MAX; i++) {
		for (const element of roots[i].querySelectorAll('*')) {
			elements.push(element);
			const shadow = shadowOf(hub, element);
			if (shadow) roots.push(shadow);
			if (/^(?:iframe|object)$/.test(hub.native.localName(element))) {
				const inner = frameOf(element);
				if (inner) {
					roots.push(inner);
					documents.push(inner);
				}
			}
		}
	}
	return {roots, documents, elements};
}

/**
 * Shows each element with its box while the layout is clean.
 * @param {Hub} hub @param {Element[]} elements @param {(element: Element, box: Box) => void} visit
 */
async function visitAll({win, native, guard}, elements, visit) {
	for (let from = 0; from < elements.length; from += ROUND) {
		const round = elements.slice(from, from + ROUND);
		await new Promise(done => {
			let left = round.length;
			const end = () => {
				observer.disconnect();
				native.clearTimeout(timer);
				done(undefined);
			};
			const observer = new win.IntersectionObserver(guard((/** @type {IntersectionObserverEntry[]} */ entries) => {
				for (const {target, isIntersecting, boundingClientRect} of entries) visit(target, {seen: isIntersecting, rect: boundingClientRect});
				left -= entries.length;
				if (left <= 0) end();
			}));
			/* A hidden page observes nothing. */
			const timer = native.setTimeout(end, ROUND_MS);
			for (const element of round) observer.observe(element);
		});
	}
}

/** Where elements lie in the viewport. @param {Hub} hub @param {(element: Element, matches: (selector: string) => boolean) => boolean} wants @returns {Promise<Map<Element, Rect>>} */
export async function boxesOf(hub, wants) {
	const {elements} = treesOf(hub, hub.win.document);
	/** @type {Map<Element, Rect>} */
	const found = new Map();
	await visitAll(hub, elements.filter(element => wants(element, selector => hub.native.matches(element, selector))), (element, {rect}) => {
		let {left, top} = rect;
		for (let view = element.ownerDocument.defaultView; view && view !== hub.win; view = /** @type {Window & typeof globalThis} */ (view.parent)) {
			const frame = view.frameElement;
			if (!frame) break;
			const outer = frame.getBoundingClientRect();
			left += outer.left + frame.clientLeft;
			top += outer.top + frame.clientTop;
		}
		found.set(element, {left, top, width: rect.width, height: rect.height});
	});
	return found;
}

/**
 * The margin above (or below) an element: its own, and what margins of children at its very edge add by
 * collapsing into it. An empty box would lose those.
 * @param {Hub} hub @param {Map<Element, Box>} boxes @param {Element} element @param {'top' | 'bottom'} edge
 */
function margin({win, native}, boxes, element, edge) {
	const at = boxes.get(element)?.rect[edge];
	let most = 0;
	let least = 0;
	for (let depth = 0, next = /** @type {Element | null} */ (element); next && depth < 20; depth++) {
		const style = win.getComputedStyle(next);
		const own = parseFloat(edge === 'top' ? style.marginTop : style.marginBottom) || 0;
		most = Math.max(most, own);
		least = Math.min(least, own);
		if (!/^(block|list-item)$/.test(style.display) || style.overflow !== 'visible' || style.position === 'absolute' || style.position === 'fixed') break;
		let child = edge === 'top' ? next.firstElementChild : next.lastElementChild;
		while (child && !boxes.get(child)?.rect.height) child = edge === 'top' ? child.nextElementSibling : child.previousElementSibling;
		next = child && boxes.get(child)?.rect[edge] === at && native.parentNode(child) ? child : null;
	}
	return most + least;
}

/** Subtrees with nothing of them on screen. @param {Hub} hub @param {import('./record/ids.js').Ids} ids @param {Map<Element, Box>} boxes @param {number[]} alongside  takes those in a line of text */
function offScreen(hub, ids, boxes, alongside) {
	const {win, native} = hub;
	const {body} = win.document;
	const all = body && native.visibility(win.document) === 'visible' ? native.queryAll(body, '*') : [];
	if (!all.length || all.length > CULL_MAX) return new Int32Array(0);
	/** Elements with something on screen below them or themselves. @type {Set<Node>} */
	const seen = new Set([body]);
	/** @type {Map<Node, number>} */
	const sizes = new Map();
	for (let i = all.length - 1; i >= 0; i--) {
		const element = all[i];
		const parent = native.parentNode(element);
		const box = boxes.get(element);
		if (!box || box.seen || shadowOf(hub, element)) seen.add(element);
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
		else if (box && !seen.has(element) && box.rect.width && box.rect.height && (sizes.get(element) ?? 0) >= WORTH && !NOT_BOXES.has(native.localName(element)) && element instanceof win.HTMLElement) {
			const id = ids.live(element);
			/* Sideways scrolled or turned ones have no box that a style could give them. */
			if (!id || Math.abs(box.rect.width - element.offsetWidth) > 1 || Math.abs(box.rect.height - element.offsetHeight) > 1) continue;
			inside.add(element);
			if (/^inline/.test(win.getComputedStyle(element).display)) alongside.push(id);
			cull.push(id, ...[box.rect.width, box.rect.height, margin(hub, boxes, element, 'top'), margin(hub, boxes, element, 'bottom')].map(px => Math.round(px * 1000)));
		}
	}
	return new Int32Array(cull);
}

const isPlain = (/** @type {CSSStyleDeclaration} */ style) => style.backgroundImage === 'none' && /^(transparent|rgba\(0, 0, 0, 0\))$/.test(style.backgroundColor);

/**
 * A document as it lies in its window.
 * @param {Hub} hub @param {Document} document @param {number} id @param {string[]} media @param {boolean} isWhole
 * @returns {import('./flat/flat.js').Doc & {page: {width: number, height: number}}}
 */
function describe({win: top}, document, id, media, isWhole) {
	const win = /** @type {Window & typeof globalThis} */ (document.defaultView);
	const root = document.documentElement;
	const style = win.getComputedStyle(root);
	const body = document.body && win.getComputedStyle(document.body);
	const prefers = win.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
	const scheme = /dark/.test(style.colorScheme) && (!/light/.test(style.colorScheme) || prefers === 'dark') ? 'dark' : 'light';
	const fromBody = isPlain(style) && !!body && document.body.localName === 'body' && !isPlain(body);
	const from = fromBody ? body : style;
	const width = win.innerWidth;
	const height = win.innerHeight;
	const page = {width: Math.max(root.scrollWidth, root.clientWidth), height: Math.max(root.scrollHeight, root.clientHeight)};
	const x = isWhole ? 0 : win.scrollX;
	const y = isWhole ? 0 : win.scrollY;
	const size = isWhole ? page : {width, height};
	const rect = root.getBoundingClientRect();
	const isFixed = /fixed/.test(from.backgroundAttachment);
	const area = isFixed ? {x: 0, y: 0, width: root.clientWidth, height: root.clientHeight} : {x: rect.x + win.scrollX - x, y: rect.y + win.scrollY - y, width: rect.width, height: rect.height};
	const left = Math.min(0, area.x);
	const above = Math.min(0, area.y);
	const canvas = isPlain(from) ? '' : `left:${left}px!important;top:${above}px!important;width:${area.width}px!important;height:${area.height}px!important;box-sizing:content-box!important;`
		+ `padding:${area.y - above}px ${Math.max(0, size.width - area.x - area.width)}px ${Math.max(0, size.height - area.y - area.height)}px ${area.x - left}px!important;`
		+ `background:${from.backgroundColor}!important;background-image:${from.backgroundImage}!important;background-position:${from.backgroundPosition}!important;background-size:${from.backgroundSize}!important;background-repeat:${from.backgroundRepeat}!important;background-blend-mode:${from.backgroundBlendMode}!important;background-origin:content-box!important;background-clip:border-box!important;`;
	return {
		id, width, height, x, y, scheme, prefers, fromBody, page,
		contentWidth: root.clientWidth || width,
		contentHeight: root.clientHeight || height,
		font: `${style.fontStyle} ${style.fontWeight} ${style.fontSize}/${style.lineHeight} ${style.fontFamily}`,
		canvas, base: document === top.document ? 'Canvas' : 'transparent',
		rootStyle: `color-scheme:${scheme}!important;`,
		media: media.map(query => win.matchMedia(query).matches),
		ratio: top.devicePixelRatio || 1,
	};
}

/** @param {number} x @param {number} y @param {CSSStyleDeclaration} style @param {Element} element */
const scrolledTo = (x, y, style, element) => `content:""!important;display:block!important;position:absolute!important;float:none!important;inset:auto!important;top:${y}px!important;left:${style.direction === 'rtl' ? element.clientWidth + x - 1 : x}px!important;width:1px!important;height:1px!important;min-width:0!important;min-height:0!important;margin:0!important;padding:0!important;border:0!important;opacity:0!important;transform:none!important;translate:none!important;scroll-snap-align:start!important;scroll-margin:0!important;`;

/**
 * @param {Hub} hub
 * @param {import('./record/ids.js').Ids} ids
 * @param {{media: string[], states: string[], isWhole: boolean, target: Element | undefined}} asked
 */
export async function lookAt(hub, ids, {media, states, isWhole, target}) {
	const {win, native} = hub;
	const {document} = win;
	const {roots, documents, elements} = treesOf(hub, document);
	/** @type {import('./flat/flat.js').Facts} */
	const facts = {docs: [], page: null, states: [], cull: new Int32Array(0), style: [], pseudo: [], before: [], images: [], bitmaps: [], loaded: [], scrollbars: win.innerWidth > document.documentElement.clientWidth, notes: []};
	/** @type {Transferable[]} */
	const transfer = [];
	/** @type {Promise<void>[]} */
	const pending = [];
	/** @type {Map<Element, Box>} */
	const boxes = new Map();
	/** @type {{x: number, y: number, width: number, height: number} | null} */
	let box = null;
	/** @type {{width: number, height: number} | null} */
	let page = null;
	const told = new Set();

	/** What is drawn there now, without a copy on this thread. @param {any} element @param {number} id @param {number} width @param {number} height @param {CSSStyleDeclaration} style */
	const grab = (element, id, width, height, style) => {
		if (facts.bitmaps.length + pending.length > BITMAPS_MAX || ids.bitsOf(id) & (rv.EL_MASK | rv.EL_BLOCK)) return;
		const own = [element.videoWidth || element.naturalWidth || element.width, element.videoHeight || element.naturalHeight || element.height];
		if (!(own[0] > 0) || !(own[1] > 0)) return;
		const ratio = win.devicePixelRatio || 1;
		const isFit = style.objectFit === 'fill' || Math.abs(own[0] / own[1] - width / height) < 0.01;
		const scale = isFit ? Math.min(1, Math.max(width * ratio / own[0], height * ratio / own[1])) : 1;
		const bound = Math.min(scale, Math.sqrt(BITMAP_PIXELS / (own[0] * own[1])));
		pending.push((async () => {
			/** @type {ImageBitmap | null} */
			let bitmap = null;
			try {
				bitmap = await (bound < 1 ? win.createImageBitmap(element, {resizeWidth: Math.max(1, Math.round(own[0] * bound)), resizeHeight: Math.max(1, Math.round(own[1] * bound)), resizeQuality: 'high'}) : win.createImageBitmap(element));
				/* One that the page may not read cannot be handed on: found out here, not in the worker. */
				const probe = document.createElement('canvas');
				probe.width = probe.height = 1;
				const context = probe.getContext('2d', {willReadFrequently: true});
				context?.drawImage(bitmap, 0, 0, 1, 1);
				context?.getImageData(0, 0, 1, 1);
				transfer.push(bitmap);
			} catch {
				bitmap = null;
				facts.notes.push(`${native.localName(element)}: its content is of another origin`);
			}
			facts.bitmaps.push([id, bitmap]);
		})());
	};

	/** @param {any} element @param {Box} found */
	const visit = (element, found) => {
		boxes.set(element, found);
		const id = ids.live(element);
		const own = element.ownerDocument;
		if (!told.has(own)) {
			told.add(own);
			const docId = ids.live(own);
			if (docId) {
				const doc = describe(hub, own, docId, media, isWhole && own === document || !!target && own === document);
				if (own === document) page = doc.page;
				facts.docs.push(doc);
			}
		}
		if (!id) return;
		const {seen, rect} = found;
		if (element === target) box = {x: rect.x + win.scrollX, y: rect.y + win.scrollY, width: rect.width, height: rect.height};
		const name = native.localName(element);
		const view = own.defaultView;
		if (STAND_INS.test(name) && rect.width && rect.height) {
			const style = view.getComputedStyle(element);
			const isSeen = seen || isWhole || target;
			const isBroken = name === 'img' && element.complete && !element.naturalWidth;
			if (!isBroken) facts.style.push([id, `width:${style.width}!important;height:${style.height}!important;min-width:0!important;max-width:none!important;min-height:0!important;max-height:none!important;object-fit:${style.objectFit}!important;object-position:${style.objectPosition}!important;${name === 'iframe' ? `border-width:${style.borderWidth}!important;border-style:${style.borderStyle}!important;` : ''}`]);
			if (name === 'img') {
				if (isSeen) {
					facts.images.push([id, element.currentSrc || element.src, isBroken, Math.ceil(rect.width), Math.ceil(rect.height)]);
					if (!isBroken && /^blob:/.test(element.currentSrc)) grab(element, id, rect.width, rect.height, style);
				}
			} else if (isSeen && (name === 'canvas' || (name === 'video' && element.readyState >= 2))) grab(element, id, rect.width, rect.height, style);
		}
		const x = element.scrollLeft;
		const y = element.scrollTop;
		if ((x || y) && element !== own.scrollingElement && !/^(?:textarea|input|select|html)$/.test(name)) {
			const style = view.getComputedStyle(element);
			const isFree = (/** @type {string} */ pseudo) => /^(?:none|normal)$/.test(view.getComputedStyle(element, pseudo).content);
			const pseudo = isFree('::before') ? '::before' : isFree('::after') ? '::after' : '';
			if (pseudo) {
				facts.style.push([id, `scroll-snap-type:both mandatory!important;scroll-padding:0!important;${style.position === 'static' ? 'position:relative!important;' : ''}`]);
				facts.pseudo.push([id, pseudo, scrolledTo(x, y, style, element)], [id, ' *', 'scroll-snap-align:none!important']);
			} else facts.notes.push('scrolled: an element is drawn from its start');
			if (element.offsetWidth - element.clientWidth > 4 + parseFloat(style.borderLeftWidth) + parseFloat(style.borderRightWidth)) facts.scrollbars = true;
		}
	};
	await visitAll(hub, elements, visit);
	if (!facts.docs.length) {
		const doc = describe(hub, document, ids.live(document), media, isWhole || !!target);
		page = doc.page;
		facts.docs.push(doc);
	}

	/** @type {Set<Element>} */
	const top = new Set();
	for (const name of states) {
		/** @type {number[]} */
		const found = [];
		for (const root of roots) {
			try {
				for (const element of root.querySelectorAll(`:${name}`)) {
					const id = ids.live(element);
					if (id) found.push(id);
					if (/^(?:modal|popover-open)$/.test(name)) top.add(element);
				}
			} catch {}
		}
		facts.states.push([name, found]);
	}
	let order = 0;
	for (const element of top) {
		const id = ids.live(element);
		const view = element.ownerDocument.defaultView;
		if (!id || !view) continue;
		const style = view.getComputedStyle(element);
		const back = view.getComputedStyle(element, '::backdrop');
		const z = 2147483000 + 2 * order++;
		const rect = boxes.get(element)?.rect;
		const offset = style.position === 'absolute' ? view : {scrollX: 0, scrollY: 0};
		/* A turned one's box is not its own. */
		const at = rect && style.transform === 'none' ? `top:${rect.top + offset.scrollY}px!important;left:${rect.left + offset.scrollX}px!important;margin:0!important;` : `top:${style.top}!important;left:${style.left}!important;margin:${style.margin}!important;`;
		facts.before.push([id, `all:initial!important;display:block!important;position:fixed!important;inset:0!important;z-index:${z}!important;background:${back.backgroundColor}!important;opacity:${back.opacity}!important;backdrop-filter:${back.backdropFilter || 'none'}!important;${/url\(/.test(back.backgroundImage) ? '' : `background-image:${back.backgroundImage}!important;`}`]);
		facts.style.push([id, `position:${style.position}!important;inset:auto!important;${at}width:${style.width}!important;height:${style.height}!important;max-width:none!important;max-height:none!important;z-index:${z + 1}!important;`]);
	}

	let animations = 0;
	for (const root of roots) {
		for (const animation of root.getAnimations?.() ?? []) {
			const effect = /** @type {KeyframeEffect} */ (animation.effect);
			const element = effect?.target;
			const id = element && ids.live(element);
			if (!id || animations++ > ANIMATIONS_MAX) continue;
			const style = win.getComputedStyle(element, effect.pseudoElement);
			let css = '';
			for (const key of new Set(effect.getKeyframes().flatMap(frame => Object.keys(frame)))) {
				if (/^(?:offset|computedOffset|easing|composite)$/.test(key)) continue;
				const property = key === 'cssFloat' ? 'float' : key === 'cssOffset' ? 'offset' : key.startsWith('--') ? key : key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`).replace(/^(?=(?:webkit|moz)-)/, '-');
				const value = style.getPropertyValue(property);
				if (value && !/url\(/.test(value)) css += `${property}:${value}!important;`;
			}
			if (effect.pseudoElement) facts.pseudo.push([id, effect.pseudoElement, css]);
			else facts.style.push([id, css]);
		}
	}

	const loaded = documents.flatMap(inner => inner.defaultView?.performance.getEntriesByType('resource').map(entry => entry.name) ?? []);
	facts.loaded = loaded.length < LOADED_MAX ? loaded : null;
	if (isWhole || target) facts.page = page;
	else {
		/** @type {number[]} */
		const alongside = [];
		facts.cull = offScreen(hub, ids, boxes, alongside);
		/* An empty box's baseline is its edge. */
		for (const id of alongside) facts.style.push([id, 'vertical-align:top!important;']);
	}
	await Promise.all(pending);
	return {facts, transfer, box: /** @type {{x: number, y: number, width: number, height: number} | null} */ (box), page: facts.page};
}
