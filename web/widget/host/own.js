/* Collections and namespaces as they were when the widget's script began to run. The build puts them in
 * the place of the globals of the same name in all that runs in the page (scripts/build-web.mjs), so what
 * a page does to its own later (a JSON of its own, a polyfilled Map) changes nothing here. The parts that
 * load later get those of the first script (later.js). Methods of arrays and texts remain the page's. */

/**
 * A class with methods of its own.
 * @template {new (...args: any[]) => any} C
 * @param {C} Base
 * @returns {C}
 */
const pin = Base => {
	const Own = class extends Base {};
	Object.defineProperties(Own.prototype, Object.getOwnPropertyDescriptors(Base.prototype));
	return Own;
};

/** @template {object} T @param {T} namespace @returns {T} */
const copy = namespace => /** @type {T} */ (Object.defineProperties({}, Object.getOwnPropertyDescriptors(namespace)));

/** @type {any} */
export const own = {};
const page = /** @type {any} */ (globalThis);
for (const name of ['Map', 'Set', 'WeakMap', 'WeakSet']) own[name] = pin(page[name]);
for (const name of ['JSON', 'Array']) own[name] = copy(page[name]);
for (const name of ['Uint32Array', 'Uint16Array', 'Float64Array', 'URL']) own[name] = page[name];

export const {Map, Set, WeakMap, WeakSet, JSON, Array, Uint32Array, Uint16Array, Float64Array, URL} = own;
