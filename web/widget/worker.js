/* The worker's entry. */
import {startWorker} from './worker_main.js';

const scope = /** @type {any} */ (globalThis);
/** @type {any} */
let policy;

startWorker(scope, async address => {
	try {
		policy ||= scope.trustedTypes?.createPolicy('rearview', {createScriptURL: (/** @type {string} */ text) => text});
	} catch {} /* not among the allowed ones: the plain text may still do */
	scope.importScripts(policy ? policy.createScriptURL(address) : address);
	return scope.rearviewMake;
});
