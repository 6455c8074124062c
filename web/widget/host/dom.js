/* What changes a document without a mutation record: shadow roots and the rules of style sheets. */

/** Characters of rule texts kept for one sheet. */
const TEXT_MAX = 100_000;

/**
 * @param {import('./hub.js').Hub} hub
 * @param {any} win  the page's window or that of a same-origin frame
 * @param {import('./patch.js').Patcher} [patcher]
 */
export function hookDom(hub, win, patcher = hub.patcher) {
	const {touched, fontSources} = hub;

	/** @param {Element} host @param {{shadowRoot: ShadowRoot | null}} holder of a root that the host may hide */
	const shadow = (host, holder) => {
		hub.closed.set(host, holder);
		hub.dom?.shadow(host);
	};
	patcher.method(win.Element.prototype, 'attachShadow', null, (self, _args, shadowRoot) => shadow(self, {shadowRoot}));
	/* A closed root that the document's text declares is shown to its custom element, once it is there. */
	patcher.method(win.HTMLElement.prototype, 'attachInternals', null, (self, _args, internals) => shadow(self, internals));

	/** @type {CSSStyleSheet | null} */
	let latest = null;
	/** @param {CSSStyleSheet | null} sheet @param {string | null} [text] */
	const touch = (sheet, text) => {
		if (!sheet) return;
		if (sheet !== latest) {
			latest = sheet;
			if (!touched.has(sheet)) touched.set(sheet, '');
		}
		if (!text?.includes('var(')) return;
		const before = touched.get(sheet) ?? '';
		if (before.length < TEXT_MAX) touched.set(sheet, before + text);
	};
	/** @param {CSSStyleSheet} sheet @param {number} index @param {string | null} text @param {CSSRule} [parent] */
	const rule = (sheet, index, text, parent) => {
		touch(sheet, text);
		hub.dom?.rule(sheet, index >>> 0, text, parent);
	};
	/** @param {CSSStyleSheet} sheet @param {any[]} args */
	const whole = (sheet, args) => {
		touch(sheet, `${args[0]}`);
		hub.dom?.sheet(sheet);
	};
	/** @param {any} self */
	const inside = self => {
		touch(self.parentStyleSheet);
		hub.dom?.inside(self);
	};
	/** @param {any} self */
	const held = self => {
		if (hub.dom) hub.dom.held(self);
		else touch(self.parentStyleSheet);
	};
	const {CSSStyleSheet: Sheet, CSSKeyframesRule} = win;
	patcher.method(Sheet.prototype, 'insertRule', null, (self, args) => rule(self, args[1], `${args[0]}`));
	patcher.method(Sheet.prototype, 'deleteRule', null, (self, args) => rule(self, args[0], null));
	for (const name of ['addRule', 'removeRule', 'replaceSync']) patcher.method(Sheet.prototype, name, null, whole);
	patcher.method(Sheet.prototype, 'replace', null, (self, args, result) => {
		result?.then?.(() => hub.attempt(() => whole(self, args)), () => {});
	});
	for (const name of ['appendRule', 'deleteRule']) patcher.method(CSSKeyframesRule?.prototype, name, null, inside);
	for (const name of ['CSSGrouping', 'CSSStyle', 'CSSKeyframe', 'CSSFontFace', 'CSSPage', 'CSSMedia', 'CSSNestedDeclarations']) {
		const proto = (win[`${name}Rule`] ?? win[name])?.prototype;
		patcher.method(proto, 'insertRule', null, (self, args) => rule(self.parentStyleSheet, args[1], `${args[0]}`, self));
		patcher.method(proto, 'deleteRule', null, (self, args) => rule(self.parentStyleSheet, args[0], null, self));
		for (const member of ['style', 'styleMap', 'media']) patcher.accessor(proto, member, 'get', held);
		for (const member of ['selectorText', 'keyText']) patcher.accessor(proto, member, 'set', inside);
	}
	for (const proto of [win.Document.prototype, win.ShadowRoot.prototype]) {
		for (const slot of /** @type {const} */ (['get', 'set'])) patcher.accessor(proto, 'adoptedStyleSheets', slot, self => hub.dom?.adopted(self));
	}
	const state = (/** @type {CSSStyleSheet} */ self) => hub.dom?.state(self);
	patcher.accessor(win.StyleSheet.prototype, 'disabled', 'set', state);
	patcher.accessor(win.StyleSheet.prototype, 'media', 'get', state);
	patcher.method(win, 'FontFace', null, (self, args) => void fontSources.set(self, args[1]));
}
