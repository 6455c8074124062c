/* Trusted Types: pages that require them get a policy that lets through what we built ourselves. */

/** @type {{createScriptURL: (address: string) => any} | null | undefined} */
let policy;

/**
 * @param {any} win
 * @param {string} address
 * @returns {any} for `script.src` and `new Worker()`
 */
export function scriptAddress(win, address) {
	if (policy === undefined) {
		policy = null;
		try {
			policy = win.trustedTypes?.createPolicy('rearview', {createScriptURL: (/** @type {string} */ text) => text}) ?? null;
		} catch {} /* not among the page's allowed policies: the plain text may still do */
	}
	return policy ? policy.createScriptURL(address) : address;
}
