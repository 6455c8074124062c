/* The browser's own functions, taken once, before the page can replace or shadow them. Getters are
 * called through the prototypes: a form's or a document's named children hide its own properties.
 * Under zone.js the originals are used, so that recording never wakes the application. */

/** @typedef {ReturnType<typeof takeNatives>} Natives */

/**
 * @param {Window & typeof globalThis} win
 */
export function takeNatives(win) {
	const {call} = Function.prototype;
	/**
	 * `f` with `this` as its first argument.
	 * @template {(...args: any[]) => any} F
	 * @param {F} f
	 * @returns {(self: any, ...args: Parameters<F>) => ReturnType<F>}
	 */
	const free = f => /** @type {any} */ (call.bind(f));
	const symbolOf = /** @type {any} */ (win).Zone?.__symbol__;
	/** The unpatched function of that name. @param {any} owner @param {string} name */
	const raw = (owner, name) => (symbolOf && owner[symbolOf(name)]) || owner[name];
	/** @param {any} owner @param {string} name @returns {(self: any, ...args: any[]) => any} */
	const method = (owner, name) => free(raw(owner, name));
	/** @param {any} proto @param {string} name @returns {(self: any) => any} */
	const getter = (proto, name) => {
		for (let at = proto; at; at = Object.getPrototypeOf(at)) {
			const found = Object.getOwnPropertyDescriptor(at, name)?.get;
			if (found) return free(found);
		}
		return self => self[name];
	};
	/** Getters of a class, by their names. @param {any} type @param {string} names @returns {any} */
	const getters = ({prototype}, names) => Object.fromEntries(names.split(' ').map(name => [name, getter(prototype, name)]));
	/** @param {string} name @returns {(...args: any[]) => any} */
	const global = name => {
		const f = raw(win, name);
		return typeof f === 'function' ? f.bind(win) : f;
	};
	const {Node, Element, CharacterData, EventTarget, Event, Document} = win;
	const promise = raw(win, 'Promise');
	const performance = win.performance;
	const documentSheets = getter(Document.prototype, 'adoptedStyleSheets');
	const shadowSheets = getter(win.ShadowRoot.prototype, 'adoptedStyleSheets');
	return {
		/** zone.js may come after this, and replaces promises. @returns {any} the zone outside of all, if there are any */
		zone: () => win.Promise !== promise && /** @type {any} */ (win).Zone?.root,
		free, raw, getter, method,
		apply: Reflect.apply,
		construct: Reflect.construct,
		descriptor: Object.getOwnPropertyDescriptor,
		define: Object.defineProperty,
		fnText: free(Function.prototype.toString),
		/** @type {() => number} */
		now: performance.now.bind(performance),
		/** @type {() => number} */
		date: Date.now,
		MutationObserver: /** @type {typeof MutationObserver} */ (raw(win, 'MutationObserver')),
		setTimeout: global('setTimeout'),
		clearTimeout: global('clearTimeout'),
		/** @type {typeof requestIdleCallback | undefined} */
		idle: global('requestIdleCallback'),
		/** @type {typeof fetch} */
		fetch: global('fetch'),
		Worker: /** @type {typeof Worker} */ (win.Worker),
		listen: method(EventTarget.prototype, 'addEventListener'),
		path: method(Event.prototype, 'composedPath'),
		.../** @type {Record<'firstChild' | 'nextSibling' | 'parentNode', (n: Node) => Node | null> & {isConnected: (n: Node) => boolean, nodeType: (n: Node) => number, textContent: (n: Node) => string}} */
		(getters(Node, 'firstChild nextSibling parentNode isConnected nodeType textContent')),
		.../** @type {{data: (n: Node) => string}} */ (getters(CharacterData, 'data')),
		.../** @type {{localName: (n: Node) => string, shadowRoot: (n: Node) => ShadowRoot | null}} */ (getters(Element, 'localName shadowRoot')),
		.../** @type {{documentElement: (d: Document) => Element | null, defaultView: (d: Document) => Window | null}} */ (getters(Document, 'documentElement defaultView')),
		.../** @type {Record<'checked' | 'indeterminate', (n: HTMLInputElement) => boolean>} */ (getters(win.HTMLInputElement, 'checked indeterminate')),
		.../** @type {{selected: (n: HTMLOptionElement) => boolean}} */ (getters(win.HTMLOptionElement, 'selected')),
		/** @type {(n: Node) => string | null} */
		namespace: getter(Element.prototype, 'namespaceURI'),
		/** @type {(n: Element) => string[]} */
		attrNames: method(Element.prototype, 'getAttributeNames'),
		/** @type {(n: Element, name: string) => string | null} */
		attribute: method(Element.prototype, 'getAttribute'),
		/** @type {(n: Element, ns: string | null, name: string) => Attr | null} */
		attrNode: method(Element.prototype, 'getAttributeNodeNS'),
		/** @type {(n: Element, selector: string) => boolean} */
		matches: method(Element.prototype, 'matches'),
		/** @type {(n: Element, selector: string) => NodeListOf<Element>} */
		queryAll: method(Element.prototype, 'querySelectorAll'),
		/** @type {(n: Document) => DocumentVisibilityState} */
		visibility: getter(Document.prototype, 'visibilityState'),
		/** @type {(n: Node) => CSSStyleSheet[] | undefined} */
		adoptedIn: n => (n.nodeType === 9 ? documentSheets : shadowSheets)(n),
		/** @type {(s: StyleSheet) => MediaList} */
		sheetMedia: getter(win.StyleSheet.prototype, 'media'),
		/** @type {(n: HTMLInputElement) => string} */
		inputValue: getter(win.HTMLInputElement.prototype, 'value'),
		/** @type {(n: HTMLInputElement) => string} */
		inputType: getter(win.HTMLInputElement.prototype, 'type'),
		/** @type {(n: HTMLTextAreaElement) => string} */
		areaValue: getter(win.HTMLTextAreaElement.prototype, 'value'),
		/** @type {(n: HTMLIFrameElement) => Document | null} */
		frameDoc: getter(win.HTMLIFrameElement.prototype, 'contentDocument'),
	};
}
