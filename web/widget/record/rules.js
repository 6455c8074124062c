/* Style sheets change by change: rules inserted and deleted are kept as they happen, with the text the page
 * gave, and written with the flush; so is what the page changes inside a rule it has got hold of, and what
 * a sheet is for. Comes with rearview.styles.js; until then changed sheets are read whole (sheets.js). */
import * as rv from 'rv:records';
import {CHANGES_MAX, DEPTH_MAX, DOUBTED, HELD_MAX, RULES_MAX} from './limits.js';
import {keyOf, rulesOf} from './sheets.js';

/** @typedef {ReturnType<typeof createRules>} Rules */

/** @param {string} text @param {string | null} base */
const absolute = (text, base) => base ? text.replace(/url\("([^"]*)"\)/g, (whole, address) => {
	try {
		return `url("${new URL(address, base).href}")`;
	} catch {
		return whole;
	}
}) : text;

/** Whether it can be told only together with what is inside. @param {any} rule */
const isUnit = rule => 'selectorText' in rule || 'appendRule' in rule || 'start' in rule;

/**
 * @param {import('../host/hub.js').Hub} hub
 * @param {import('./encoder.js').Encoder} enc
 * @param {import('./ids.js').Ids} ids
 * @param {() => void} schedule
 * @param {import('./sheets.js').Sheets} sheets
 */
export function createRules({native}, enc, ids, schedule, sheets) {
	const {entry: known, queue, free, lists, keys: held, register, introduce, note, flagsOf, isAlive, reread, whole, textOf} = sheets;
	/** Rules to write anew. @type {Set<CSSRule>} */
	const inside = new Set();
	/** Rules the page has got hold of that may be others now. @type {Set<CSSRule>} */
	const doubtful = new Set(held.keys());
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
	/** What rules that browsers do not give back whole were in full, by what is given back. @type {WeakMap<CSSStyleSheet, Map<string, string>>} */
	const sources = new WeakMap();
	let worth = 64;

	/** An imported sheet travels with its importer: the viewer may not be able to fetch it. @param {any} rule @param {number} [depth] @returns {string} */
	const imported = (rule, depth = 0) => {
		const {layerName, supportsText, media, styleSheet} = rule;
		const inner = depth < 4 && rulesOf(styleSheet);
		if (!inner) return rule.cssText;
		let body = '';
		for (const one of inner) body += `${absolute(one.type === 3 ? imported(one, depth + 1) : textOf(one), styleSheet.href)}\n`;
		body = `@media ${media.mediaText || 'all'} {${body}}`;
		if (supportsText) body = `@supports (${supportsText}) {${body}}`;
		return layerName == null ? body : `@layer ${layerName} {${body}}`;
	};

	/** Whether it is disabled or for other media than was said, or than its element says. @param {any} sheet */
	const isOther = sheet => {
		const entry = known(sheet);
		const owner = sheet.ownerNode;
		const media = native.sheetMedia(sheet).mediaText;
		if (entry?.id) return media !== entry.media || flagsOf(sheet, owner) !== entry.flags;
		return owner ? sheet.disabled || media !== (native.attribute(owner, 'media') ?? '') : false;
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
	const anew = sheet => {
		begun.delete(sheet);
		if (sheet.ownerRule && !known(sheet)?.id) renew(sheet.ownerRule);
		else whole(sheet);
	};

	/** @param {number} type @param {number} id @param {string | null} text @param {number | number[]} path */
	const put = (type, id, text, path) => {
		enc.begin(type);
		enc.word(id);
		if (text !== null) enc.word(enc.text(text));
		if (typeof path === 'number') enc.word(path);
		else path.forEach(enc.word);
		enc.end();
	};

	/** The entry of a sheet whose rules can be told one by one now. @param {CSSStyleSheet} sheet @returns {import('./sheets.js').Entry | undefined} */
	const entryOf = sheet => {
		const entry = known(sheet);
		if (entry?.id) return !queue.has(sheet) && isAlive(sheet, entry) ? entry : undefined;
		anew(sheet);
	};

	/** Writes insertions and deletions, in the order in which they happened. @param {() => boolean} isOver @returns {boolean} */
	const write = isOver => {
		/** @type {CSSStyleSheet | undefined} */
		let last;
		/** @type {import('./sheets.js').Entry | undefined} */
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
					entry = known(sheet) ?? (id && owner.sheet === sheet ? register(sheet, owner, id) : undefined);
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
		isOther, sources,
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
			if (changes.length >= CHANGES_MAX * 3) return anew(sheet);
			if (sheet !== latest) {
				latest = sheet;
				if (text !== null && !known(sheet) && rulesOf(sheet)?.length === 1 && !(sheet.ownerNode && native.textContent(sheet.ownerNode).trim())) begun.add(sheet);
			}
			/* The core counts what is inside such a rule as the browser writes it. */
			if (text?.includes('@')) {
				const made = /** @type {any} */ (rulesOf(list ?? sheet))?.[index];
				if (!made || made.type === 3) return anew(sheet);
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
		sheet: anew,
		/** It may be disabled or for other media now. @param {CSSStyleSheet} sheet */
		state(sheet) {
			looked.add(sheet);
			schedule();
		},
		/** Whether the stream should have as many rules of it as there are. @param {CSSStyleSheet} sheet */
		isSettled: sheet => !queue.has(sheet) && !changes.length,

		/* ---- for sheets.js ---- */
		begun, imported,
		/** A rule's text in full. @param {CSSStyleSheet} sheet @param {string} text */
		fullOf(sheet, text) {
			sources.get(sheet)?.forEach((source, given) => {
				text = text.replace(given, () => source);
			});
			return text;
		},
		isChanged: () => inside.size + doubtful.size + looked.size + changes.length > 0,
		/** Forgets constructed sheets that nothing adopts any more, and lists of roots that are gone. */
		sweep() {
			if (free.length + lists.size <= worth) return;
			const used = new Set();
			for (const [root, list] of lists) {
				if (ids.alive(root)) list.split(',').forEach(id => used.add(+id));
				else lists.delete(root);
			}
			for (const entry of free.splice(0)) {
				if (used.has(entry.id) || !enc.open(4)) free.push(entry);
				else {
					enc.put(rv.REC_SHEET_DROP, 1, entry.id);
					entry.id = 0;
				}
			}
			worth = (free.length + lists.size) * 2 + 64;
		},
		/** Writes what changed. @param {() => boolean} isOver @returns {boolean} false: time or room ran out */
		write(isOver) {
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
			return true;
		},
		forget() {
			for (const all of [inside, doubtful, looked, begun]) all.clear();
			changes = [];
			latest = null;
		},
	};
}
