/* Elements made without markup: nothing here needs a policy of the page's. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [given]  attributes, or properties for text and handlers; null and false: none
 * @param {Node[]} [children]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, given = {}, children = []) {
	const element = /** @type {any} */ (document.createElement(tag));
	for (const name of Object.keys(given)) {
		if (name === 'textContent' || name.startsWith('on')) element[name] = given[name];
		else if (given[name] != null && given[name] !== false) element.setAttribute(name, given[name]);
	}
	element.append(...children);
	return element;
}

/** @param {string} d  of a path in a field of 20 by 20 */
export function icon(d) {
	const svg = document.createElementNS(SVG, 'svg');
	const path = document.createElementNS(SVG, 'path');
	svg.setAttribute('viewBox', '0 0 20 20');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', d);
	svg.append(path);
	return svg;
}

/** Adds a sheet to the root that holds a node; the answer takes it away. @param {Node} node @param {string} text */
export function dress(node, text) {
	const root = /** @type {ShadowRoot} */ (node.getRootNode());
	const sheet = new CSSStyleSheet();
	sheet.replaceSync(text);
	root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
	return () => {
		root.adoptedStyleSheets = root.adoptedStyleSheets.filter(one => one !== sheet);
	};
}
