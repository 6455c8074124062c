/* Fonts made by scripts: each document's are told as one more adopted sheet of @font-face rules. */

import {FONT_MAX, FONTS_BYTES, FONTS_MAX} from '../record/limits.js';

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeFonts({hub, flow, tree, sheets, patcher, onRoot}) {
	const {native, win, fontSources} = hub;
	/** What a buffer is as an address, '' while that is not known. @type {WeakMap<FontFace, string>} */
	const addresses = new WeakMap();
	let bytes = 0;

	/** @param {FontFace} font @param {Document} document @returns {string} '' without an answer yet */
	const sourceOf = (font, document) => {
		const given = fontSources.get(font);
		if (typeof given === 'string') return given;
		const known = addresses.get(font);
		if (known !== undefined) return known;
		addresses.set(font, '');
		const blob = new Blob([given]);
		if (blob.size > FONT_MAX || (bytes += blob.size) > FONTS_BYTES) return '';
		const reader = new FileReader();
		native.listen(reader, 'load', hub.guard(() => {
			addresses.set(font, `url("${reader.result}")`);
			tell(document);
		}));
		reader.readAsDataURL(blob);
		return '';
	};

	/** @param {Document} document */
	const tell = document => {
		let sheet = sheets.extra.get(document);
		/** @type {string[]} */
		const rules = [];
		document.fonts.forEach(font => {
			if (!fontSources.has(font) || rules.length >= FONTS_MAX) return;
			const source = sourceOf(font, document);
			const {family, style, weight, stretch, unicodeRange, featureSettings, display} = font;
			if (source) rules.push(`@font-face{font-family:${JSON.stringify(family.replace(/^(["'])(.*)\1$/, '$2'))};src:${source};font-style:${style};font-weight:${weight};font-stretch:${stretch};unicode-range:${unicodeRange};font-feature-settings:${featureSettings};font-display:${display}}`);
		});
		if (!sheet) {
			if (!rules.length) return;
			sheet = new win.CSSStyleSheet();
			sheets.extra.set(document, sheet);
		}
		sheet.replaceSync(rules.join('\n'));
		tree.adopters.add(document);
		sheets.sheet(sheet);
		flow.schedule();
	};

	/** @type {WeakMap<FontFaceSet, Document>} */
	const owners = new WeakMap();
	const changed = (/** @type {FontFaceSet} */ set) => {
		const document = owners.get(set);
		if (document) tell(document);
	};
	const patched = new WeakSet();
	onRoot(root => {
		const {fonts: set} = /** @type {any} */ (root);
		if (!set?.forEach) return;
		const proto = Object.getPrototypeOf(set);
		if (!patched.has(proto)) for (const name of ['add', 'delete', 'clear']) patcher.method(proto, name, null, changed);
		patched.add(proto);
		owners.set(set, /** @type {Document} */ (root));
		tell(/** @type {Document} */ (root));
	});
}
