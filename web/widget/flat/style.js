/* Style text on its way into the picture. Everything is static there, so that what an image's document
 * has no notion of is settled beforehand:
 *   media queries            → what the page's window answered
 *   :hover, :focus, :modal…  → an attribute with what the page's elements matched
 *   :root                    → an attribute, as the picture's own root is another element
 *   shadow trees             → each compound bound to its tree by `:where([rv-t="…"])`, which weighs nothing;
 *                              each tree's rules in a cascade layer, innermost first: layers rank as the
 *                              contexts of the cascade do, for !important the other way round too
 *   canvas, video, iframe…   → the img that stands for them */
// @ts-ignore it comes without types
import parse from 'css-tree/parser';
// @ts-ignore
import generate from 'css-tree/generator';

/**
 * A tree's rules. key: '' in a document, else the same for shadow trees with the same rules. depth: how many
 * hosts it is in.
 * @typedef {{key: string, depth: number, layer: string}} Scope
 *
 * @typedef {object} Env  what the picture is made for
 * @property {(text: string) => boolean} media
 * @property {(address: string, base: string, isFont?: boolean) => string} url  a data: URL, '' where there is none
 * @property {boolean} hasShadow @property {boolean} hasStandIns
 * @property {[number, number] | null} viewport  where viewport units are not the picture's own
 * @property {string} scheme  light or dark, what the user prefers
 * @property {number} ratio  device pixels
 */

/** What elements may match for a while, or by what only a script knows. */
const STATE = /^(?:hover|active|focus|focus-visible|focus-within|target|fullscreen|modal|popover-open|user-valid|user-invalid|valid|invalid|in-range|out-of-range|indeterminate|autofill|-webkit-autofill|playing|paused|default|state|open|picture-in-picture|-moz-broken|placeholder-shown)$/;
const STAND_INS = new Set(['canvas', 'video', 'iframe', 'object', 'embed', 'img']);
const DROPPED = new Set(['charset', 'import', 'namespace', 'page', 'keyframes', '-webkit-keyframes', '-moz-keyframes', 'starting-style', 'view-transition', '-moz-document']);
const DOCUMENT_ONLY = new Set(['font-face', 'property', 'font-feature-values', 'font-palette-values', 'counter-style']);
const LOOK = /:|canvas|video|iframe|object|embed|img/i;
const WIDE = '-moz-focusring';

/** @param {string} text @returns {any} */
export const parseSheet = text => parse(text, {parseValue: false, parseAtrulePrelude: false, parseRulePrelude: false, parseCustomProperty: false});

/** @param {string} text @returns {any} */
const parseSelectors = text => parse(text, {context: 'selectorList'});

/** @param {any} node */
const preludeOf = node => node.prelude ? generate(node.prelude) : '';

/**
 * What a sheet asks of the page's window and elements, and the sheets it imports.
 * @param {any} ast @param {Set<string>} media @param {Set<string>} states @param {(address: string) => void} imports
 */
export function askedBy(ast, media, states, imports) {
	const stack = [ast];
	for (let node = stack.pop(); node; node = stack.pop()) {
		if (node.type === 'Atrule') {
			if (node.name === 'media') media.add(preludeOf(node));
			if (node.name === 'import') {
				const found = /^(?:url\(\s*)?(?:"([^"]*)"|'([^']*)'|([^\s)]+))/.exec(preludeOf(node));
				if (found) imports(found[1] ?? found[2] ?? found[3]);
			}
		} else if (node.type === 'Rule') {
			for (const [, name, inner] of preludeOf(node).matchAll(/:([\w-]+)(?:\(([\w-]*)\))?/g)) if (STATE.test(name)) states.add(name === 'state' ? `state(${inner})` : name);
		}
		const children = node.type === 'StyleSheet' ? node.children : node.block?.children;
		children?.forEach((/** @type {any} */ child) => {
			if (child.type === 'Atrule' || child.type === 'Rule') stack.push(child);
		});
	}
}

/** Addresses in a value, and what else of it an image would understand otherwise. @param {string} value @param {string} base @param {Env} env @param {boolean} [isFont] */
export function valueText(value, base, env, isFont) {
	let text = value;
	if (/image-set\(/i.test(text)) text = text.replace(/(?:-webkit-)?image-set\(((?:[^()"']|"[^"]*"|'[^']*'|\((?:[^()"']|"[^"]*"|'[^']*')*\))*)\)/gi, (_, inner) => {
		let best = '';
		let at = 0;
		for (const [, source, ratio, unit] of inner.matchAll(/((?:url\([^)]*\)|"[^"]*"|'[^']*'))\s*([\d.]*)(x|dppx|dpi)?/g)) {
			const own = unit === 'dpi' ? ratio / 96 : parseFloat(ratio) || 1;
			if (!best || (at < env.ratio ? own > at : own >= env.ratio && own < at)) [best, at] = [source, own];
		}
		return /^url/i.test(best) ? best : `url(${best})`;
	});
	if (/url\(/i.test(text)) text = text.replace(/"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|\burl\(\s*("(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|[^)]*?)\s*\)/gi, (all, given) => {
		if (given === undefined) return all;
		const address = (/^["']/.test(given) ? given.slice(1, -1) : given).replace(/\\(?:([\da-f]{1,6})\s?|([^]))/gi, (/** @type {string} */ _, /** @type {string} */ hex, /** @type {string} */ char) => hex ? String.fromCodePoint(parseInt(hex, 16)) : char);
		if (address.startsWith('#')) return `url("${address}")`;
		return `url("${env.url(address, base, isFont)}")`;
	});
	if (env.viewport) {
		const [width, height] = env.viewport;
		text = text.replace(/(^|[\s(,*/+-])(-?(?:\d+\.?\d*|\.\d+))[sld]?(vw|vh|vmin|vmax|vi|vb)\b/g, (_, before, number, unit) => `${before}${number / 100 * (/^v[wi]$/.test(unit) ? width : /^v[hb]$/.test(unit) ? height : unit === 'vmin' ? Math.min(width, height) : Math.max(width, height))}px`);
	}
	return text;
}

/** @param {string} property @param {string} value @param {boolean} important @param {string} base @param {Env} env @param {boolean} [isFont] */
function declaration(property, value, important, base, env, isFont) {
	let text = value;
	const name = property.toLowerCase();
	if (name === 'cursor' || name.startsWith('transition') || /^(?:-webkit-)?animation/.test(name) || name === 'scroll-behavior') return '';
	if (name === 'content-visibility' && /auto/.test(text)) text = 'visible';
	if (name === 'color-scheme' && /light/.test(text) && /dark/.test(text)) text = env.scheme;
	return `${property}:${valueText(text, base, env, isFont)}${important ? '!important' : ''};`;
}

/** An inline style's text. @param {string} text @param {string} base @param {Env} env */
export function inlineText(text, base, env) {
	if (!/url\(|image-set|color-scheme|content-visibility|animation|v[wh]|vm/i.test(text)) return text;
	let out = '';
	/** @type {any} */ (parse(text, {context: 'declarationList', parseValue: false, parseCustomProperty: false})).children.forEach((/** @type {any} */ node) => {
		if (node.type === 'Declaration') out += declaration(node.property, generate(node.value), !!node.important, base, env);
	});
	return out;
}

/**
 * @param {any} ast @param {Scope} scope @param {string} base @param {Env} env
 * @returns {string}
 */
export function sheetText(ast, scope, base, env) {
	const isShadow = scope.key !== '';
	const tie = isShadow ? `:where([rv-t="${scope.key}"])` : env.hasShadow ? ':where(:not([rv-t]))' : '';
	const host = `[rv-h="${scope.key}"]`;

	/** Pseudo-classes in a list of selectors that is an argument. @param {any} list */
	const inner = list => {
		/** @type {string[]} */
		const all = [];
		list?.children?.forEach((/** @type {any} */ selector) => all.push(selector.type === 'Selector' ? complex(selector, '') : generate(selector)));
		return all.join(',');
	};

	/** One simple selector. @param {any} node */
	const simple = node => {
		if (node.type === 'TypeSelector' && env.hasStandIns && STAND_INS.has(node.name)) return node.name === 'img' ? 'img:where(:not([rv-w]))' : `img:where([rv-w="${node.name}"])`;
		if (node.type === 'PseudoElementSelector' && node.name === 'part') return ` :where(*)${node.children ? generate(node).slice(7, -1).trim().split(/\s+/).map((/** @type {string} */ part) => `[rv-p${scope.depth + 1}~="${part}"]`).join('') : ''}`;
		if (node.type !== 'PseudoClassSelector') return generate(node);
		const {name, children} = node;
		const argument = children?.first;
		if (name === 'root') return isShadow ? ':not(*)' : '[rv-root]';
		if (name === 'defined') return ':is(:defined,[rv-d])';
		if (name === 'host' && isShadow) return argument ? `${host}:is(${hostArgument(argument)})` : host;
		if (name === 'host-context' && isShadow) return `${host}:is(${hostArgument(argument)},:is(${hostArgument(argument)}) *)`;
		if (name === WIDE) return '[rv-s~="focus-visible"]';
		if (STATE.test(name)) return `[rv-s~="${children ? generate(node).slice(1).replace(/["\\]/g, '') : name}"]`;
		if (argument?.type === 'SelectorList') return `:${name}(${inner(argument)})`;
		if (argument?.type === 'Raw' && /^(?:is|not|where|has|matches|-webkit-any|-moz-any)$/.test(name)) {
			try {
				return `:${name}(${inner(parseSelectors(argument.value))})`;
			} catch {}
		}
		if (argument?.type === 'Nth' && argument.selector) return `:${name}(${generate(argument.nth)} of ${inner(argument.selector)})`;
		return generate(node);
	};
	/** @param {any} argument */
	const hostArgument = argument => {
		if (argument.type === 'Selector') return complex(argument, '');
		if (argument.type === 'SelectorList') return inner(argument);
		try {
			return inner(parseSelectors(generate(argument)));
		} catch {
			return generate(argument);
		}
	};

	/** @param {any} selector @param {string} bind  for its compounds */
	const complex = (selector, bind) => {
		let done = '';
		let compound = '';
		let pseudo = '';
		let bound = bind;
		let sloted = '';
		const flush = () => {
			if (sloted) {
				done = `${done}${compound || '*'}${bind}>:is(${sloted}):where(:not([rv-t="${scope.key}"]))${pseudo}`;
				sloted = '';
			} else if (compound || pseudo) done += `${compound}${bound}${pseudo}`;
			compound = pseudo = '';
			bound = bind;
		};
		let children = 0;
		selector.children.forEach((/** @type {any} */ node) => {
			if (node.type === 'Combinator') {
				flush();
				if (node.name === '>' && bind && env.hasShadow && done && children++ < 3) done = `:is(${done},${done} :where(slot[rv-t]))>`;
				else done += node.name;
			} else if (node.type === 'PseudoElementSelector' || (node.type === 'PseudoClassSelector' && pseudo)) {
				if (node.name === 'slotted' && isShadow) sloted = hostArgument(node.children.first);
				else if (node.name === 'part') {
					compound += bound;
					bound = '';
					compound += simple(node);
				} else pseudo += simple(node);
			} else if (node.type === 'NestingSelector') {
				bound = '';
				compound += '&';
			} else {
				if (node.type === 'PseudoClassSelector' && /^host/.test(node.name) && isShadow) bound = '';
				if (node.type === 'PseudoClassSelector' && (node.name === 'scope' || node.name === 'root')) bound = '';
				compound = node.type === 'TypeSelector' ? simple(node) + compound : compound + simple(node);
			}
		});
		flush();
		return done;
	};

	/** @param {string} text */
	const selectors = text => {
		if (!tie && !LOOK.test(text)) return text;
		try {
			/** @type {string[]} */
			const all = [];
			parseSelectors(text).children.forEach((/** @type {any} */ selector) => {
				const made = complex(selector, tie);
				if (!/::backdrop/.test(made)) all.push(made);
			});
			return all.join(',');
		} catch {
			return isShadow ? '' : text;
		}
	};

	/** @param {any} list  of rules and declarations @returns {string} */
	const write = list => {
		let out = '';
		list?.forEach((/** @type {any} */ node) => {
			if (node.type === 'Declaration') out += declaration(node.property, node.value.type === 'Raw' ? node.value.value : generate(node.value), !!node.important, base, env);
			else if (node.type === 'Rule') {
				const to = selectors(preludeOf(node));
				const block = to && write(node.block.children);
				if (block) out += `${to}{${block}}`;
			} else if (node.type === 'Atrule') out += atRule(node);
		});
		return out;
	};

	/** @param {any} node @returns {string} */
	const atRule = node => {
		const {name, block} = node;
		if (DROPPED.has(name) || (isShadow && DOCUMENT_ONLY.has(name))) return '';
		const prelude = preludeOf(node);
		if (name === 'media') return env.media(prelude) ? `@media all{${write(block?.children)}}` : '';
		if (name === 'font-face') return face(block);
		if (!block) return `@${name} ${prelude};`;
		const inside = write(block.children);
		if (name === 'scope') return `@scope ${prelude.replace(/\(([^()]*(?:\([^()]*\)[^()]*)*)\)/g, (/** @type {string} */ _, /** @type {string} */ text) => `(${selectors(text)})`)}{${inside}}`;
		return `@${name} ${prelude}{${inside}}`;
	};

	/** Without a source that is there, there is no such font. @param {any} block */
	const face = block => {
		let out = '';
		let has = false;
		block?.children.forEach((/** @type {any} */ node) => {
			if (node.type !== 'Declaration') return;
			let value = node.value.type === 'Raw' ? node.value.value : generate(node.value);
			if (node.property === 'src') {
				value = valueText(value, base, env, true).replace(/url\(""\)(?:\s*(?:format|tech)\([^)]*\))*\s*,?/g, '').replace(/,\s*$/, '');
				has = !!value.trim();
			} else if (node.property === 'font-display') return;
			out += `${node.property}:${value};`;
		});
		return has ? `@font-face{${out}}` : '';
	};

	return write(ast.children);
}
