/* rearview.logs.js: the logs beyond console lines and errors. Loaded with rearview.extras.js, which runs
 * these modules as its own. Nothing is lost by coming late: the early hooks and the browser keep what
 * happened before. */
import {pageMeta} from './api/page.js';
import {observeConsole} from './observe/console.js';
import {observeNetwork} from './observe/network.js';
import {observePerformance} from './observe/performance.js';

export const logs = {
	/** @type {import('./extras.js').Extra[]} */
	modules: [observeConsole, observeNetwork, observePerformance],
	pageMeta,
};

/* As a script tag's file: hand it to the loader that asked for it. */
const script = typeof document === 'object' && /** @type {any} */ (Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')?.get?.call(document));
if (script) script.rearview?.(logs);
