// An oracle for batches: decodes them and folds the document records into a tree, refusing whatever the
// core would refuse. Small and slow on purpose; shares nothing with either side but the schema.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './harness.mjs';

/** @type {any} */
const rv = await import(pathToFileURL(join(root, 'build/web-types/records.js')).href);

/**
 * @typedef {{is: string, t: number, [field: string]: any}} Rec
 * @typedef {{seq: number, words: number[], strings: string[], interned: number}} Batch
 */

/** @param {Batch[]} batches @returns {Rec[]} */
export function decode(batches) {
	/** @type {Rec[]} */
	const records = [];
	/** @type {string[]} */
	let table = [''];
	let seq = 0;
	let t = 0;
	for (const batch of batches) {
		const w = Uint32Array.from(batch.words);
		if (w[0] !== rv.BATCH_MAGIC || w[1] !== rv.ABI_HASH) throw new Error('not a batch');
		if (w[2] === 1) {
			seq = 0;
			table = [''];
			t = 0;
		}
		if (w[2] !== ++seq || batch.seq !== seq) throw new Error(`batch ${w[2]} after ${seq - 1}`);
		if (w[3] & rv.BATCH_INTERN_CLEAR) table = [''];
		if (w[4] !== table.length) throw new Error(`intern position ${w[4]}, expected ${table.length}`);
		if (w[5] !== batch.interned || w[5] + w[6] !== batch.strings.length) throw new Error('string counts');
		if (w[7] !== w.length) throw new Error('word count');
		table.push(...batch.strings.slice(0, w[5]));
		if (table.length - 1 > rv.INTERN_MAX) throw new Error('too many interned strings');
		const inline = batch.strings.slice(w[5]);
		const text = (/** @type {number} */ ref) => {
			if (ref === 0) return null;
			const found = ref & rv.STRING_INLINE ? inline[(ref ^ rv.STRING_INLINE) >>> 0] : table[ref];
			if (typeof found !== 'string') throw new Error(`string ${ref}`);
			return found;
		};
		for (let at = rv.BATCH_HEADER_WORDS; at < w.length;) {
			const schema = rv.SCHEMA[w[at] & 255];
			const end = at + (w[at] >>> 8);
			if (!schema || end > w.length || end === at) throw new Error(`record ${w[at] & 255} of ${w[at] >>> 8} words at ${at}`);
			at++;
			const value = (/** @type {string} */ type) => {
				if (at >= end) throw new Error(`${schema.name} is short`);
				const word = w[at++];
				if (type === 'str') return text(word);
				if (type === 'i32') return word | 0;
				if (type === 'f64') return new Float64Array(new Uint32Array([word, w[at++]]).buffer)[0];
				return word;
			};
			/** @type {Rec} */
			const rec = { is: schema.name, t };
			for (const [name, type] of schema.fixed) rec[name] = value(type);
			if (schema.group.length) {
				rec.group = [];
				while (at < end) rec.group.push(schema.group.map((/** @type {[string, string]} */ [, type]) => value(type)));
			}
			if (at !== end) throw new Error(`${schema.name} has ${end - at} words too many`);
			if (schema.name === 'tick') {
				if (rec.t_ms < t) throw new Error(`time goes back from ${t} to ${rec.t_ms}`);
				t = rec.t_ms;
			} else records.push(rec);
		}
	}
	return records;
}

/** Changes one rule of a list; the text of those around it is taken apart at its braces. @param {string[]} rules @param {number[]} path @param {Rec} rec */
function edit(rules, [index, ...rest], rec) {
	if (index >= rules.length + (rest.length === 0 && rec.is === 'rule_insert' ? 1 : 0)) throw new Error('rule index');
	if (rest.length === 0) return void rules.splice(index, rec.is === 'rule_insert' ? 0 : 1, ...(rec.is === 'rule_delete' ? [] : [rec.text]));
	const text = rules[index];
	const from = text.indexOf('{') + 1;
	/** @type {string[]} */
	const inner = [];
	let depth = 0;
	let start = from;
	for (let i = from; i < text.length; i++) {
		if (text[i] === '{') depth++;
		else if (text[i] === '}' && --depth <= 0) {
			if (depth < 0) break;
			inner.push(text.slice(start, i + 1));
			start = i + 1;
		}
	}
	edit(inner, rest, rec);
	rules[index] = `${text.slice(0, from)}${inner.join('\n')}}`;
}

/** Folds records; throws where one names what the stream does not know. @param {Rec[]} records */
export function fold(records) {
	/** @type {Map<number, any>} */
	let nodes = new Map();
	/** @type {Map<number, {owner: number, rules: string[], flags: number}>} */
	let sheets = new Map();
	/** @type {any} */
	let top = null;
	const counts = /** @type {Record<string, number>} */ ({});

	const need = (/** @type {number} */ id, /** @type {Rec} */ rec) => nodes.get(id) ?? (() => { throw new Error(`${JSON.stringify(rec)} names unknown node ${id}`); })();
	const sheet = (/** @type {number} */ id) => sheets.get(id) ?? (() => { throw new Error(`unknown sheet ${id}`); })();
	const detach = (/** @type {any} */ node) => {
		const { parent } = node;
		if (parent) parent.children.splice(parent.children.indexOf(node), 1);
	};
	const attach = (/** @type {any} */ node, /** @type {Rec} */ rec) => {
		const parent = need(rec.parent, rec);
		const next = rec.next ? need(rec.next, rec) : null;
		if (next && next.parent !== parent) throw new Error(`${JSON.stringify(rec)}: next is elsewhere`);
		if (node.kind === 'element' && parent.kind === 'document' && parent.children.some((/** @type {any} */ c) => c.kind === 'element')) throw new Error('two root elements');
		if (parent.kind !== 'element' && parent.kind !== 'document' && parent.kind !== 'shadow') throw new Error('a child of a leaf');
		parent.children.splice(next ? parent.children.indexOf(next) : parent.children.length, 0, node);
		node.parent = parent;
	};
	const create = (/** @type {Rec} */ rec, /** @type {any} */ node) => {
		if (nodes.has(rec.id) || !rec.id) throw new Error(`id ${rec.id} is in use`);
		nodes.set(rec.id, Object.assign(node, { id: rec.id }));
		return node;
	};
	const free = (/** @type {any} */ node) => {
		nodes.delete(node.id);
		for (const [id, s] of sheets) if (s.owner === node.id) sheets.delete(id);
		for (const child of [...(node.children ?? []), node.shadow, node.frame]) if (child) free(child);
	};

	for (const rec of records) {
		counts[rec.is] = (counts[rec.is] ?? 0) + 1;
		switch (rec.is) {
			case 'epoch':
				nodes = new Map();
				sheets = new Map();
				top = null;
				break;
			case 'document': {
				const node = create(rec, { kind: 'document', children: [] });
				if (rec.parent) need(rec.parent, rec).frame = node;
				else top = node;
				break;
			}
			case 'doctype': attach(create(rec, { kind: 'doctype', name: rec.name }), rec); break;
			case 'element': attach(create(rec, { kind: 'element', tag: rec.tag, flags: rec.flags, attributes: new Map(rec.group), children: [] }), rec); break;
			case 'text': attach(create(rec, { kind: 'text', type: rec.kind, text: rec.text }), rec); break;
			case 'shadow_root': {
				const host = need(rec.parent, rec);
				if (host.shadow) throw new Error('a second shadow root');
				host.shadow = create(rec, { kind: 'shadow', children: [], parent: null });
				break;
			}
			case 'remove': {
				const node = need(rec.node, rec);
				if (node.kind === 'document') for (const other of nodes.values()) { if (other.frame === node) other.frame = null; }
				detach(node);
				free(node);
				break;
			}
			case 'move': {
				const node = need(rec.node, rec);
				for (let up = need(rec.parent, rec); up; up = up.parent) if (up === node) throw new Error('a cycle');
				detach(node);
				attach(node, rec);
				break;
			}
			case 'attributes': {
				const node = need(rec.node, rec);
				for (const [name, value] of rec.group) if (value === null) node.attributes.delete(name); else node.attributes.set(name, value);
				break;
			}
			case 'text_set': need(rec.node, rec).text = rec.text; break;
			case 'input': need(rec.node, rec).input = rec; break;
			case 'scroll': case 'media': case 'dialog': case 'size': case 'privacy': need(rec.node, rec)[rec.is] = rec; break;
			case 'pointer': case 'pointer_move': need(rec.node, rec); break;
			case 'sheet':
				if (rec.owner) need(rec.owner, rec);
				sheets.set(rec.sheet, { owner: rec.owner, rules: [], flags: rec.flags });
				break;
			case 'rule_insert': case 'rule_delete': case 'rule_replace': {
				const { rules } = sheet(rec.sheet);
				edit(rules, rec.group.flat(), rec);
				break;
			}
			case 'sheet_state': sheet(rec.sheet).flags = rec.flags; break;
			case 'sheet_drop': sheet(rec.sheet); sheets.delete(rec.sheet); break;
			case 'adopted':
				need(rec.root, rec).adopted = rec.group.map((/** @type {[number]} */ [id]) => (sheet(id), id));
				break;
		}
	}
	return { top, nodes, sheets, counts };
}

/** The tree as plain text lines, for comparison with what `dumpPage` makes of the live page. @param {any} node @returns {string} */
export function dumpModel(node, depth = 0) {
	const pad = ' '.repeat(depth);
	const children = (/** @type {any} */ n) => n.children.map((/** @type {any} */ c) => dumpModel(c, depth + 1)).join('');
	if (node.kind === 'text') return `${pad}${node.type} ${JSON.stringify(node.text)}\n`;
	if (node.kind === 'doctype') return `${pad}doctype\n`;
	if (node.kind === 'document') return `${pad}document\n${children(node)}`;
	if (node.kind === 'shadow') return `${pad}shadow\n${children(node)}`;
	const attributes = [...node.attributes].map(([name, value]) => `${name}=${JSON.stringify(value)}`).sort().join(' ');
	return `${pad}<${node.tag} ${attributes}>\n${node.shadow ? dumpModel(node.shadow, depth + 1) : ''}${node.frame ? dumpModel(node.frame, depth + 1) : ''}${children(node)}`;
}

/** Runs in the page: the live document in the same form. */
export function dumpPage() {
	const leaves = ['script', 'noscript', 'textarea', 'iframe', 'template'];
	/** @returns {string} */
	const dump = (/** @type {any} */ node, depth = 0) => {
		const pad = ' '.repeat(depth);
		const children = (/** @type {any} */ n) => [...n.childNodes].map((c) => dump(c, depth + 1)).join('');
		switch (node.nodeType) {
			case 1: {
				const isField = (node.localName === 'input' && !['button', 'submit', 'reset', 'image'].includes(node.type)) || node.localName === 'option';
				const blocked = node.hasAttribute('data-rv-block');
				const attributes = node.getAttributeNames().filter((/** @type {string} */ n) => !/^on|^nonce$|^srcdoc$|^integrity$/.test(n) && !(n === 'value' && isField) && (!blocked || n === 'id' || n === 'class'))
					.map((/** @type {string} */ n) => `${n}=${JSON.stringify(node.getAttribute(n))}`).sort().join(' ');
				let inside = '';
				if (!blocked) {
					if (node.shadowRoot) inside += `${pad} shadow\n${[...node.shadowRoot.childNodes].map((c) => dump(c, depth + 2)).join('')}`;
					if (node.localName === 'iframe' && node.contentDocument?.documentElement) inside += dump(node.contentDocument, depth + 1);
					if (!leaves.includes(node.localName)) inside += children(node);
				}
				return `${pad}<${node.localName} ${attributes}>\n${inside}`;
			}
			case 3: case 4: case 7: case 8: return `${pad}${node.nodeType} ${JSON.stringify(node.data)}\n`;
			case 9: return `${pad}document\n${children(node)}`;
			default: return `${pad}doctype\n`;
		}
	};
	return dump(document);
}

/** A worker that only keeps batches: answers `export` with all of them. */
export const STUB_WORKER = `
const all = [];
let slow = 0, reject = 0, mute = false;
onmessage = ({data}) => {
	if (data.t === 'init') {
		slow = data.options.config?.stub?.slow ?? 0;
		postMessage({t: 'ready', config: data.options.config ?? {}, session: 'session-1', visitor: 'visitor-1', abi: data.options.abi});
	} else if (data.t === 'batch') {
		if (mute) return;
		if (reject) {
			reject = data.seq === 1 ? 0 : reject;
			if (reject) return postMessage(reject++ === 1 ? {t: 'reject', seq: data.seq, status: 1, buf: data.buf} : {t: 'ack', seq: data.seq, buf: data.buf}, [data.buf]);
		}
		all.push({seq: data.seq, words: Array.from(new Uint32Array(data.buf, 0, data.n)), strings: data.strings, interned: data.interned});
		const ack = () => postMessage({t: 'ack', seq: data.seq, buf: data.buf}, [data.buf]);
		slow ? setTimeout(ack, slow) : ack();
	} else if (data.t === 'export') postMessage({t: 'reply', id: data.id, ok: true, value: [JSON.stringify(all)]});
	else if (data.t === 'user' && data.user?.id === 'please-reject') reject = 1;
	else if (data.t === 'user' && data.user?.id === 'please-mute') mute = true;
	else if (data.t === 'picture') postMessage({t: 'reply', id: data.id, ok: true, value: {plan: 1, media: [], states: []}});
	else if (data.t === 'markup') postMessage({t: 'reply', id: data.id, ok: true, value: {url: 'data:image/svg+xml;charset=utf-8,<svg xmlns="http://www.w3.org/2000/svg" width="' + data.facts.docs[0].width + '" height="' + data.facts.docs[0].height + '"><rect width="100%25" height="100%25" fill="red"/></svg>', notes: []}});
	else if (data.t === 'png') postMessage({t: 'reply', id: data.id, ok: true, value: data.pixels}, [data.pixels]);
	else if (data.t === 'report') postMessage({t: 'reply', id: data.id, ok: true, value: {id: 'r1', number: 1, session_info_url: 'http://x/', got: data.report}});
};`;

/** The page's recording so far, from the stub worker. @param {import('puppeteer-core').Page} page */
export async function recorded(page) {
	const [batches, live] = await page.evaluate(async (dump) => {
		const all = await /** @type {any} */ (window).Rearview.exportReplay();
		return [all, new Function(`return (${dump})()`)()];
	}, dumpPage.toString());
	const records = decode(batches);
	const model = fold(records);
	return { records, live, ...model, shown: model.top ? dumpModel(model.top) : '' };
}
