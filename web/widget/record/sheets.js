/* Style sheets whose rules the document's text does not tell: link sheets, sheets changed by scripts,
 * constructed ones. Whole sheets are read rule by rule within the flush's budget; single insertions
 * and deletions are kept as they happen, with the text the page gave, and written with the flush. */
import * as rv from 'rv:records';
import {ADOPTED_MAX, CHANGES_MAX, DEPTH_MAX, DOUBTED, HELD_MAX, RULES_MAX, RULE_TEXT_MAX} from './limits.js';

/** @typedef {ReturnType<typeof createSheets>} Sheets */
/**
 * id: 0 once it is dropped · count: rules the stream has · imports: some rule's sheet may still come
 * @typedef {{id: number, owner: any, ownerId: number, flags: number, media: string, count: number, imports: boolean}} Entry
 */

/** A longhand whose value comes from a variable in a shorthand: browsers write nothing for it. */
const HOLLOW = /(?:^|[\s;{])(?!--)[\w-]+: *(?:!important)?;/;

/** @param {any} holder a sheet or a rule @returns {CSSRuleList | null} null: another origin's, or not there */
const rulesOf = holder => {
	try {
		return holder.cssRules;
	} catch {
		return null;
	}
};

/** @param {string} text @param {string | null} base */
const absolute = (text, base) => base ? text.replace(/url\("([^"]*)"\)/g, (whole, address) => {
	try {
		return `url("${new URL(address, base).href}")`;
	} catch {
		return whole;
	}
}) : text;

/** What of a rule that is held may change. @param {any} rule @returns {string} */
const keyOf = rule => rule.conditionText ?? rule.cssText;

/** Whether it can be told only together with what is inside. @param {any} rule */
const isUnit = rule => 'selectorText' in rule || 'appendRule' in rule || 'start' in rule;

/**
 * @param {import('../host/hub.js').Hub} hub
 * @param {import('./encoder.js').Encoder} enc
 * @param {import('./ids.js').Ids} ids
 * @param {() => void} schedule
 */
export function createSheets({native, touched}, enc, ids, schedule) {
	/** @type {WeakMap<CSSStyleSheet, Entry>} */
	let known = new WeakMap();
	/** @type {WeakMap<Element, Entry>} */
	let owned = new WeakMap();
	/** Constructed sheets. @type {Entry[]} */
	let free = [];
	/** Sheets to read, with the next rule. @type {Map<CSSStyleSheet, number>} */
	const queue = new Map();
	/** The adopted lists as the stream has them, by the root's id. @type {Map<number, string>} */
	const lists = new Map();
	/** Rules to write anew. @type {Set<CSSRule>} */
	const inside = new Set();
	/** Rules the page has got hold of, with their text. @type {Map<CSSRule, string>} */
	const held = new Map();
	/** Those of them that may be others now. @type {Set<CSSRule>} */
	const doubtful = new Set();
	/** Three a change: sheet, index or path, text or null. @type {any[]} */
	let changes = [];
	/** Sheets of which `changes` has every rule, from the first. @type {Set<CSSStyleSheet>} */
	const begun = new Set();
	/** Sheets that may be disabled or for other media now. @type {Set<CSSStyleSheet>} */
	const looked = new Set();
	/** @type {CSSStyleSheet | null} */
	let latest = null;
	/** Where a rule stood among its siblings. @type {WeakMap<CSSRule, number>} */
	const places = new WeakMap();
	/** Sheets with rules of which browsers do not give back everything. @type {Set<CSSStyleSheet>} */
	const hollow = new Set();
	/** What such rules were in full, by what is given back. @type {WeakMap<CSSStyleSheet, Map<string, string>>} */
	const sources = new WeakMap();
	/** Sheets that a root has beside the ones it adopted. @type {WeakMap<Node, CSSStyleSheet>} */
	const extra = new WeakMap();
	/** Links whose alternate sheet a script has switched. @type {WeakSet<Element>} */
	const switched = new WeakSet();
	let last = 0;
	let worth = 64;

	/** An imported sheet travels with its importer: the viewer may not be able to fetch it. @param {any} rule @param {number} depth @returns {string} */
	const textOf = (rule, depth = 0) => {
		const inner = rule.type === 3 && depth < 4 && rulesOf(rule.styleSheet);
		if (!inner) {
			let text = rule.cssText;
			if (text.length < RULE_TEXT_MAX && HOLLOW.test(text)) {
				const sheet = rule.parentStyleSheet;
				sources.get(sheet)?.forEach((source, given) => {
					text = text.replace(given, () => source);
				});
				if (hollow.size < HELD_MAX && HOLLOW.test(text)) hollow.add(sheet);
			}
			return text;
		}
		const {layerName, supportsText, media, styleSheet: {href}} = rule;
		let body = '';
		for (let i = 0; i < inner.length; i++) body += `${absolute(textOf(inner[i], depth + 1), href)}\n`;
		body = `@media ${media.mediaText || 'all'} {${body}}`;
		if (supportsText) body = `@supports (${supportsText}) {${body}}`;
		return layerName == null ? body : `@layer ${layerName} {${body}}`;
	};

	/** @param {CSSStyleSheet} sheet @param {Entry} entry */
	const isAlive = (sheet, entry) => !entry.owner || (ids.alive(entry.ownerId) && entry.owner.sheet === sheet);

	/** @param {CSSStyleSheet} sheet @param {any} owner @param {number} ownerId */
	const register = (sheet, owner, ownerId) => {
		const entry = {id: ++last, owner, ownerId, flags: 0, media: '', count: 0, imports: false};
		known.set(sheet, entry);
		if (owner) owned.set(owner, entry);
		else free.push(entry);
		return entry;
	};

	/** Chromium does not say of an alternate sheet that it is not in use. @param {any} sheet @param {any} owner */
	const flagsOf = (sheet, owner) => sheet.disabled || (/\balternate\b/i.test(owner?.rel) && !switched.has(owner)) ? rv.SHEET_DISABLED : 0;

	/** Whether it is disabled or for other media than was said, or than its element says. @param {any} sheet */
	const isOther = sheet => {
		const entry = known.get(sheet);
		const owner = sheet.ownerNode;
		const media = native.sheetMedia(sheet).mediaText;
		if (entry?.id) return media !== entry.media || flagsOf(sheet, owner) !== entry.flags;
		return owner ? sheet.disabled || media !== (native.attribute(owner, 'media') ?? '') : false;
	};

	/** Notes its state. @param {any} sheet @param {Entry} entry @returns {number} its media, as a record has them */
	const note = (sheet, entry) => {
		entry.flags = flagsOf(sheet, entry.owner);
		entry.media = native.sheetMedia(sheet).mediaText;
		return enc.name(entry.media || null);
	};

	/** @param {CSSStyleSheet} sheet @param {Entry} entry */
	const introduce = (sheet, entry) => {
		const media = note(sheet, entry);
		enc.put(rv.REC_SHEET, 5, entry.id, entry.ownerId, entry.flags, media, enc.name(sheet.href));
	};

	/** @param {CSSStyleSheet} sheet */
	const reread = sheet => {
		queue.set(sheet, -1);
		schedule();
	};

	/** @param {any} element @param {number} id */
	const check = (element, id) => {
		const {sheet} = element;
		const rules = sheet && rulesOf(sheet);
		if (!rules) return;
		const entry = known.get(sheet);
		if (entry?.ownerId === id) {
			if (entry.imports) reread(sheet);
			return;
		}
		if (native.localName(element) !== 'link' && !sheet.disabled && !touched.has(sheet)) {
			const text = rules.length && native.textContent(element);
			if (!text || (text.trim() && !text.includes('@import'))) return;
		}
		register(sheet, element, id);
		if (!begun.has(sheet)) reread(sheet);
	};

	/** Forgets constructed sheets that nothing adopts any more, and lists of roots that are gone. */
	const sweep = () => {
		const used = new Set();
		for (const [root, list] of lists) {
			if (ids.alive(root)) list.split(',').forEach(id => used.add(+id));
			else lists.delete(root);
		}
		free = free.filter(entry => {
			if (used.has(entry.id) || !enc.open(4)) return true;
			enc.put(rv.REC_SHEET_DROP, 1, entry.id);
			entry.id = 0;
			return false;
		});
		worth = (free.length + lists.size) * 2 + 64;
	};

	/** @param {Document | ShadowRoot} root @param {number} id @returns {boolean} false: no room */
	const adopted = (root, id) => {
		const sheets = Array.prototype.slice.call(native.adoptedIn(root) ?? [], 0, ADOPTED_MAX);
		const more = extra.get(root);
		if (more) sheets.push(more);
		const before = lists.get(id) ?? '';
		if (!sheets.length && !before) return true;
		/** @type {number[]} */
		const list = [];
		for (const sheet of sheets) {
			let entry = known.get(sheet);
			if (!entry?.id) {
				if (!enc.open(16)) return false;
				entry = register(sheet, null, 0);
				introduce(sheet, entry);
				if (!begun.has(sheet)) queue.set(sheet, 0);
			}
			list.push(entry.id);
		}
		const key = `${list}`;
		if (before === key) return true;
		if (!enc.open(list.length + 8)) return false;
		lists.set(id, key);
		enc.begin(rv.REC_ADOPTED);
		enc.word(id);
		list.forEach(enc.word);
		enc.end();
		if (free.length + lists.size > worth) sweep();
		return true;
	};

	/** Where the rule, or the innermost one round it that can be told alone, stands. @param {any} unit @returns {{unit: CSSRule, sheet: CSSStyleSheet, path: number[]} | null} null: nowhere */
	const locate = unit => {
		/** @type {number[]} */
		let path = [];
		for (let at = unit;;) {
			const sheet = at.parentStyleSheet;
			const up = at.parentRule;
			const list = /** @type {any} */ (rulesOf(up ?? sheet));
			if (!sheet || !list) return null;
			let i = places.get(at) ?? 0;
			if (list[i] !== at) i = Array.prototype.indexOf.call(list, at);
			if (i < 0) return null;
			places.set(at, i);
			path.unshift(i);
			if (!up && !sheet.ownerRule) return {unit, sheet, path};
			at = up ?? sheet.ownerRule;
			if (!up || isUnit(at) || path.length > DEPTH_MAX) {
				unit = at;
				path = [];
			}
		}
	};

	/** Something of the rule is another. @param {CSSRule} rule */
	const renew = rule => {
		if (inside.size < CHANGES_MAX) inside.add(rule);
		schedule();
	};

	/** The sheet is another altogether, or was told by its element's text so far. @param {any} sheet */
	const whole = sheet => {
		begun.delete(sheet);
		if (known.get(sheet)?.id) return reread(sheet);
		if (sheet.ownerRule) return renew(sheet.ownerRule);
		if (!touched.has(sheet)) touched.set(sheet, '');
		const id = sheet.ownerNode ? ids.live(sheet.ownerNode) : 0;
		if (id) check(sheet.ownerNode, id);
	};

	/** @param {number} type @param {number} id @param {string | null} text @param {number | number[]} path */
	const put = (type, id, text, path) => {
		if (typeof path === 'number') {
			if (text === null) enc.put(type, 2, id, path);
			else enc.put(type, 3, id, enc.text(text), path);
			return;
		}
		enc.begin(type);
		enc.word(id);
		if (text !== null) enc.word(enc.text(text));
		path.forEach(enc.word);
		enc.end();
	};

	/** The entry of a sheet whose rules can be told one by one now. @param {CSSStyleSheet} sheet @returns {Entry | undefined} */
	const entryOf = sheet => {
		const entry = known.get(sheet);
		if (entry?.id) return !queue.has(sheet) && isAlive(sheet, entry) ? entry : undefined;
		whole(sheet);
	};

	/** Writes insertions and deletions, in the order in which they happened. @param {() => boolean} isOver @returns {boolean} */
	const write = isOver => {
		/** @type {CSSStyleSheet | undefined} */
		let last;
		/** @type {Entry | undefined} */
		let entry;
		let at = 0;
		for (; at < changes.length; at += 3) {
			if (!enc.open(DEPTH_MAX + 16) || ((at & 63) === 63 && isOver())) break;
			const sheet = changes[at];
			const path = changes[at + 1];
			const text = changes[at + 2];
			if (sheet !== last) {
				last = sheet;
				if (begun.delete(sheet)) {
					const owner = sheet.ownerNode;
					const id = owner && ids.live(owner);
					entry = known.get(sheet) ?? (id && owner.sheet === sheet ? register(sheet, owner, id) : undefined);
					if (entry) introduce(sheet, entry);
				}
				entry = entryOf(sheet);
			}
			const from = queue.get(sheet);
			if (from !== undefined && !(path >= from)) reread(sheet); /* what is read already is another; the rest is yet to be read */
			if (!entry || entry.count >= RULES_MAX) continue;
			put(text === null ? rv.REC_RULE_DELETE : rv.REC_RULE_INSERT, entry.id, text, path);
			if (typeof path === 'number') entry.count += text === null ? -1 : 1;
		}
		if (at < changes.length) {
			changes.splice(0, at);
			return false;
		}
		changes = [];
		latest = null;
		return true;
	};

	return {
		check, adopted, isOther, hollow, sources, extra,
		/** @param {CSSStyleSheet} sheet */
		entry: sheet => known.get(sheet),
		isBusy: () => queue.size + inside.size + doubtful.size + looked.size + changes.length > 0,
		/** The element's text or an attribute became another. @param {any} element @param {number} id @returns {boolean} false: no room */
		changed(element, id) {
			const before = owned.get(element);
			const {sheet} = element;
			if (before && ids.alive(before.ownerId) && known.get(sheet) !== before) {
				if (!enc.open(8)) return false;
				enc.put(rv.REC_SHEET_DROP, 1, before.id);
				owned.delete(element);
				if (!sheet) switched.add(element);
			} else if (before && sheet) looked.add(sheet);
			if (id) check(element, id);
			return true;
		},
		/** A rule went in or out. @param {CSSStyleSheet} sheet @param {number} index @param {string | null} text null: deleted @param {any} [parent] the rule that holds it */
		rule(sheet, index, text, parent) {
			/** @type {number | number[]} */
			let path = index;
			/** @type {any} */
			let list = null;
			if (parent) {
				const at = locate(parent);
				if (!at || at.unit !== parent || isUnit(parent)) return at ? renew(at.unit) : undefined;
				path = [...at.path, index];
				list = parent;
				sheet = at.sheet;
			}
			if (changes.length >= CHANGES_MAX * 3) return whole(sheet);
			if (sheet !== latest) {
				latest = sheet;
				if (text !== null && !known.has(sheet) && rulesOf(sheet)?.length === 1 && !(sheet.ownerNode && native.textContent(sheet.ownerNode).trim())) begun.add(sheet);
			}
			/* The core counts what is inside such a rule as the browser writes it. */
			if (text?.includes('@')) {
				const made = /** @type {any} */ (rulesOf(list ?? sheet))?.[index];
				if (!made || made.type === 3) return whole(sheet);
				text = textOf(made);
			}
			changes.push(sheet, path, text);
			schedule();
		},
		/** Something inside the rule changed. */
		inside: renew,
		/** The page has got hold of what is inside the rule. @param {CSSRule} rule */
		held(rule) {
			if (!held.has(rule)) {
				if (held.size >= HELD_MAX) held.delete(/** @type {CSSRule} */ (held.keys().next().value));
				held.set(rule, keyOf(rule));
			}
			doubtful.add(rule);
			schedule();
		},
		/** Looks once more at some of the rules that were held at some time. */
		doubt() {
			let n = 0;
			for (const [rule, key] of held) {
				if (++n > DOUBTED) break;
				held.delete(rule);
				if (!rule.parentStyleSheet) continue;
				held.set(rule, key);
				doubtful.add(rule);
			}
		},
		/** The whole of it is another. */
		sheet: whole,
		/** It may be disabled or for other media now. @param {CSSStyleSheet} sheet */
		state(sheet) {
			looked.add(sheet);
			schedule();
		},
		/** Writes what changed. @param {() => boolean} isOver @returns {boolean} false: time or room ran out */
		work(isOver) {
			if (!write(isOver)) return false;
			for (const rule of doubtful) {
				if (isOver()) return false;
				doubtful.delete(rule);
				const key = keyOf(rule);
				if (key === held.get(rule)) continue;
				held.set(rule, key);
				inside.add(rule);
			}
			for (const rule of inside) {
				if (isOver() || !enc.open(DEPTH_MAX + 8)) return false;
				inside.delete(rule);
				const at = locate(rule);
				const entry = at && entryOf(at.sheet);
				if (entry) put(rv.REC_RULE_REPLACE, entry.id, textOf(at.unit), at.path);
			}
			for (const sheet of looked) {
				if (!enc.open(8)) return false;
				looked.delete(sheet);
				const entry = isOther(sheet) && entryOf(sheet);
				if (entry) {
					const media = note(sheet, entry);
					enc.put(rv.REC_SHEET_STATE, 3, entry.id, entry.flags, media);
				}
			}
			for (const [sheet, from] of queue) {
				const entry = known.get(sheet);
				const rules = rulesOf(sheet);
				if (!entry?.id || !rules || !isAlive(sheet, entry)) {
					queue.delete(sheet);
					continue;
				}
				if (!enc.open(24)) return false;
				let at = from;
				if (at < 0) {
					introduce(sheet, entry);
					entry.imports = false;
					at = 0;
				}
				const count = Math.min(rules.length, RULES_MAX);
				for (; at < count; at++) {
					if ((at & 7) === 7 && isOver() || !enc.open(8)) {
						queue.set(sheet, at);
						return false;
					}
					const rule = rules[at];
					if (rule.type === 3) entry.imports = true;
					put(rv.REC_RULE_INSERT, entry.id, textOf(rule), at);
				}
				entry.count = count;
				queue.delete(sheet);
			}
			return true;
		},
		/** Whether the stream should have as many rules of it as there are. @param {CSSStyleSheet} sheet */
		isSettled: sheet => !queue.has(sheet) && !changes.length,
		reset() {
			known = new WeakMap();
			owned = new WeakMap();
			free = [];
			for (const all of [queue, lists, inside, doubtful, looked, begun, hollow]) all.clear();
			changes = [];
			latest = null;
			last = 0;
		},
	};
}
