/* What changes a document without a mutation record: shadow roots and the rules of style sheets. */

/** The rule of the sheet itself that holds this one. @param {any} rule */
const topOf = rule => {
	while (rule.parentRule) rule = rule.parentRule;
	return rule;
};

/**
 * @param {import('./hub.js').Hub} hub
 * @param {any} win  the page's window or that of a same-origin frame
 * @param {import('./patch.js').Patcher} [patcher]
 */
export function hookDom(hub, win, patcher = hub.patcher) {
	const {touched} = hub;

	/** @param {Element} host @param {ShadowRoot | null | undefined} root */
	const shadow = (host, root) => {
		if (!root) return;
		if (root.mode === 'closed') hub.closed.set(host, root);
		hub.dom?.shadow(host);
	};
	patcher.method(win.Element.prototype, 'attachShadow', null, (self, _args, root) => shadow(self, root));
	/* A closed root that the document's text declared shows itself to its custom element. */
	patcher.method(win.HTMLElement.prototype, 'attachInternals', null, (self, _args, internals) => shadow(self, internals.shadowRoot));

	/** @param {CSSStyleSheet} sheet @param {number} index @param {string | null} text */
	const rule = (sheet, index, text) => {
		if (hub.dom) hub.dom.rule(sheet, index, text);
		else touched.add(sheet);
	};
	/** @param {any} self */
	const nested = self => {
		const top = topOf(self);
		if (!top.parentStyleSheet) return;
		if (hub.dom) hub.dom.nested(top.parentStyleSheet, top);
		else touched.add(top.parentStyleSheet);
	};
	/** @param {CSSStyleSheet | null} sheet */
	const whole = sheet => {
		if (!sheet) return;
		if (hub.dom) hub.dom.sheet(sheet);
		else touched.add(sheet);
	};
	const {CSSStyleSheet: Sheet, CSSGroupingRule, CSSStyleRule, CSSKeyframesRule} = win;
	patcher.method(Sheet.prototype, 'insertRule', null, (self, [text, index = 0]) => rule(self, index >>> 0, `${text}`));
	patcher.method(Sheet.prototype, 'deleteRule', null, (self, [index]) => rule(self, index >>> 0, null));
	for (const name of ['addRule', 'removeRule', 'replaceSync']) patcher.method(Sheet.prototype, name, null, whole);
	patcher.method(Sheet.prototype, 'replace', null, (self, _args, result) => {
		result?.then?.(() => hub.attempt(() => whole(self)), () => {});
	});
	for (const group of [CSSGroupingRule, CSSStyleRule, CSSKeyframesRule]) {
		for (const name of ['insertRule', 'appendRule', 'deleteRule']) patcher.method(group?.prototype, name, null, nested);
	}
	for (const proto of [win.Document.prototype, win.ShadowRoot.prototype]) {
		patcher.setter(proto, 'adoptedStyleSheets', self => hub.dom?.adopted(self));
	}
}
