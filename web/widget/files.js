/* Where the module finds the files that run outside the bundle it became part of: in workers, as scripts,
 * as Wasm. Each address is written out, so that bundlers see it, copy the file and put its new address here;
 * without a bundler they lie beside the module. This file is delivered as it is. */

/** @type {Record<string, () => URL>} */
export const files = {
	'rearview.worker.js': () => new URL('./worker.js', import.meta.url),
	'rearview.later.js': () => new URL('../files/rearview.later.js', import.meta.url),
	'rearview.flat.js': () => new URL('../files/rearview.flat.js', import.meta.url),
	'rearview.page.js': () => new URL('../files/rearview.page.js', import.meta.url),
	'rearview.frame.js': () => new URL('../files/rearview.frame.js', import.meta.url),
	'rearview.wasm': () => new URL('../files/rearview.wasm', import.meta.url),
	'rearview.wasm.js': () => new URL('../files/rearview.wasm.js', import.meta.url),
	'rearview.tools.wasm': () => new URL('../files/rearview.tools.wasm', import.meta.url),
	'rearview.tools.wasm.js': () => new URL('../files/rearview.tools.wasm.js', import.meta.url),
};
