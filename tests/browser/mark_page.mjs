// A page with the picture editor and the element picker in a closed shadow root, from the sources.
import { build } from 'esbuild';
import { join } from 'node:path';
import { root } from './harness.mjs';

const ENTRY = `
import {createHub} from './host/hub.js';
import {createMark} from './mark.js';
import {createPick} from './pick.js';
import {sheetOf} from './ui/tokens.js';
import {words as table} from './words.js';
const known = {};
const locale = document.documentElement.lang || 'en';
const words = {
	locale, dir: document.documentElement.dir || 'ltr',
	add: more => void Object.assign(known, more.en, more[locale]),
	t: (key, values = {}) => (known[key] ?? '?' + key).replace(/\\{(\\w+)\\}/g, (all, name) => values[name] ?? all),
};
const hub = createHub(window);
const part = async () => table;
window.start = async (config = {}) => {
	const host = document.createElement('test-host');
	host.style.cssText = 'position:fixed;inset:0 auto auto 0;width:0;height:0;z-index:2147483647';
	document.body.append(host);
	const shadow = host.attachShadow({mode: 'closed'});
	sheetOf(window, shadow, '', config.theme);
	const ctx = {hub, config, words, part};
	return window.mark = {...await createMark(ctx), ...await createPick(ctx), hub, words, root: shadow, host};
};
window.edit = async (width = 600, height = 400, config = {}) => {
	const {root, annotate} = await window.start(config);
	const data = new Uint8ClampedArray(width * height * 4);
	for (let i = 0; i < data.length; i++) data[i] = i % 4 === 3 ? 255 : (i * 7919 + (i >> 5) * 31) % 251;
	window.source = data.slice();
	const layer = document.createElement('div');
	layer.style.cssText = 'position:fixed;inset:0;width:100vw;height:100vh';
	root.append(layer);
	window.editor = annotate({hub, root, words, pixels: {data: data.buffer, width, height}});
	layer.append(editor.element);
	window.q = selector => editor.element.querySelector(selector);
	window.qq = selector => [...editor.element.querySelectorAll(selector)];
};
window.finish = async () => {
	const {data, width, height} = await editor.result();
	window.last = {data: new Uint8ClampedArray(data), width, height};
	return {width, height};
};`;

/** @returns {Promise<string>} the script */
export async function markScript() {
	const { outputFiles } = await build({
		stdin: { contents: ENTRY, resolveDir: join(root, 'web/widget') },
		bundle: true, write: false, format: 'iife', charset: 'utf8',
		alias: { 'rv:records': join(root, 'build/web-types/records.js') },
	});
	return outputFiles[0].text;
}
