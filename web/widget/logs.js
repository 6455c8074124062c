/* rearview.logs.js: the logs beyond console lines and errors. Loaded with rearview.extras.js, which runs
 * these modules as its own. Nothing is lost by coming late: the early hooks and the browser keep what
 * happened before. */
import {observeConsole} from './observe/console.js';
import {observeNetwork} from './observe/network.js';
import {observePerformance} from './observe/performance.js';

export const logs = {
	/** @type {import('./extras.js').Extra[]} */
	modules: [observeConsole, observeNetwork, observePerformance],
};
