/* rearview.selectors.js: masking and blocking by the selectors of the configuration. Loaded before the
 * first snapshot, and only where there are any. */
import * as rv from 'rv:records';

/** @typedef {ReturnType<typeof createSelectors>} Selectors */

/**
 * @param {import('../host/native.js').Natives} native
 * @param {{mask_selectors?: unknown, block_selectors?: unknown}} config
 * @param {(what: string) => void} warn
 * @param {Document} document
 */
export function createSelectors(native, config, warn, document) {
	const probe = document.createElement('i');
	/** @param {unknown} list @returns {string} a valid selector list, '' for none */
	const join = list => (Array.isArray(list) ? list.slice(0, 100) : []).filter(selector => {
		try {
			native.matches(probe, selector);
			return typeof selector === 'string' && selector !== '';
		} catch {
			warn(`Rearview: the configured selector "${selector}" is not valid CSS and was left out.`);
			return false;
		}
	}).join(',');
	const mask = join(config.mask_selectors);
	const block = join(config.block_selectors);
	const both = [mask, block].filter(Boolean).join(',');
	/** Attributes whose change can make a selector match or not. */
	const relevant = new Set(both ? ['class', 'id', ...[...both.matchAll(/\[\s*([\w-]+)/g)].map(found => found[1].toLowerCase())] : []);

	return {
		/** How far a change reaches: only the element itself, or others too. */
		combined: /[\s>+~:]/.test(both),
		/** @param {string} name */
		isRelevant: name => relevant.has(name),
		/** What a change of the element may have made match or not, beside itself. @param {Element} element @returns {Iterable<Element>} */
		related(element) {
			const scope = /** @type {any} */ (native.parentNode(element));
			return native.queryAll(scope && native.nodeType(scope) === 1 ? scope : element, both);
		},
		/** @param {number} flags @param {Element} element @param {string[]} names the element's attributes */
		flags(flags, element, names) {
			if (mask && !names.includes('data-rv-allow') && native.matches(element, mask)) flags = flags & ~rv.EL_ALLOW | rv.EL_MASK;
			if (block && native.matches(element, block)) flags |= rv.EL_BLOCK;
			return flags;
		},
	};
}
