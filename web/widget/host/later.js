/* For the files that the first script loads: the built-ins it took (own.js), and the element that runs the
 * file, which hands over what the file holds. */

/** @type {any} past an element of the page that is called so */
export const script = Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')?.get?.call(document);
export const {Map, Set, WeakMap, WeakSet, JSON, Array, Uint32Array, Uint16Array, Float64Array, URL} = script?.rearviewOwn ?? globalThis;
