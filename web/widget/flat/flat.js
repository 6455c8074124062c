/* rearview.flat.js: pictures of the document, loaded by the worker when one is asked for.
 *
 *   plan()  what the mirror has; answers what only the page knows: media queries, states of elements
 *   draw()  the page's answers (Looks as it sends them) → an SVG as a data: URL
 *
 * Text and values come from the mirror, so that they are masked as the recording is. */
import * as rv from 'rv:records';
import {createResources, encodeBitmap, toDataUrl} from './resources.js';
import {askedBy, parseSheet, sheetText} from './style.js';
import {readTree} from './tree.js';
import {svgUrl, writeDocument} from './write.js';

/** @typedef {import('./tree.js').Node} Node */

/**
 * A document as it lies in its window. x, y: scroll offsets. canvas: declarations of the canvas's box.
 * fromBody: the canvas has the body's background. rootStyle: declarations. media: one answer for each query asked.
 * @typedef {object} Doc
 * @property {number} id @property {number} width @property {number} height @property {number} contentWidth @property {number} contentHeight
 * @property {number} x @property {number} y @property {string} font @property {string} scheme @property {string} prefers @property {string} canvas
 * @property {boolean} fromBody @property {string} rootStyle @property {boolean[]} media @property {number} ratio @property {string} base
 *
 * What the page tells. cull: node, width, height, margins above and below in 1/1000 px. loaded: addresses of
 * what the page loaded; null when that is not known. images: id, address, broken, width, height.
 * @typedef {object} Facts
 * @property {Doc[]} docs @property {{width: number, height: number} | null} page  of the whole page, where that is wanted
 * @property {[name: string, ids: number[]][]} states @property {Int32Array} cull
 * @property {[id: number, css: string][]} style @property {[id: number, pseudo: string, css: string][]} pseudo
 * @property {[id: number, css: string][]} before @property {[id: number, url: string, broken: boolean, width: number, height: number][]} images
 * @property {[id: number, bitmap: ImageBitmap | string | null][]} bitmaps @property {string[] | null} loaded @property {boolean} scrollbars @property {string[]} notes
 *
 * @typedef {object} Looks  the same, by element
 * @property {Map<number, string[]>} states @property {Map<number, number[]>} cull @property {Map<number, string>} style
 * @property {Map<number, string>} before @property {Map<number, [string, boolean]>} images @property {Map<number, string>} bitmaps
 * @property {Set<number>} tainted @property {Set<number>} marked @property {Map<Node, Map<number, string>>} parts
 *
 * @typedef {{ast: any, base: string, media: string}} Sheet
 */

const SPRITE_MAX = 400_000;
const IMPORTS_MAX = 50;
const KEPT = 60;
/** Parsed style text, by itself. @type {Map<string, any>} */
const parsed = new Map();

/** @param {string} text */
const sheetOf = text => {
	let ast = parsed.get(text);
	if (!ast) {
		ast = parseSheet(text);
		if (parsed.size >= KEPT) parsed.delete(/** @type {string} */ (parsed.keys().next().value));
		parsed.set(text, ast);
	}
	return ast;
};

/** The innermost document a tree is in. @param {Node} root @returns {Node} */
const documentOf = root => {
	while (root.kind !== 9) root = /** @type {Node} */ (root.parent).tree;
	return root;
};

/** @param {import('./tree.js').Told} told */
export async function plan(told) {
	const tree = readTree(told);
	const resources = createResources();
	/** @type {Set<string>} */
	const media = new Set();
	/** @type {Set<string>} */
	const states = new Set();
	/** @type {Map<Node, Sheet[]>} */
	const sheets = new Map();
	/** @type {Set<string>} */
	const notes = new Set();
	let imports = 0;
	/** @param {Node} document @returns {string} */
	const baseOf = document => {
		const address = document === tree.top ? tree.url : document.text;
		const head = document.children.find(node => node.kind === 1)?.children.find(node => node.name === 'head');
		const base = head?.children.find(node => node.name === 'base' && node.attributes.has('href'));
		const own = /^(?:about|blob|data):/.test(address) && document.parent ? baseOf(documentOf(document.parent.tree)) : address;
		return (base && resources.absolute(base.attributes.get('href') ?? '', own)) || own;
	};

	/** @param {Sheet[]} list @param {string} text @param {string} base @param {string} asked  its media @param {number} deep */
	const add = async (list, text, base, asked, deep) => {
		const ast = sheetOf(text);
		/** @type {string[]} */
		const wants = [];
		askedBy(ast, media, states, address => wants.push(address));
		for (const address of deep < 3 ? wants : []) {
			const url = resources.absolute(address, base);
			if (url && imports++ < IMPORTS_MAX) await add(list, await resources.text(url), url, asked, deep + 1);
		}
		if (asked) media.add(asked);
		list.push({ast, base, media: asked});
	};

	for (const root of tree.roots) {
		/** @type {Sheet[]} */
		const list = [];
		const base = baseOf(documentOf(root));
		const put = async (/** @type {number} */ id) => {
			const sheet = tree.sheets.get(id);
			if (sheet && !(sheet[1] & rv.SHEET_DISABLED)) await add(list, sheet[4], sheet[3] || base, sheet[2] ?? '', 0);
		};
		for (const node of root.styles) {
			if (node.sheet && tree.sheets.has(node.sheet)) await put(node.sheet);
			else if (node.name === 'style') await add(list, node.children.map(child => child.text).join(''), base, node.attributes.get('media') ?? '', 0);
			else if (/(?:^|\s)stylesheet(?:\s|$)/i.test(node.attributes.get('rel') ?? '') && !/alternate/i.test(node.attributes.get('rel') ?? '') && !node.attributes.has('disabled')) {
				const url = resources.absolute(node.attributes.get('href') ?? '', base);
				if (url && imports++ < IMPORTS_MAX) await add(list, await resources.text(url), url, node.attributes.get('media') ?? '', 0);
			}
		}
		for (const id of root.adopted) await put(id);
		sheets.set(root, list);
	}
	for (const name of ['focus-visible', 'modal', 'popover-open', 'indeterminate']) states.add(name);
	return {tree, resources, sheets, media: [...media], states: [...states], notes, baseOf};
}

/** @typedef {Awaited<ReturnType<typeof plan>>} Plan */

/** Names the trees with shadow, the same where the rules are the same. @param {Plan} plan */
function nameScopes({tree, sheets}) {
	/** @type {Map<string, import('./style.js').Scope>} */
	const known = new Map();
	/** @type {Map<any, number>} */
	const numbers = new Map();
	for (const root of tree.roots) {
		if (root.kind === 9) {
			root.scope = {key: '', depth: 0, layer: ''};
			continue;
		}
		const depth = (/** @type {Node} */ (root.parent).tree.scope?.depth ?? 0) + 1;
		const key = `${documentOf(root).id}:${depth}:${(sheets.get(root) ?? []).map(({ast, media}) => {
			if (!numbers.has(ast)) numbers.set(ast, numbers.size);
			return `${numbers.get(ast)}${media}`;
		})}`;
		let scope = known.get(key);
		if (!scope) {
			scope = {key: `${known.size + 1}`, depth, layer: `rv-${known.size + 1}`};
			known.set(key, scope);
		}
		root.scope = scope;
	}
}

/** Which parts are seen from which depth: their own tree's, and what hosts export. @param {Plan} plan */
function nameParts({tree}) {
	/** @type {Map<Node, Map<number, string>>} */
	const parts = new Map();
	for (const node of tree.byId.values()) {
		const part = node.kind === 1 && node.tree.kind === 11 ? node.attributes.get('part') : undefined;
		if (!part) continue;
		/** @type {Map<number, string>} */
		const seen = new Map();
		let names = part.trim().split(/\s+/);
		for (let at = node.tree, n = 0; at.kind === 11 && names.length && n < 20; n++) {
			seen.set(at.scope?.depth ?? 0, names.join(' '));
			const host = /** @type {Node} */ (at.parent);
			const exported = (host.attributes.get('exportparts') ?? '').split(',').map(pair => pair.split(':').map(name => name.trim()));
			names = exported.filter(([inner]) => names.includes(inner)).map(([inner, outer]) => outer || inner);
			at = host.tree;
		}
		parts.set(node, seen);
	}
	return parts;
}

/** A file of symbols, to be referred to from the picture's own markup. @param {string} text @param {number} number @returns {string} '' when it cannot be one */
function spriteText(text, number) {
	const at = text.search(/<svg[\s>]/);
	if (at < 0 || text.length > SPRITE_MAX || /<!ENTITY|<script/i.test(text) || !/<\/svg>\s*$/.test(text)) return '';
	return text.slice(at).replace(/<!--[^]*?-->/g, '')
		.replace(/(\sid=["'])/g, `$1${number}-rv-`)
		.replace(/((?:xlink:)?href=["']#)/g, `$1${number}-rv-`)
		.replace(/url\(\s*(["']?)#/g, `url($1#${number}-rv-`);
}

const TRANSPARENT = 'data:,';

/** Firefox draws these in pictures as if they were not there. */
const TICK = 'url("data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 viewBox=%270 0 16 16%27%3E%3Cpath d=%27M3.500 8.500l3 3 6-7%27 fill=%27none%27 stroke=%27%23fff%27 stroke-width=%272%27/%3E%3C/svg%3E")';
const FIELDS = `@supports (-moz-appearance:none){input:is([type=checkbox],[type=radio]){appearance:none;box-sizing:border-box;width:13px;height:13px;border:1px solid #8f8f9d;border-radius:2px;background:Field}input[type=radio]{border-radius:50%}`
	+ `input:is([type=checkbox],[type=radio]):is(:checked,[rv-s~="indeterminate"]){background:#0060df;border-color:#0060df}input[type=checkbox]:checked{background-image:${TICK}}input[type=radio]:checked{box-shadow:inset 0 0 0 2px Field}}`;

/**
 * @param {Plan} plan
 * @param {Facts} facts
 * @returns {Promise<{url: string, notes: string[]}>}
 */
export async function draw(plan, facts) {
	const {tree, resources, sheets, media, notes, baseOf} = plan;
	const docs = new Map(facts.docs.map(doc => [doc.id, doc]));
	const top = /** @type {Doc} */ (docs.get(tree.top.id) ?? facts.docs[0]);
	for (const note of facts.notes) notes.add(note);
	nameScopes(plan);
	/** @type {Looks} */
	const looks = {states: new Map(), cull: new Map(), style: new Map(), before: new Map(facts.before), images: new Map(), bitmaps: new Map(), tainted: new Set(), marked: new Set(), parts: nameParts(plan)};
	for (const [name, ids] of facts.states) for (const id of ids) looks.states.set(id, [...looks.states.get(id) ?? [], name]);
	for (let i = 0; i + 4 < facts.cull.length; i += 5) looks.cull.set(facts.cull[i], [1, 2, 3, 4].map(n => facts.cull[i + n] / 1000));
	for (const [id, css] of facts.style) looks.style.set(id, (looks.style.get(id) ?? '') + css);
	for (const [id] of facts.pseudo) looks.marked.add(id);
	const isHidden = (/** @type {number} */ id) => !!((tree.byId.get(id)?.flags ?? 0) & (rv.EL_BLOCK | rv.EL_MASK));
	const isBlocked = (/** @type {number} */ id) => !!((tree.byId.get(id)?.flags ?? 0) & rv.EL_BLOCK);
	for (const [id, url, broken, width, height] of facts.images) {
		if (isBlocked(id)) continue;
		looks.images.set(id, [url, broken]);
		if (!broken && !looks.cull.has(id)) resources.want(url, width ? [width * top.ratio, height * top.ratio] : null);
	}
	await Promise.all(facts.bitmaps.map(async ([id, bitmap]) => {
		if (!bitmap) return void looks.tainted.add(id);
		const data = typeof bitmap === 'string' ? bitmap : await toDataUrl(await encodeBitmap(bitmap));
		if (!isHidden(id)) looks.bitmaps.set(id, data);
	}));

	/* First only to learn what it wants. */
	const loaded = facts.loaded && new Set(facts.loaded);
	/** @param {Doc} doc @param {Node} document @param {(address: string, base: string, isFont?: boolean) => string} url @returns {import('./style.js').Env} */
	const envOf = (doc, document, url) => ({
		media: text => doc.media[media.indexOf(text)] ?? false,
		url,
		hasShadow: tree.roots.some(root => root.kind === 11 && documentOf(root) === document),
		hasStandIns: true,
		viewport: document === tree.top && facts.page ? [doc.width, doc.height] : null,
		scheme: doc.prefers,
		ratio: doc.ratio,
	});

	/** @param {Node} document @param {import('./style.js').Env} env */
	const styleText = (document, env) => {
		const own = tree.roots.filter(root => documentOf(root) === document);
		/** @type {Map<string, {scope: import('./style.js').Scope, root: Node}>} */
		const scopes = new Map();
		for (const root of own) if (root.scope?.key) scopes.set(root.scope.key, {scope: root.scope, root});
		const inner = [...scopes.values()].sort((a, b) => b.scope.depth - a.scope.depth);
		const write = (/** @type {Node} */ root) => (sheets.get(root) ?? []).filter(({media: asked}) => !asked || env.media(asked))
			.map(({ast, base}) => sheetText(ast, /** @type {import('./style.js').Scope} */ (root.scope), base, env)).join('\n');
		const marks = facts.pseudo.map(([id, pseudo, css]) => `[rv-n="${id}"]${pseudo}{${css}}`).join('');
		const fixed = '*,*::before,*::after,*::marker,*::placeholder{animation:none!important;transition:none!important;caret-color:transparent!important;scroll-behavior:auto!important}'
			+ `${facts.scrollbars ? '' : '*{scrollbar-width:none!important}'}`
			+ '[rv-s~="popover-open"]{display:block}[rv-s~="modal"]{display:block;position:fixed;overflow:auto;inset-block:0;max-width:calc(100% - 6px - 2em);max-height:calc(100% - 6px - 2em)}'
			+ `${FIELDS}slot[rv-t]{display:contents}img:where([rv-w="iframe"]){border:2px inset}`;
		return `@layer rv${inner.map(({scope}) => `,${scope.layer}`).join('')};@layer rv{${fixed}${marks}}`
			+ inner.map(({scope, root}) => `@layer ${scope.layer}{${write(root)}}`).join('\n') + write(document);
	};

	const documents = tree.roots.filter(root => root.kind === 9 && docs.has(root.id));
	for (const document of documents) {
		const doc = /** @type {Doc} */ (docs.get(document.id));
		const env = envOf(doc, document, (address, base, isFont) => {
			const url = resources.absolute(address, base);
			if (url && !url.startsWith('data:') && (!loaded || loaded.has(url.split('#')[0]) || url.startsWith('blob:'))) resources.want(url);
			return isFont ? '' : TRANSPARENT;
		});
		styleText(document, env);
		writeDocument({looks, doc, document, style: '', env, base: baseOf(document), resources, frame: () => '', sprites: new Map(), notes: new Set(), size: doc});
	}
	/** @type {Map<Node, Map<string, string>>} */
	const sprites = new Map();
	const sprite = new Map();
	resources.missing.clear();
	for (const node of tree.byId.values()) {
		if (node.kind !== 1) continue;
		const document = documentOf(node.tree);
		const base = () => baseOf(document);
		const isSvg = (node.flags & rv.EL_NS_MASK) === rv.NS_SVG;
		if (isSvg && (node.name === 'image' || node.name === 'feImage')) resources.want(resources.absolute(node.attributes.get('href') ?? node.attributes.get('xlink:href') ?? '', base()));
		else if (isSvg && node.name === 'use') {
			const address = node.attributes.get('href') ?? node.attributes.get('xlink:href') ?? '';
			if (!address || address.startsWith('#')) continue;
			const [file] = resources.absolute(address, base()).split('#');
			if (!file) continue;
			if (!sprite.has(file)) sprite.set(file, await resources.text(file));
			const own = sprites.get(document) ?? new Map();
			sprites.set(document, own);
			if (!own.has(file)) own.set(file, spriteText(sprite.get(file), own.size));
		} else if (!isSvg && !looks.cull.has(node.id) && !(node.flags & rv.EL_BLOCK)) {
			if (node.name === 'video') resources.want(resources.absolute(node.attributes.get('poster') ?? '', base()));
			else if (node.name === 'object' && !node.frame) resources.want(resources.absolute(node.attributes.get('data') ?? '', base()));
			else if (node.name === 'embed') resources.want(resources.absolute(node.attributes.get('src') ?? '', base()));
			else if (node.name === 'input' && node.attributes.get('type') === 'image') resources.want(resources.absolute(node.attributes.get('src') ?? '', base()));
		}
	}
	await resources.fetchAll();

	/** @type {Map<Node, string>} */
	const frames = new Map();
	/** @param {Node} document @param {{width: number, height: number} | null} size @returns {string} */
	const write = (document, size) => {
		const doc = /** @type {Doc} */ (docs.get(document.id));
		const env = envOf(doc, document, (address, base, isFont) => resources.get(resources.absolute(address, base)) || (isFont ? '' : TRANSPARENT));
		return writeDocument({
			looks, doc, document, env, resources, notes, base: baseOf(document), size: size ?? doc,
			style: styleText(document, env),
			frame: inner => frames.get(inner) ?? '',
			sprites: sprites.get(document) ?? new Map(),
		});
	};
	for (const document of [...documents].reverse()) if (document !== tree.top) frames.set(document, svgUrl(write(document, null)));
	const url = svgUrl(write(tree.top, facts.page));
	for (const origin of resources.missing) notes.add(`not readable: ${origin}`);
	return {url, notes: [...notes].slice(0, 50)};
}

/* In the page's own rung a script element asked for it. */
/** @type {any} */
const script = typeof document === 'object' && Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')?.get?.call(document);
if (script) script.rearview?.({plan, draw});
else /** @type {any} */ (globalThis).rearviewFlat = {plan, draw};
