/* What the editor and the picker say in English. The other languages are loaded where one is spoken
 * (web/widget/words.js). */

/**
 * Those of ui/words.js.
 * @typedef {{
 *   locale: string,
 *   dir: 'ltr' | 'rtl',
 *   t: (key: string, values?: Record<string, any>) => string,
 *   add: (table: Table) => void,
 * }} Words
 * @typedef {Record<string, Record<string, string>>} Table  by locale, then by key
 */

export const MARK_KEYS = 'tools color changes zoom select rect arrow pen text hide blur crop red yellow green blue black undo redo remove out in fit full full100 marks picture nth at kept removed undone redone cancelled enough type help keys keysPen';
export const PICK_KEYS = 'pick pickTouch use cancel';
const MARK = 'Tools|Colour|Changes|Zoom|Select|Rectangle|Arrow|Pen|Text|Black out|Blur|Crop|Red|Yellow|Green|Blue|Black|Undo|Redo|Delete|Zoom out|Zoom in|Fit|Actual size|Actual size, now {n} %|Marks|Picture|{what} {n} of {of}|{w} by {h} at {x}, {y}|{what} added|{what} removed|Undone|Redone|Cancelled|There is no room for more marks|Type, then press Enter|Press Enter to place a mark in the middle. Tab moves through the marks; arrow keys move one, with Shift they resize it, with Alt by small steps. Delete removes it.|Arrow keys move, with Shift they resize, with Alt by small steps. Enter keeps, Escape cancels.|Arrow keys draw, with Alt by small steps. Enter keeps, Escape cancels.';
const PICK = 'Choose an element. Arrow keys move, Enter picks.|Tap an element.|Use this element|Cancel';

/** @param {string} keys @param {string} texts  in the order of the keys @returns {Record<string, string>} */
export const named = (keys, texts) => {
	const all = texts.split('|');
	return Object.fromEntries(keys.split(' ').map((key, i) => [`mark.${key}`, all[i]]));
};

/**
 * The other languages' tables, where one of them is spoken; English where they cannot be had.
 * @param {{part: (name: 'words') => Promise<Table>, words: Words}} ctx
 * @returns {Promise<Table>}
 */
export const languages = async ({part, words}) => /^(?:de|fr|es|ja|ar)\b/i.test(words.locale) ? part('words').catch(() => ({})) : {};

/** @param {Words} words @param {Table} others */
export const markWords = (words, others) => {
	words.add({...others, en: named(MARK_KEYS, MARK)});
	return words.t;
};

/** @param {Words} words @param {Table} others */
export const pickWords = (words, others) => {
	words.add({...others, en: named(PICK_KEYS, PICK)});
	return words.t;
};
