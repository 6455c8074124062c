/* Uncaught errors, unhandled rejections, resources that did not load, violations of the page's policy. */
import * as rv from 'rv:records';

/** @param {import('./hub.js').Hub} hub @param {import('./stringify.js').Stringify} stringify @returns {() => void} */
export function hookErrors(hub, stringify) {
	const {win, native, guard, log, note} = hub;
	const {clip} = stringify;
	const onError = guard((/** @type {any} */ event) => {
		const {target, effectiveDirective: directive} = event;
		if (directive) log('error', rv.ERROR_CSP, `${directive} blocks ${clip(event.blockedURI, 2000)}`, clip(event.sourceFile, 2000), event.lineNumber, event.columnNumber, '');
		else if (target && target !== win && target instanceof win.Element) {
			const address = native.attribute(target, 'src') ?? native.attribute(target, 'href') ?? '';
			note('resource', target, address);
			log('error', rv.ERROR_RESOURCE, `<${native.localName(target)}> could not be loaded`, clip(address, 2000), 0, 0, '');
		} else if (event instanceof win.ErrorEvent) {
			log('error', rv.ERROR_UNCAUGHT, clip(event.message, 2000), clip(event.filename, 2000), event.lineno, event.colno, stringify.stackOf(event.error));
		}
	});
	const onRejection = guard((/** @type {PromiseRejectionEvent} */ event) => {
		const {reason} = event;
		log('error', rv.ERROR_REJECTION, stringify.errorText(reason), '', 0, 0, stringify.stackOf(reason));
	});
	const over = new AbortController();
	const options = {capture: true, signal: over.signal};
	native.listen(win, 'error', onError, options);
	native.listen(win, 'securitypolicyviolation', onError, options);
	native.listen(win, 'unhandledrejection', onRejection, options);
	return () => over.abort();
}
