/* rearview.pick.js: picking an element of the page, fetched when the panel first asks for it. */
import {languages} from './mark/words.js';
import {pick} from './mark/pick.js';

/** @typedef {Awaited<ReturnType<typeof createPick>>} Picker */

/** @param {Pick<import('./report.js').PartCtx, 'part' | 'words' | 'hub' | 'config'>} ctx */
export async function createPick(ctx) {
	const {hub, config} = ctx;
	const others = await languages(ctx);
	return {
		/** @param {{root: Node, words: import('./mark/words.js').Words}} given */
		pick: ({root, words}) => pick({hub, root, words, config, languages: others}),
	};
}
