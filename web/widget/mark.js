/* rearview.mark.js: marking a picture, fetched when the panel first asks for it. */
import {annotate} from './mark/annotate.js';
import {languages} from './mark/words.js';

/** @typedef {Awaited<ReturnType<typeof createMark>>} Mark */
/** @typedef {Omit<Parameters<typeof annotate>[0], 'languages'>} Given */

/** @param {Pick<import('./report.js').PartCtx, 'part' | 'words'>} ctx */
export async function createMark(ctx) {
	const others = await languages(ctx);
	return {
		/** @param {Given} given */
		annotate: given => annotate({...given, languages: others}),
	};
}
