/* The one element everything visible of the widget lives in: a closed shadow root at the end of the page,
 * in the top layer. The recorder, screenshots and the page's own handlers do not see what is in it:
 *
 *   - hub.ownNodes holds it: the recorder passes over it and over events on it;
 *   - key and focus events are taken from the page at the window and handed on inside the root;
 *   - the others end at the root. */
import {sheetOf} from './tokens.js';

/** @typedef {{root: ShadowRoot, host: HTMLElement, raise: () => void, destroy: () => void}} Host */

const HOST = ':host{all:initial!important;position:fixed!important;inset:0 auto auto 0!important;width:0!important;height:0!important;overflow:visible!important;z-index:2147483647!important;display:block!important}';
const KEYS = ['keydown', 'keyup', 'keypress'];
const FOCUS = ['focus', 'focusin'];
const ENDS = 'beforeinput input change compositionstart compositionupdate compositionend paste copy cut dragenter dragover dragleave drop dragstart dragend pointerdown pointermove pointerup pointercancel pointerover pointerout mousedown mousemove mouseup mouseover mouseout click auxclick dblclick contextmenu touchstart touchmove touchend touchcancel wheel focusout submit reset select toggle'.split(' ');

/**
 * Several parts may ask for it; it goes with the last of them.
 * @param {import('../host/hub.js').Hub} hub
 * @param {{nonce?: string, theme?: any}} options
 * @returns {Host}
 */
export function createHost(hub, {nonce, theme}) {
	const held = hub.shown ??= make(hub, nonce, theme);
	held.uses++;
	let isOver = false;
	return {
		root: held.root,
		host: held.host,
		/** Above what the page has put into the top layer since. */
		raise: held.raise,
		destroy() {
			if (isOver) return;
			isOver = true;
			if (--held.uses) return;
			hub.shown = undefined;
			held.end();
		},
	};
}

/** @param {import('../host/hub.js').Hub} hub @param {string | undefined} nonce @param {any} theme */
function make(hub, nonce, theme) {
	const {win, native} = hub;
	const {document} = win;
	const own = hub.ownNodes ??= /** @type {WeakSet<Node>} */ (new WeakSet());
	const host = document.createElement('rearview-ui');
	own.add(host);

	const root = host.attachShadow({mode: 'closed'});
	const unstyle = sheetOf(win, root, HOST, theme, nonce);
	const ended = new AbortController();
	const {signal} = ended;
	const capture = {capture: true, signal};

	/** The focused element, in roots below too. @returns {Element | null} */
	const focused = () => {
		let at = root.activeElement;
		while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
		return at;
	};
	for (const type of KEYS) {
		native.listen(win, type, hub.guard((/** @type {KeyboardEvent} */ event) => {
			if (event.target !== host) return;
			event.stopImmediatePropagation();
			/* What the page must not see is told again inside. */
			const {key, code, location, ctrlKey, shiftKey, altKey, metaKey, repeat, isComposing} = event;
			const again = new win.KeyboardEvent(type, {key, code, location, ctrlKey, shiftKey, altKey, metaKey, repeat, isComposing, bubbles: true, cancelable: true});
			if (!(focused() ?? root).dispatchEvent(again)) event.preventDefault();
		}), capture);
	}
	for (const type of FOCUS) {
		native.listen(win, type, (/** @type {Event} */ event) => {
			if (event.target === host) event.stopImmediatePropagation();
		}, capture);
	}
	for (const type of ENDS) root.addEventListener(type, event => event.stopPropagation(), {signal});

	const raise = () => hub.attempt(() => {
		const at = /** @type {HTMLElement} */ (document.body ?? document.documentElement);
		if (!native.parentNode(host)) at.append(host);
		if (typeof host.showPopover !== 'function') return;
		host.popover = 'manual';
		if (host.matches(':popover-open')) host.hidePopover();
		host.showPopover();
	});
	raise();
	return {
		root, host, raise,
		uses: 0,
		end() {
			ended.abort();
			host.remove();
			unstyle();
		},
	};
}
