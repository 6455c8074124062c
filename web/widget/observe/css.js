/* Style text cut into the rules that hold declarations. */

/** At-rules whose block holds rules. */
const GROUP = /^@(?:media|supports|layer|container|scope|starting-style|document|-moz-document)\b/i;
const RULES_MAX = 50_000;
/** What the cutting looks at: comments, strings, escapes, brackets, the end of a statement. */
const TOKEN = /\/\*[^]*?(?:\*\/|$)|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?|\\[^]|url\(\s*[^"'\s)][^)]*\)|[{}();]/gi;

/**
 * The rules of the text, those of groups instead of the groups, without comments between them.
 * @param {string} text @returns {string[]}
 */
export function leaves(text) {
	/** @type {string[]} */
	const found = [];
	let start = 0;
	let depth = 0;
	let parens = 0;
	for (const {0: token, index} of text.matchAll(TOKEN)) {
		const end = index + token.length;
		if (token[0] === '/' && depth === 0 && text.slice(start, index).trim() === '') start = end;
		else if (token === '(') parens++;
		else if (token === ')') parens -= parens > 0 ? 1 : 0;
		else if (token === '{') {
			if (depth === 0 && GROUP.test(text.slice(start, index).trim())) start = end;
			else depth++;
			parens = 0;
		} else if (token === '}') {
			if (depth === 0) start = end; /* a group's end */
			else if (--depth === 0) {
				if (found.push(text.slice(start, end).trim()) >= RULES_MAX) break;
				start = end;
			}
			parens = 0;
		} else if (token === ';' && depth === 0 && parens === 0) start = end;
	}
	return found;
}
