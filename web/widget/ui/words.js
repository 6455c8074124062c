/* What the widget says, in the language of the page. Each part brings a table of its own. */

/** @typedef {ReturnType<typeof createWords>} Words */
/** @typedef {Record<string, Record<string, string>>} Table  by locale, then by key; 'en' has every key */

const RTL = /^(?:ar|he|fa|ur)\b/;

/**
 * The page's language, when the configuration names none.
 * @param {Window & typeof globalThis} win
 * @param {any} config
 * @returns {string}
 */
const localeOf = (win, config) => {
	const given = config?.theme?.locale;
	if (typeof given === 'string' && given && given !== 'auto') return given;
	return win.document.documentElement?.lang || win.navigator.language || 'en';
};

/**
 * `t('ui.sent', {number: 7})` puts 7 in the place of `{number}`. A label of the configuration
 * (`theme.labels['ui.sent']`) goes before the tables, a language without a table speaks English.
 * @param {Window & typeof globalThis} win
 * @param {any} config  the widget's configuration
 * @param {Table} [table]
 */
export function createWords(win, config, table = {}) {
	const locale = localeOf(win, config);
	const language = locale.toLowerCase().split(/[-_]/)[0];
	const labels = Object(config?.theme?.labels);
	/** @type {Record<string, string>} */
	const known = {};
	/** @param {Table} more */
	const add = more => void Object.assign(known, more.en, more[language]);
	add(table);
	return {
		locale, add,
		dir: /** @type {'ltr' | 'rtl'} */ (RTL.test(language) ? 'rtl' : 'ltr'),
		/** @param {string} key @param {Record<string, string | number>} [values] @returns {string} */
		t(key, values = {}) {
			const own = Object.hasOwn(labels, key) ? labels[key] : undefined;
			const text = typeof own === 'string' ? own : known[key] ?? key;
			return text.replace(/\{(\w+)\}/g, (all, name) => Object.hasOwn(values, name) ? `${values[name]}` : all);
		},
	};
}
