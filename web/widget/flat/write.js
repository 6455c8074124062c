/* Documents as SVG images: markup with style text of its own inside a foreignObject, frames as pictures
 * within the picture. */
import * as rv from 'rv:records';
import {shown} from './tree.js';
import {inlineText, valueText} from './style.js';

/** @typedef {import('./tree.js').Node} Node */
/** @typedef {import('./flat.js').Doc} Doc */
/** @typedef {import('./flat.js').Looks} Looks */

const NAMESPACES = ['http://www.w3.org/1999/xhtml', 'http://www.w3.org/2000/svg', 'http://www.w3.org/1998/Math/MathML', 'http://www.w3.org/1999/xhtml'];
const STAND_INS = new Set(['canvas', 'video', 'iframe', 'object', 'embed']);
/** There for their place among siblings alone. */
const HOLLOW = new Set(['script', 'noscript', 'template', 'style', 'source', 'track', 'param']);
const GONE = new Set(['meta', 'base', 'title', 'link']);
const VOID = new Set(['br', 'hr', 'img', 'input', 'wbr', 'area', 'col']);
const SKIPPED = new Set(['style', 'src', 'srcset', 'sizes', 'loading', 'decoding', 'xmlns', 'srcdoc', 'nonce', 'integrity', 'poster', 'ping', 'data', 'autofocus', 'autoplay', 'is']);
const TRANSPARENT = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const BROKEN = 'data:image/png;base64,AA==';
const MISSING = '#e4e6eb';
const BLOCKED = '#c9cdd6';
const XML_NAME = /^[A-Za-z_][\w.-]*$/;
const DEPTH_MAX = 1500;
const BULLETS_MAX = 200;

const BAD = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
/** @type {Record<string, string>} */
const ESCAPES = {'<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', '\n': '&#10;', '\r': '&#13;', '\t': '&#9;'};
/** @param {string} text */
export const escapeText = text => text.replace(BAD, '\ufffd').replace(/[<>&\r]/g, char => ESCAPES[char]);
/** @param {string} text */
export const escapeAttribute = text => text.replace(BAD, '\ufffd').replace(/[<>&"\n\r\t]/g, char => ESCAPES[char]);

/** Only what the URL parser would change or drop needs escaping. @param {string} svg */
export const svgUrl = svg => 'data:image/svg+xml;charset=utf-8,' + svg.replace(/[%#\t\n\r]/g, encodeURIComponent);

/** The first candidate. @param {string} set */
const firstOf = set => /[^\s,]\S*[^\s,]/.exec(set)?.[0] ?? '';

/**
 * @param {object} ctx
 * @param {Looks} ctx.looks
 * @param {Doc} ctx.doc
 * @param {Node} ctx.document
 * @param {string} ctx.style
 * @param {import('./style.js').Env} ctx.env
 * @param {string} ctx.base
 * @param {ReturnType<typeof import('./resources.js').createResources>} ctx.resources
 * @param {(document: Node) => string} ctx.frame  a frame's document as a picture's address, '' when it cannot be had
 * @param {Map<string, string>} ctx.sprites  documents that `use` refers to: markup by address
 * @param {Set<string>} ctx.notes
 * @param {{width: number, height: number}} ctx.size  of the picture
 * @returns {string} SVG
 */
export function writeDocument({looks, doc, document, style, env, base, resources, frame, sprites, notes, size}) {
	/** @type {string[]} */
	const out = [];
	const root = document.children.find(node => node.kind === 1);

	/** @param {Node} node */
	const fieldOf = node => {
		const input = node.state && node.state.i;
		if (!input || !(input[0] & rv.INPUT_HAS_VALUE)) return null;
		return input[0] & rv.INPUT_MASKED ? '\u2022'.repeat(Math.min(input[1], BULLETS_MAX)) : input[2] ?? '';
	};

	/** What an element that stands for something else shows. @param {Node} node @returns {string} '' nothing */
	const standIn = node => {
		const bitmap = looks.bitmaps.get(node.id);
		if (bitmap) return bitmap;
		if (node.frame) return frame(node.frame);
		if (node.name === 'video' && node.attributes.get('poster')) return resources.get(resources.absolute(node.attributes.get('poster') ?? '', base));
		if (node.name === 'object' || node.name === 'embed') return resources.get(resources.absolute(node.attributes.get(node.name === 'object' ? 'data' : 'src') ?? '', base));
		if (node.state && node.state.c?.[2]) return node.state.c[2];
		return '';
	};

	/** @param {Node} node @param {string} extra */
	const styleOf = (node, extra) => {
		const held = (node.state && node.state.h) || '';
		const text = `${inlineText(node.attributes.get('style') ?? '', base, env)};${held};${extra}${looks.style.get(node.id) ?? ''}`.replace(/^;+|;+(?=;)/g, '');
		return text && text !== ';' ? ` style="${escapeAttribute(text)}"` : '';
	};

	/** @param {Node} node @param {string} ns  the parent's @param {number} depth */
	const open = (node, ns, depth) => {
		const space = NAMESPACES[node.flags & rv.EL_NS_MASK];
		const isHtml = space === NAMESPACES[0];
		let {name} = node;
		if (isHtml && GONE.has(name)) return;
		if (!XML_NAME.test(name)) name = 'span';
		const isBlocked = !!(node.flags & rv.EL_BLOCK);
		const stands = isHtml && STAND_INS.has(name) && (!isBlocked || name !== 'object');
		const cull = looks.cull.get(node.id);
		let extra = '';
		let content = null;
		let attributes = '';
		const put = (/** @type {string} */ key, /** @type {string} */ value) => {
			attributes += ` ${key}="${escapeAttribute(value)}"`;
		};
		if (!isHtml && name === 'script') return;
		const field = fieldOf(node);
		const input = node.state && node.state.i;
		for (const [key, value] of node.attributes) {
			if (SKIPPED.has(key) || /^(?:on|rv-)/i.test(key) || /^\s*javascript:/i.test(value)) continue;
			if (input && (key === 'checked' || key === 'selected' || (key === 'value' && name === 'input' && field !== null))) continue;
			if (node.state && node.state.d !== undefined && key === 'open') continue;
			if (stands && (key === 'width' || key === 'height' || key === 'alt')) continue;
			if (!isHtml && (key === 'href' || key === 'xlink:href')) {
				if (value.startsWith('#') || name === 'a') put(key, value);
				else if (name === 'image' || name === 'feImage') put('href', resources.get(resources.absolute(value, base)) || TRANSPARENT);
				else if (name === 'use') {
					const [file, fragment] = resources.absolute(value, base).split('#');
					if (sprites.has(file)) put('href', `#${[...sprites.keys()].indexOf(file)}-rv-${fragment}`);
				}
				continue;
			}
			if (!XML_NAME.test(key) && key !== 'xml:lang' && key !== 'xml:space') continue;
			put(key, isHtml || !/url\(/.test(value) ? value : valueText(value, base, env));
		}
		if (input) {
			if (input[0] & rv.INPUT_CHECKED) put('checked', '');
			if (input[0] & rv.INPUT_SELECTED) put('selected', '');
			if (field !== null && name === 'input') put('value', field);
		}
		if (node.state && node.state.d && node.state.d & rv.DIALOG_OPEN && !(node.state.d & rv.DIALOG_POPOVER)) put('open', '');
		if (node.tree.kind === 11) put('rv-t', node.tree.scope?.key ?? '');
		if (node.shadow) put('rv-h', node.shadow.scope?.key ?? '');
		if (node.flags & rv.EL_CUSTOM) put('rv-d', '');
		if (node === root) put('rv-root', '');
		const states = looks.states.get(node.id);
		if (states) put('rv-s', states.join(' '));
		if (looks.marked.has(node.id)) put('rv-n', `${node.id}`);
		for (const [at, names] of looks.parts.get(node) ?? []) put(`rv-p${at}`, names);

		const before = looks.before.get(node.id);
		if (before) out.push(`<rv-b xmlns="${NAMESPACES[0]}" style="${escapeAttribute(before)}"/>`);
		if (stands) {
			put('rv-w', name);
			const source = isBlocked || cull ? '' : standIn(node);
			put('src', source || TRANSPARENT);
			if (!source && !isBlocked && !cull) {
				if (name !== 'canvas' || looks.tainted.has(node.id)) extra += `background:${MISSING}!important;`;
				if (looks.style.has(node.id)) notes.add(`${name}: its content cannot be read`);
			}
			name = 'img';
		} else if (isHtml && (name === 'img' || (name === 'input' && /^image$/i.test(node.attributes.get('type') ?? '')))) {
			const image = looks.images.get(node.id);
			const address = image?.[0] || resources.absolute(node.attributes.get('src') || firstOf(node.attributes.get('srcset') ?? ''), base);
			const source = isBlocked || cull ? '' : resources.get(address) || looks.bitmaps.get(node.id);
			if (image?.[1]) put('src', BROKEN);
			else if (address || source) {
				put('src', source || TRANSPARENT);
				if (!source && image && !isBlocked) {
					extra += `background:${MISSING}!important;`;
					resources.miss(address);
				}
			}
		}
		if (isBlocked) {
			const box = node.state && node.state.z;
			extra += `background:${BLOCKED}!important;border-color:transparent!important;color:transparent!important;${box ? `width:${box[0]}px!important;height:${box[1]}px!important;box-sizing:border-box!important;` : ''}`;
		}
		if (cull) extra += `width:${cull[0]}px!important;height:${cull[1]}px!important;margin-top:${cull[2]}px!important;margin-bottom:${cull[3]}px!important;min-width:0!important;min-height:0!important;max-width:none!important;max-height:none!important;box-sizing:border-box!important;overflow:hidden!important;contain:strict!important;`;
		if (node === root) extra += `${doc.rootStyle}background:none!important;`;
		else if (node.parent === root && name === 'body' && doc.fromBody) extra += 'background:none!important;';
		const tag = `<${name}${space === ns ? '' : ` xmlns="${space}"`}${attributes}${styleOf(node, extra)}`;
		if (name === 'textarea') content = field;
		const isEmpty = isBlocked || cull || stands || depth > DEPTH_MAX || (isHtml && (VOID.has(name) || HOLLOW.has(name)));
		if (isEmpty) out.push(`${tag}/>`);
		else if (content !== null) out.push(`${tag}>${/^\n/.test(content) ? '\n' : ''}${escapeText(content)}</${name}>`);
		else {
			out.push(`${tag}>`);
			stack.push({list: shown(node), at: 0, ns: space, end: `</${name}>`});
		}
	};

	/** @type {{list: Node[], at: number, ns: string, end: string}[]} */
	const stack = [{list: root ? [root] : [], at: 0, ns: '', end: ''}];
	while (stack.length) {
		const frame = stack[stack.length - 1];
		if (frame.at >= frame.list.length) {
			out.push(frame.end);
			stack.pop();
			continue;
		}
		const node = frame.list[frame.at++];
		if (node.kind === 3) out.push(escapeText(node.text));
		else if (node.kind === 1) open(node, frame.ns, stack.length);
	}

	const html = NAMESPACES[0];
	const box = (/** @type {string} */ css) => `style="all:initial!important;display:block!important;${escapeAttribute(css)}"`;
	const held = [...sprites.values()];
	return `<svg xmlns="${NAMESPACES[1]}" xmlns:xlink="http://www.w3.org/1999/xlink" width="${size.width}" height="${size.height}" style="all:initial!important;font:${escapeAttribute(doc.font)}!important;width:${size.width}px!important;height:${size.height}px!important;color-scheme:${doc.scheme}!important">`
		+ `<foreignObject width="${size.width}" height="${size.height}" style="all:initial!important;x:0!important;y:0!important;width:${size.width}px!important;height:${size.height}px!important;color-scheme:${doc.scheme}!important">`
		+ `<style xmlns="${html}">${escapeText(style)}</style>${held.length ? `<rv-u xmlns="${html}" style="display:none">${held.join('')}</rv-u>` : ''}`
		+ `<rv-w xmlns="${html}" ${box(`position:relative!important;overflow:hidden!important;width:${size.width}px!important;height:${size.height}px!important;isolation:isolate!important;background:${doc.base}!important;color-scheme:${doc.scheme}!important;`)}>`
		+ `<rv-k ${box(`position:absolute!important;z-index:-2147483648!important;${valueText(doc.canvas, base, env)}`)}/>`
		+ `<rv-f ${box(`position:absolute!important;top:0!important;left:0!important;width:${doc.contentWidth}px!important;height:${doc.contentHeight}px!important;transform:translate(0)!important;transform-style:flat!important;`)}>`
		+ `<rv-c ${box(`position:absolute!important;top:${-doc.y}px!important;left:${-doc.x}px!important;width:${doc.contentWidth}px!important;height:${doc.contentHeight}px!important;`)}>${out.join('')}</rv-c></rv-f></rv-w></foreignObject></svg>`;
}
