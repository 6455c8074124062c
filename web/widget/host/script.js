/* Running our own files. Pages that require Trusted Types get a policy that lets them through. */

import {own} from './own.js';

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

/**
 * @param {Window & typeof globalThis} win
 * @param {string} address
 * @param {string | undefined} nonce
 * @returns {Promise<any>} what the file has handed over when it has run
 */
export const addScript = (win, address, nonce) => new Promise((done, failed) => {
	const element = win.document.createElement('script');
	/** @type {any} */
	let made;
	if (nonce) element.nonce = nonce;
	Object.assign(element, {
		rearviewOwn: own,
		rearview(/** @type {any} */ given) {
			made = given;
		},
	});
	element.onload = () => done(made);
	element.onerror = () => failed(new Error(`${address} could not be loaded.`));
	element.src = scriptAddress(win, address);
	(win.document.head ?? win.document.documentElement).append(element);
	/* What was put in is loaded and run; what is gone at once is not part of the page's recording. */
	element.remove();
});
