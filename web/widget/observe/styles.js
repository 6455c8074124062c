/* What of style sheets no hook tells, in short slices: lists of adopted sheets changed in place, sheets
 * switched or given other media, counts of rules that went astray, declarations changed through
 * references older than the hooks. And the full text of rules that browsers give back in part. */
import {COMPARED_MAX, FETCHED_MAX, PARSED_MAX, RULES_MAX, SHEETS_MAX} from '../record/limits.js';
import {leaves} from './css.js';

const TICK_MS = 1000;
const SLICE_MS = 1;
/** A page that tells nothing for so many ticks is looked at in one of so many. */
const CALM = 8;
/** How often to wait for the page to ask for something itself. */
const PATIENCE = 100;
/** A value that is not given back. */
const HOLLOW = /: *(?:!important)?;/;

/** @param {string} text */
const hashOf = text => {
	let hash = text.length;
	for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
	return hash | 0;
};

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeStyles({hub, enc, flow, ids, tree, sheets, roots, every}) {
	const {native, win, touched} = hub;
	/** @type {WeakMap<CSSStyleSheet, {count: number, hashes: number[]}>} */
	const seen = new WeakMap();
	/** Sheets whose address was asked for, once. @type {WeakSet<CSSStyleSheet>} */
	const asked = new WeakSet();
	let patience = PATIENCE;
	let calm = 0;
	let sent = 0;

	/** @param {any} sheet @returns {CSSRuleList | null} */
	const rulesOf = sheet => {
		try {
			return sheet.cssRules;
		} catch {
			return null;
		}
	};

	/** Rules of a text, as the browser reads it; none in a browser that makes no sheets. @param {string} text @returns {any[]} */
	const parse = text => {
		const sheet = hub.attempt(() => new win.CSSStyleSheet());
		sheet?.replaceSync(text);
		return [...sheet?.cssRules ?? []];
	};

	/** Each step is one sheet, or some rules of one. */
	function* round() {
		/** @type {(Document | ShadowRoot)[]} */
		const all = [];
		roots(root => void all.push(root));
		for (const root of all) {
			const id = ids.live(root);
			if (!id) continue;
			if (!sheets.adopted(root, id)) tree.adopters.add(root);
			const list = root.styleSheets;
			for (let i = 0; i < list.length && i < SHEETS_MAX; i++) {
				yield;
				if (list[i]) compare(list[i]);
			}
			yield;
		}
	}

	/** @param {any} sheet */
	const compare = sheet => {
		if (sheets.isOther(sheet)) sheets.state(sheet);
		const rules = rulesOf(sheet);
		if (!rules || !sheets.isSettled(sheet)) return;
		const entry = sheets.entry(sheet);
		if (entry) {
			if (Math.min(rules.length, RULES_MAX) !== entry.count) sheets.sheet(sheet);
			return;
		}
		const owner = sheet.ownerNode;
		if (!owner || seen.has(sheet) || native.localName(owner) !== 'style') return;
		const text = native.textContent(owner);
		if (text.length < PARSED_MAX && parse(text).length < rules.length) sheets.sheet(sheet);
	};

	/** Compares rules with what they were a round before. */
	function* rounds() {
		/** @type {(Document | ShadowRoot)[]} */
		const all = [];
		roots(root => void all.push(root));
		for (const root of all) {
			for (const sheet of [...root.styleSheets, ...native.adoptedIn(root) ?? []].slice(0, SHEETS_MAX)) {
				const rules = rulesOf(sheet);
				if (!rules || !sheets.isSettled(sheet)) continue;
				const before = seen.get(sheet);
				const isSame = before?.count === rules.length;
				const hashes = isSame ? before.hashes : [];
				seen.set(sheet, {count: rules.length, hashes});
				for (let i = 0; i < rules.length && i < COMPARED_MAX; i++) {
					const hash = hashOf(rules[i].cssText);
					if (isSame && hashes[i] !== undefined && hashes[i] !== hash) sheets.inside(rules[i]);
					hashes[i] = hash;
					if ((i & 7) === 7) yield;
				}
				yield;
			}
			yield;
		}
	}
	/** @type {Iterator<unknown>} */
	let quick = round();
	/** @type {Iterator<unknown>} */
	let slow = rounds();

	/** @param {() => Iterator<unknown>} make @param {Iterator<unknown>} at @returns {Iterator<unknown>} */
	const run = (make, at) => {
		const end = native.now() + SLICE_MS;
		do if (at.next().done) return make();
		while (native.now() < end);
		return at;
	};

	/** @param {CSSStyleSheet} sheet @param {string} text */
	const learn = (sheet, text) => {
		if (!text.includes('var(')) return;
		const found = sheets.sources.get(sheet) ?? new Map();
		for (const leaf of leaves(text)) {
			const [rule] = leaf.includes('var(') ? parse(leaf) : [];
			if (rule && HOLLOW.test(rule.cssText)) found.set(rule.cssText, leaf);
		}
		if (!found.size) return;
		sheets.sources.set(sheet, found);
		for (const rule of nested(rulesOf(sheet))) if (found.has(rule.cssText)) sheets.inside(rule);
	};

	/** All rules of a list that hold declarations. @param {any} list @returns {Generator<CSSRule>} */
	function* nested(list) {
		/** @type {CSSRule[]} */
		const open = [...list ?? []];
		for (let rule = /** @type {any} */ (open.shift()); rule; rule = open.shift()) {
			if (!rule.selectorText && rule.cssRules) open.unshift(...rule.cssRules);
			else yield rule;
		}
	}

	/** Whether the page's policy is known to allow it: the page itself has asked for something there. @param {string} href */
	const isAllowed = href => {
		const {origin} = win.location;
		return new URL(href).origin === origin && win.performance.getEntriesByType('resource').some((/** @type {any} */ entry) => /^(?:fetch|xmlhttprequest)$/.test(entry.initiatorType) && entry.name.startsWith(`${origin}/`));
	};

	/** Asks the cache for a sheet's text. @param {CSSStyleSheet} sheet @param {string} href */
	const fetchText = (sheet, href) => {
		asked.add(sheet);
		native.fetch(href, {cache: 'only-if-cached', mode: 'same-origin'}).then(async answer => {
			const text = answer.ok ? await answer.text() : '';
			hub.attempt(() => text.length < FETCHED_MAX && learn(sheet, text));
		}).catch(() => {});
	};

	return every(TICK_MS, isAsked => {
		if (!flow.isRunning() || tree.isWalking() || native.visibility(win.document) !== 'visible') return;
		if (enc.bytes() !== sent) calm = 0;
		sent = enc.bytes();
		if (!isAsked && ++calm > CALM && calm % CALM) return;
		flow.stamp();
		/** @type {CSSStyleSheet[]} */
		const late = [];
		for (const sheet of sheets.hollow) {
			sheets.hollow.delete(sheet);
			const owner = sheet.ownerNode;
			if (owner && native.localName(owner) !== 'link') learn(sheet, native.textContent(owner));
			learn(sheet, touched.get(sheet) ?? '');
			if (!sheet.href || asked.has(sheet)) continue;
			if (isAllowed(sheet.href)) fetchText(sheet, sheet.href);
			else if (--patience > 0) late.push(sheet);
		}
		for (const sheet of late) sheets.hollow.add(sheet);
		sheets.doubt();
		quick = run(round, quick);
		slow = run(rounds, slow);
		if (tree.isDirty()) flow.schedule();
	});
}
