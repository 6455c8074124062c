/* The worker's entry. */
import {startWorker} from './worker_main.js';

const scope = /** @type {any} */ (globalThis);
/** @type {any} */
let policy;

/** @param {string} address */
const run = address => {
	try {
		policy ||= scope.trustedTypes?.createPolicy('rearview', {createScriptURL: (/** @type {string} */ text) => text});
	} catch {} /* not among the allowed ones: the plain text may still do */
	scope.importScripts(policy ? policy.createScriptURL(address) : address);
};

startWorker(scope, async address => {
	run(address);
	return scope.rearviewMake;
}, async address => {
	/* It is there already where the page's policy would not let it in later (bridge.js). An import blocks
	 * nothing; a browser without them in workers takes the other way. A worker of the page's own origin,
	 * whose policy may know that origin alone, finds a copy beside itself. */
	if (RV_WHOLE) await import('./worker_later.js');
	else if (!scope.rearviewLater) await import(address).catch(() => run(address)).catch(() => import(new URL('rearview.later.js', scope.location.href).href));
	return scope.rearviewLater;
});
