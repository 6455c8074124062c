/* Style sheets whose rules the document's text does not tell: link sheets, sheets changed by scripts,
 * constructed ones. Whole sheets are read rule by rule within the flush's budget; single insertions
 * and deletions are kept as they happen and written with the flush. */
import * as rv from 'rv:records';

/** @typedef {ReturnType<typeof createSheets>} Sheets */
/** @typedef {{id: number, owner: Element | null, ownerId: number, flags: number, count: number}} Entry */

const RULES_MAX = 30_000;
/** Constructed sheets that are followed; one that is no longer used is not noticed. */
const CONSTRUCTED_MAX = 4000;
const ADOPTED_MAX = 1000;
/** Insertions and deletions that wait for a flush. */
const CHANGES_MAX = 30_000;
const POLLED = 200;

/** @param {any} sheet @returns {CSSRuleList | null} null: another origin's */
const rulesOf = sheet => {
	try {
		return sheet.cssRules;
	} catch {
		return null;
	}
};

/** An imported sheet travels with its importer: the viewer may not be able to fetch it. @param {any} rule @param {number} depth @returns {string} */
const textOf = (rule, depth = 0) => {
	const inner = rule.type === 3 && depth < 4 && rulesOf(rule.styleSheet);
	if (!inner) return rule.cssText;
	const base = rule.styleSheet.href;
	const body = Array.from(inner, (/** @type {any} */ r) => absolute(textOf(r, depth + 1), base)).join('\n');
	const condition = rule.media?.mediaText;
	return `@media ${condition || 'all'} {${body}}`;
};

/** @param {string} text @param {string | null} base */
const absolute = (text, base) => base ? text.replace(/url\("([^"]*)"\)/g, (whole, address) => {
	try {
		return `url("${new URL(address, base).href}")`;
	} catch {
		return whole;
	}
}) : text;

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
	/** Sheets to read, with the next rule. @type {Map<CSSStyleSheet, number>} */
	const queue = new Map();
	/** What was last said about a root's adopted list. @type {WeakMap<Node, string>} */
	let lists = new WeakMap();
	/** Rules whose inside changed. @type {Map<CSSRule, CSSStyleSheet>} */
	const inside = new Map();
	/** @type {{sheet: CSSStyleSheet, index: number, text: string | null}[]} */
	let changes = [];
	let last = 0;
	let constructed = 0;

	/** @param {CSSStyleSheet} sheet @param {Entry} entry */
	const isAlive = (sheet, entry) => !entry.owner || (ids.alive(entry.ownerId) && /** @type {any} */ (entry.owner).sheet === sheet);

	/** @param {CSSStyleSheet} sheet @param {Element | null} owner @param {number} ownerId */
	const register = (sheet, owner, ownerId) => {
		const entry = {id: ++last, owner, ownerId, flags: 0, count: 0};
		known.set(sheet, entry);
		if (owner) owned.set(owner, entry);
		return entry;
	};

	/** @param {CSSStyleSheet} sheet @param {Entry} entry */
	const introduce = (sheet, entry) => {
		entry.flags = sheet.disabled ? rv.SHEET_DISABLED : 0;
		enc.put(rv.REC_SHEET, 5, entry.id, entry.ownerId, entry.flags, enc.name(sheet.media?.mediaText || null), enc.name(sheet.href));
	};

	/** @param {CSSStyleSheet} sheet */
	const reread = sheet => {
		queue.set(sheet, -1);
		schedule();
	};

	/** @param {Element} element @param {number} id */
	const check = (element, id) => {
		const {sheet} = /** @type {any} */ (element);
		const rules = sheet && rulesOf(sheet);
		if (!rules) return;
		const entry = known.get(sheet);
		if (entry?.ownerId === id) return;
		const isLink = native.localName(element) === 'link';
		if (!isLink && !sheet.disabled && !touched.has(sheet) && (!rules.length || native.textContent(element).trim() !== '')) return;
		register(sheet, element, id);
		reread(sheet);
	};

	/** @param {Document | ShadowRoot} root @param {number} id @returns {boolean} false: no room */
	const adopted = (root, id) => {
		const sheets = Array.prototype.slice.call(root.adoptedStyleSheets ?? [], 0, ADOPTED_MAX);
		const before = lists.get(root);
		if (!sheets.length && (before === undefined || before === `${id}:`)) return true;
		/** @type {number[]} */
		const list = [];
		for (const sheet of sheets) {
			let entry = known.get(sheet);
			if (!entry) {
				if (constructed >= CONSTRUCTED_MAX) continue;
				if (!enc.open(16)) return false;
				constructed++;
				entry = register(sheet, null, 0);
				introduce(sheet, entry);
				queue.set(sheet, 0);
			}
			list.push(entry.id);
		}
		const key = `${id}:${list}`;
		if (before === key) return true;
		if (!enc.open(list.length + 8)) return false;
		lists.set(root, key);
		enc.begin(rv.REC_ADOPTED);
		enc.word(id);
		list.forEach(enc.word);
		enc.end();
		return true;
	};

	/** The sheet is another altogether, or was told by its element's text so far. @param {CSSStyleSheet} sheet */
	const whole = sheet => {
		if (known.has(sheet)) return reread(sheet);
		touched.add(sheet);
		const owner = /** @type {any} */ (sheet.ownerNode);
		const id = owner ? ids.live(owner) : 0;
		if (id) check(owner, id);
	};

	/** Writes insertions and deletions, in the order in which they happened. @param {() => boolean} isOver @returns {boolean} */
	const write = isOver => {
		let at = 0;
		/** @type {CSSStyleSheet | undefined} */
		let last;
		/** @type {Entry | undefined} */
		let entry;
		let isOpen = true;
		for (; at < changes.length && isOpen; at++) {
			const {sheet, index, text} = changes[at];
			if (sheet !== last) {
				last = sheet;
				entry = known.get(sheet);
				if (!entry || queue.has(sheet) || entry.count >= RULES_MAX) {
					whole(sheet);
					entry = undefined;
				} else if (!isAlive(sheet, entry)) entry = undefined;
			}
			if (!entry) continue;
			if (!enc.open(8) || ((at & 31) === 31 && isOver())) {
				isOpen = false;
				break;
			}
			if (text === null) enc.put(rv.REC_RULE_DELETE, 2, entry.id, index);
			else enc.put(rv.REC_RULE_INSERT, 3, entry.id, enc.text(text), index);
			entry.count += text === null ? -1 : 1;
		}
		changes.splice(0, at);
		return isOpen;
	};

	return {
		check, adopted, reread,
		isBusy: () => queue.size + inside.size + changes.length > 0,
		/** The element's text or an attribute became another. @param {Element} element @param {number} id @returns {boolean} false: no room */
		changed(element, id) {
			const before = owned.get(element);
			const {sheet} = /** @type {any} */ (element);
			if (before && ids.alive(before.ownerId) && known.get(sheet) !== before) {
				if (!enc.open(8)) return false;
				enc.put(rv.REC_SHEET_DROP, 1, before.id);
				owned.delete(element);
			} else if (before && sheet) reread(sheet);
			if (id) check(element, id);
			return true;
		},
		/** A rule went in or out. @param {CSSStyleSheet} sheet @param {number} index @param {string | null} text null: deleted */
		rule(sheet, index, text) {
			if (changes.length < CHANGES_MAX) changes.push({sheet, index, text});
			else whole(sheet);
			schedule();
		},
		/** Something inside a rule of the sheet changed. @param {CSSStyleSheet} sheet @param {CSSRule} top */
		nested(sheet, top) {
			if (inside.size < CHANGES_MAX && known.has(sheet)) inside.set(top, sheet);
			else whole(sheet);
			schedule();
		},
		/** The whole of it is another. */
		sheet: whole,
		/** Reads queued sheets. @param {() => boolean} isOver @returns {boolean} false: time or room ran out */
		work(isOver) {
			if (!write(isOver)) return false;
			for (const [top, sheet] of inside) {
				const entry = known.get(sheet);
				const index = entry && !queue.has(sheet) && isAlive(sheet, entry) ? Array.prototype.indexOf.call(rulesOf(sheet) ?? [], top) : -1;
				if (entry && index >= 0) {
					if (isOver() || !enc.open(8)) return false;
					enc.put(rv.REC_RULE_REPLACE, 3, entry.id, enc.text(textOf(top)), index);
				}
				inside.delete(top);
			}
			for (const [sheet, from] of queue) {
				const entry = known.get(sheet);
				const rules = rulesOf(sheet);
				if (!entry || !rules || !isAlive(sheet, entry)) {
					queue.delete(sheet);
					continue;
				}
				if (!enc.open(24)) return false;
				let at = from;
				if (at < 0) {
					introduce(sheet, entry);
					at = 0;
				}
				const count = Math.min(rules.length, RULES_MAX);
				for (; at < count; at++) {
					if ((at & 7) === 7 && isOver() || !enc.open(8)) {
						queue.set(sheet, at);
						return false;
					}
					enc.put(rv.REC_RULE_INSERT, 3, entry.id, enc.text(textOf(rules[at])), at);
				}
				entry.count = count;
				queue.delete(sheet);
			}
			return true;
		},
		/** Finds what no hook tells: disabled sheets, a rule count that went astray. @param {Document | ShadowRoot} root */
		poll(root) {
			if (changes.length) return;
			const all = root.styleSheets;
			for (let i = 0; i < Math.min(all.length, POLLED); i++) {
				const sheet = all[i];
				const entry = known.get(sheet);
				if (!entry) {
					if (sheet.disabled && sheet.ownerNode) {
						const id = ids.live(sheet.ownerNode);
						if (id) check(/** @type {Element} */ (sheet.ownerNode), id);
					}
				} else if (!queue.has(sheet)) {
					const rules = rulesOf(sheet);
					if (rules && (Math.min(rules.length, RULES_MAX) !== entry.count || sheet.disabled !== (entry.flags === rv.SHEET_DISABLED))) reread(sheet);
				}
			}
		},
		reset() {
			known = new WeakMap();
			owned = new WeakMap();
			lists = new WeakMap();
			queue.clear();
			inside.clear();
			changes = [];
			last = constructed = 0;
		},
	};
}
