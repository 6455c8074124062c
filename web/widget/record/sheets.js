/* Style sheets whose rules the document's text does not tell: link sheets, sheets changed by scripts,
 * constructed ones. Whole sheets are read rule by rule within the flush's budget. Single changes are
 * rules.js's, which comes later: until then a sheet that changed is read anew with the next look. */
import * as rv from 'rv:records';
import {ADOPTED_MAX, HELD_MAX, RULES_MAX, RULE_TEXT_MAX} from './limits.js';

/** @typedef {ReturnType<typeof createSheets>} Sheets */
/**
 * What of rules.js is called from here.
 * @typedef {object} Later
 * @property {Set<CSSStyleSheet>} begun
 * @property {(sheet: CSSStyleSheet, text: string) => string} fullOf
 * @property {(rule: any) => string} imported
 * @property {(sheet: CSSStyleSheet) => void} state
 * @property {() => boolean} isChanged
 * @property {() => void} sweep
 * @property {(isOver: () => boolean) => boolean} write
 * @property {() => void} forget
 *
 * id: 0 once it is dropped · count: rules the stream has · imports: some rule's sheet may still come
 * @typedef {{id: number, owner: any, ownerId: number, flags: number, media: string, count: number, imports: boolean}} Entry
 */

/** A longhand whose value comes from a variable in a shorthand: browsers write nothing for it. */
const HOLLOW = /(?:^|[\s;{])(?!--)[\w-]+: *(?:!important)?;/;

/** @param {any} holder a sheet or a rule @returns {CSSRuleList | null} null: another origin's, or not there */
export const rulesOf = holder => {
	try {
		return holder.cssRules;
	} catch {
		return null;
	}
};

/** What of a rule that is held may change. @param {any} rule @returns {string} */
export const keyOf = rule => rule.conditionText ?? rule.cssText;

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
	const free = [];
	/** Sheets to read, with the next rule. @type {Map<CSSStyleSheet, number>} */
	const queue = new Map();
	/** The adopted lists as the stream has them, by the root's id. @type {Map<number, string>} */
	const lists = new Map();
	/** Sheets that changed and are not read yet. @type {Set<CSSStyleSheet>} */
	const stale = new Set();
	/** Rules the page has got hold of, with their text. @type {Map<CSSRule, string>} */
	const held = new Map();
	/** @type {Later | null} */
	let later = null;
	/** Sheets with rules of which browsers do not give back everything. @type {Set<CSSStyleSheet>} */
	const hollow = new Set();
	/** Sheets that a root has beside the ones it adopted. @type {WeakMap<Node, CSSStyleSheet>} */
	const extra = new WeakMap();
	/** Links whose alternate sheet a script has switched. @type {WeakSet<Element>} */
	const switched = new WeakSet();
	/** Sheets with imports that are to be read again when these can be told. @type {Set<CSSStyleSheet>} */
	const partial = new Set();
	let last = 0;

	/** @param {any} rule @returns {string} */
	const textOf = rule => {
		if (rule.type === 3 && later) return later.imported(rule);
		let text = rule.cssText;
		if (text.length < RULE_TEXT_MAX && HOLLOW.test(text)) {
			const sheet = rule.parentStyleSheet;
			text = later?.fullOf(sheet, text) ?? text;
			if (hollow.size < HELD_MAX && HOLLOW.test(text)) hollow.add(sheet);
		}
		return text;
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
		if (!later?.begun.has(sheet)) reread(sheet);
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
				if (!later?.begun.has(sheet)) queue.set(sheet, 0);
			}
			list.push(entry.id);
		}
		const key = `${list}`;
		if (before === key) return true;
		if (!enc.open(list.length + 8)) return false;
		lists.set(id, key);
		enc.list(rv.REC_ADOPTED, [id, ...list]);
		later?.sweep();
		return true;
	};

	/** The sheet is another altogether, or was told by its element's text so far. An imported one is its importer's. @param {any} sheet */
	const whole = sheet => {
		while (sheet.ownerRule) sheet = sheet.ownerRule.parentStyleSheet;
		if (known.get(sheet)?.id) return reread(sheet);
		if (!touched.has(sheet)) touched.set(sheet, '');
		const id = sheet.ownerNode ? ids.live(sheet.ownerNode) : 0;
		if (id) check(sheet.ownerNode, id);
	};

	/** @param {any} sheet */
	const mark = sheet => {
		if (sheet) stale.add(sheet);
	};

	return {
		check, adopted, hollow, extra,
		/* ---- for rules.js ---- */
		queue, free, lists, keys: held, register, introduce, note, flagsOf, isAlive, reread, whole, textOf,
		/** @param {CSSStyleSheet} sheet */
		entry: sheet => known.get(sheet),
		isBusy: () => queue.size > 0 || !!later?.isChanged(),
		/** The element's text or an attribute became another. @param {any} element @param {number} id @returns {boolean} false: no room */
		changed(element, id) {
			const before = owned.get(element);
			const {sheet} = element;
			if (before && ids.alive(before.ownerId) && known.get(sheet) !== before) {
				if (!enc.open(8)) return false;
				enc.put(rv.REC_SHEET_DROP, 1, before.id);
				owned.delete(element);
				if (!sheet) switched.add(element);
			} else if (before && sheet) later?.state(sheet);
			if (id) check(element, id);
			return true;
		},
		/* ---- until rules.js is there: what the hooks on the document tell ---- */
		/** @type {(sheet: CSSStyleSheet, index: number, text: string | null, parent?: any) => void} */
		rule: mark,
		sheet: mark,
		/** @param {CSSRule} rule */
		inside: rule => mark(rule.parentStyleSheet),
		/** @param {CSSRule} rule */
		held(rule) {
			if (held.size < HELD_MAX && !held.has(rule)) held.set(rule, keyOf(rule));
		},
		/** Its state is compared when somebody can tell it. @type {(sheet: CSSStyleSheet) => void} */
		state() {},
		/** Reads what changed. */
		refresh() {
			stale.forEach(whole);
			stale.clear();
		},
		/** From now on changes are told one by one. @param {Later} rules */
		take(rules) {
			later = rules;
			partial.forEach(reread);
			partial.clear();
		},

		/** Writes what changed. @param {() => boolean} isOver @returns {boolean} false: time or room ran out */
		work(isOver) {
			if (later && !later.write(isOver)) return false;
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
					if (rule.type === 3) {
						entry.imports = true;
						if (!later) partial.add(sheet);
					}
					enc.put(rv.REC_RULE_INSERT, 3, entry.id, enc.text(textOf(rule)), at);
				}
				entry.count = count;
				queue.delete(sheet);
			}
			return true;
		},
		reset() {
			known = new WeakMap();
			owned = new WeakMap();
			free.length = 0;
			for (const all of [queue, lists, stale, partial, hollow]) all.clear();
			later?.forget();
			last = 0;
		},
	};
}
