/* rearview.words.js: what the parts say in other languages than English, fetched where one is spoken. */
import {LANGUAGES} from './mark/languages.js';

/** By locale, then by key. @type {import('./ui/words.js').Table} */
export const words = LANGUAGES;
