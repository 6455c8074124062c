/* Uncaught errors, unhandled rejections, resources that did not load. */
import * as rv from 'rv:records';

/** @param {import('./hub.js').Hub} hub @param {import('./stringify.js').Stringify} stringify @returns {() => void} */
export function hookErrors(hub, stringify) {
	const {win, native, guard, log} = hub;
	const {clip} = stringify;
	const onError = guard((/** @type {any} */ event) => {
		const {target} = event;
		if (target && target !== win && target instanceof win.Element) {
			const address = native.attribute(target, 'src') ?? native.attribute(target, 'href') ?? '';
			log('error', rv.ERROR_RESOURCE, `<${native.localName(target)}> could not be loaded`, clip(address, 2000), 0, 0, '');
		} else if (event instanceof win.ErrorEvent) {
			log('error', rv.ERROR_UNCAUGHT, clip(event.message, 2000), clip(event.filename, 2000), event.lineno, event.colno, stringify.stackOf(event.error));
		}
	});
	const onRejection = guard((/** @type {PromiseRejectionEvent} */ event) => {
		const {reason} = event;
		log('error', rv.ERROR_REJECTION, stringify.errorText(reason), '', 0, 0, stringify.stackOf(reason));
	});
	native.listen(win, 'error', onError, true);
	native.listen(win, 'unhandledrejection', onRejection);
	return () => {
		native.unlisten(win, 'error', onError, true);
		native.unlisten(win, 'unhandledrejection', onRejection);
	};
}
