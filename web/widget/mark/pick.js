/* Picking an element of the page. While it lasts, pointer and keys are ours: a layer over the page takes
 * the pointer, listeners at the window take the events before the page's own can. */
import {createDescribe} from './describe.js';
import {dress, make} from './dom.js';
import {PICK} from './pick_style.js';
import {pickWords} from './words.js';

/** @typedef {{selector: string, tag: string, text: string, rect: {x: number, y: number, width: number, height: number}, outer_html: string}} Picked */

const TAKEN = 'pointerdown pointerup pointermove pointerover pointerout pointerenter pointerleave pointercancel mousedown mouseup mousemove mouseover mouseout mouseenter mouseleave click dblclick auxclick contextmenu touchstart touchmove touchend touchcancel dragstart selectstart keydown keyup keypress'.split(' ');
const CHILDREN_MAX = 500;
const TOUCHES = /^(?:touch|pointer)/;

/**
 * @param {object} given
 * @param {import('../host/hub.js').Hub} given.hub
 * @param {Node} given.root  where the layer is put
 * @param {import('./words.js').Words} given.words
 * @param {any} given.config  the widget's configuration
 * @param {import('./words.js').Table} given.languages
 * @returns {Promise<Picked | null>} null: cancelled
 */
export const pick = ({hub, root, words, config, languages}) => new Promise(done => {
	const {win, native} = hub;
	const {document} = win;
	const t = pickWords(words, languages);
	const {above, rectOf, scaleOf, rootOf, documentOf, isBlocked, open, label, describe} = createDescribe(hub, config);
	const undress = dress(root, PICK);
	const host = /** @type {any} */ (root.getRootNode()).host;
	/** @param {any} node */
	const isOurs = node => node === host || /** @type {any} */ (hub).ownNodes?.has(node);
	/** @type {Element | null} */
	let chosen = null;
	let isTouch = false;

	const box = make('div', {class: 'box', hidden: ''});
	const tag = make('div', {class: 'tag', dir: 'ltr', hidden: ''});
	const use = make('button', {type: 'button', class: 'use', textContent: t('mark.use'), hidden: ''});
	const cancel = make('button', {type: 'button', textContent: t('mark.cancel')});
	const text = make('p', {textContent: t('mark.pick')});
	const hint = make('div', {class: 'hint', role: 'dialog', 'aria-label': t('mark.pick'), tabindex: '-1'}, [text, use, cancel]);
	const live = make('div', {class: 'say', role: 'status', 'aria-live': 'polite'});
	const layer = make('div', {class: 'rv-pick', dir: words.dir, lang: words.locale}, [box, tag, hint, live]);

	const place = () => {
		box.hidden = tag.hidden = !chosen;
		use.hidden = !chosen || !isTouch;
		if (!chosen) return;
		const {x, y, width, height} = rectOf(chosen);
		Object.assign(box.style, {left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px`});
		tag.textContent = label(chosen);
		const {offsetWidth, offsetHeight} = tag;
		tag.style.left = `${Math.max(4, Math.min(x, win.innerWidth - offsetWidth - 4))}px`;
		const over = y - offsetHeight - 4;
		tag.style.top = `${over > 4 ? over : Math.max(4, Math.min(y + height + 4, win.innerHeight - offsetHeight - 4))}px`;
		/* Out of the way of what is looked at. */
		const middle = y + height / 2;
		if (height < win.innerHeight / 2) hint.classList.toggle('high', middle > win.innerHeight * 0.7);
	};
	/** @param {Element | null} element @param {boolean} [isSpoken] */
	const choose = (element, isSpoken) => {
		chosen = element;
		if (element && isSpoken) {
			const {x, y, width, height} = rectOf(element);
			if (y + height < 0 || x + width < 0 || y > win.innerHeight || x > win.innerWidth) element.scrollIntoView({block: 'center', behavior: 'instant'});
			live.textContent = label(element);
		}
		place();
	};

	/** The innermost element there, through shadow roots and frames of this origin. @param {number} x @param {number} y @returns {Element | null} */
	const elementAt = (x, y) => {
		/** @type {Element | null} */
		let found = null;
		/** @type {Document | ShadowRoot | null} */
		let scope = document;
		for (let depth = 0; scope && depth < 50; depth++) {
			/** @type {Document | ShadowRoot} */
			const inside = scope;
			/** @type {Element | undefined} */
			const next = inside.elementsFromPoint(x, y).find(one => !isOurs(one) && !layer.contains(one) && one.getRootNode() === inside);
			if (!next) break;
			found = next;
			if (isBlocked(next)) break;
			const frame = documentOf(next);
			if (frame) {
				const {left, top} = next.getBoundingClientRect();
				const [wide, high] = scaleOf(next);
				x = (x - left) / wide - next.clientLeft;
				y = (y - top) / high - next.clientTop;
			}
			scope = frame ?? rootOf(next);
		}
		for (let next = found && !isBlocked(found) && silent(found, x, y), depth = 0; next && depth < 50; depth++) {
			found = next;
			next = silent(next, x, y);
		}
		return found && open(found);
	};
	/** A child there that takes no pointer, and so is passed over by it. @param {Element} element @param {number} x @param {number} y @returns {Element | null} */
	const silent = (element, x, y) => {
		const outer = element.getBoundingClientRect();
		let n = 0;
		for (let one = (rootOf(element) ?? element).lastElementChild; one && n < CHILDREN_MAX; one = one.previousElementSibling, n++) {
			const {left, top, right, bottom} = one.getBoundingClientRect();
			if (x < left || y < top || x >= right || y >= bottom || !isOne(one)) continue;
			const {pointerEvents, visibility, position} = win.getComputedStyle(one);
			/* A veil over everything is not what is meant. */
			const isVeil = /^(?:fixed|absolute)$/.test(position) && left <= outer.left && top <= outer.top && right >= outer.right && bottom >= outer.bottom;
			if (pointerEvents === 'none' && visibility === 'visible' && !isVeil) return one;
		}
		return null;
	};

	/** Whether keys may go there. @param {any} node */
	const isOne = node => node && !isOurs(node) && !/^(?:script|style|link|meta|template|head)$/.test(native.localName(node));
	/** @param {Element} element @param {-1 | 1} step */
	const beside = (element, step) => {
		let at = step < 0 ? element.previousElementSibling : element.nextElementSibling;
		while (at && !isOne(at)) at = step < 0 ? at.previousElementSibling : at.nextElementSibling;
		return at;
	};
	/** @param {Element} element */
	const below = element => {
		if (isBlocked(element)) return null;
		const scope = documentOf(element)?.body ?? rootOf(element) ?? element;
		for (let at = scope.firstElementChild; at; at = at.nextElementSibling) if (isOne(at)) return at;
		return null;
	};
	/** @param {string} key */
	const walk = key => {
		const from = chosen ?? document.body;
		const next = !chosen ? below(from) ?? from
			: key === 'ArrowUp' ? above(from) : key === 'ArrowDown' ? below(from) : beside(from, (key === 'ArrowLeft') === (words.dir === 'ltr') ? -1 : 1);
		choose(isOne(next) ? next : from, true);
	};

	/** @param {boolean} isPicked */
	const end = isPicked => {
		const result = isPicked && chosen ? hub.attempt(() => describe(/** @type {Element} */ (chosen))) : null;
		for (const type of TAKEN) win.removeEventListener(type, take, true);
		layer.removeEventListener('keydown', take);
		for (const type of ['scroll', 'resize']) win.removeEventListener(type, follow, true);
		layer.remove();
		undress();
		done(result ?? null);
	};

	/** What of the hint is there. @param {number} x @param {number} y */
	const hintAt = (x, y) => [use, cancel, hint].find(one => {
		const at = one.getBoundingClientRect();
		return at.width > 0 && x >= at.left && x < at.right && y >= at.top && y < at.bottom;
	});

	const take = hub.guard((/** @type {any} */ event) => {
		const {type} = event;
		event.stopImmediatePropagation();
		if (type === 'keydown') return key(event);
		if (type.startsWith('key')) return event.ctrlKey || event.metaKey || event.preventDefault();
		/* A touch that is prevented scrolls nothing and clicks nothing. */
		if (!TOUCHES.test(type)) event.preventDefault();
		if (type === 'pointerdown') isTouch = event.pointerType !== 'mouse';
		const {clientX, clientY} = event;
		if (type === 'pointermove' && event.pointerType === 'mouse' && !isTouch) {
			if (!hintAt(clientX, clientY)) choose(elementAt(clientX, clientY));
		} else if (type === 'click') {
			/* A click without a place comes from a screen reader or the keyboard. */
			const on = event.detail === 0 ? /** @type {any} */ (root.getRootNode()).activeElement : hintAt(clientX, clientY);
			if (on === cancel) end(false);
			else if (on === use) end(true);
			else if (!on || on === layer) {
				choose(elementAt(clientX, clientY), isTouch);
				if (chosen && !isTouch) end(true);
			}
		}
	});
	const follow = hub.guard(place);
	/** @param {KeyboardEvent} event */
	const key = event => {
		const {key, shiftKey} = event;
		if (event.ctrlKey || event.metaKey || /^F\d/.test(key)) return;
		event.preventDefault();
		const focus = /** @type {any} */ (root.getRootNode()).activeElement;
		if (key === 'Escape') end(false);
		else if (key.startsWith('Arrow')) walk(key);
		else if (key === 'Enter' || key === ' ') {
			if (focus === cancel) end(false);
			else if (chosen) end(true);
		} else if (key === 'Tab') {
			const stops = [hint, use, cancel].filter(one => !one.hidden);
			const at = stops.indexOf(focus) + (shiftKey ? -1 : 1);
			stops[(at + stops.length) % stops.length].focus();
		}
	};

	text.textContent = win.matchMedia('(pointer: coarse)').matches ? t('mark.pickTouch') : t('mark.pick');
	root.appendChild(layer);
	for (const type of TAKEN) win.addEventListener(type, take, {capture: true, passive: false});
	/* The host's own listeners take keys from the window and tell them again inside. */
	layer.addEventListener('keydown', take);
	for (const type of ['scroll', 'resize']) win.addEventListener(type, follow, true);
	hint.focus({preventScroll: true});
	place();
});
