/* What of an element may leave the page: inherited flag bits, and the fields that are never read. */
import * as rv from 'rv:records';

/** @typedef {ReturnType<typeof createPrivacy>} Privacy */

export const INHERITED = rv.EL_MASK | rv.EL_ALLOW;

const NEVER_TOKENS = /(?:^|\s)(?:cc-[a-z-]+|one-time-code|(?:current|new)-password)(?:\s|$)/i;
/** Names under which card numbers and codes are asked for when the page does not say so. */
const NEVER_NAMES = /^(?:(?:credit|debit|cc)[-_]?)?card[-_]?(?:no|num|number|code|cvc|cvv)$|^(?:cvc2?|cvv2?|csc|otp|one[-_]?time[-_]?code|totp|pan)$/i;

/**
 * @param {import('../host/native.js').Natives} native
 * @param {{level?: unknown}} config
 * @param {import('./selectors.js').Selectors} [selectors]  of the configuration
 */
export function createPrivacy(native, config, selectors) {
	const level = config.level === 'none' || config.level === 'strict' ? config.level : 'inputs';
	/** Fields that once were passwords stay unread when the page shows them as text. @type {WeakSet<Element>} */
	const secret = new WeakSet();

	return {
		level, secret, selectors,
		/** Whether a change of that attribute may change the flags. @param {string} name */
		isRelevant: name => name.startsWith('data-rv-') || name === 'contenteditable' || !!selectors?.isRelevant(name),
		/** @param {Element} element @param {number} inherited the parent's EL_MASK, EL_ALLOW @param {string[]} names the element's attributes */
		flags(element, inherited, names) {
			let flags = inherited & INHERITED;
			for (let i = 0; i < names.length; i++) {
				const name = names[i];
				/* What people write in place is entered, as in a field. */
				if (name === 'contenteditable' && level !== 'none' && !(flags & rv.EL_ALLOW) && native.attribute(element, name) !== 'false') flags |= rv.EL_MASK;
				if (name.charCodeAt(0) !== 100 || !name.startsWith('data-rv-')) continue;
				if (name === 'data-rv-block') flags |= rv.EL_BLOCK;
				else if (name === 'data-rv-allow' && !names.includes('data-rv-mask')) flags = flags & ~rv.EL_MASK | rv.EL_ALLOW;
				else if (name === 'data-rv-mask') flags = flags & ~rv.EL_ALLOW | rv.EL_MASK;
			}
			return selectors ? selectors.flags(flags, element, names) : flags;
		},
		/** Whether a field's value is never read, not even its length. @param {Element} element @param {string} type */
		isSecret(element, type) {
			if (type === 'password') secret.add(element);
			if (secret.has(element)) return true;
			const autocomplete = native.attribute(element, 'autocomplete');
			if (autocomplete && NEVER_TOKENS.test(autocomplete)) return true;
			return NEVER_NAMES.test(native.attribute(element, 'name') ?? '') || NEVER_NAMES.test(native.attribute(element, 'id') ?? '');
		},
		/** Whether a field's value leaves only as a length. @param {number} flags */
		isMasked: flags => (flags & rv.EL_MASK) !== 0 || (level !== 'none' && (flags & rv.EL_ALLOW) === 0),
	};
}
