/* rearview.styles.js: style sheets told change by change, and what of them no hook tells. Loaded with
 * rearview.extras.js, which runs these modules as its own. */
import {observeFonts} from './observe/fonts.js';
import {observeStyles} from './observe/styles.js';
import {createRules} from './record/rules.js';

export const styles = {
	createRules,
	/** @type {import('./extras.js').Extra[]} */
	modules: [observeStyles, observeFonts],
};
