// Real frameworks for the benchmark: the keyed operations every table application makes, and a list of
// things to do, each rendered by the framework's own package. Built at bench time by esbuild.
import { build } from 'esbuild';
import { compile } from 'svelte/compiler';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** What a person makes an application do; `app.show(state)` brings it to the page. */
const DRIVER = `
const painted = () => new Promise((done) => requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => done(); port2.postMessage(0); }));
let id = 0;
const words = ['pretty', 'large', 'big', 'small', 'tall', 'short', 'long', 'handsome', 'plain', 'quaint', 'clean'];
const rows = (n) => Array.from({ length: n }, () => ({ id: ++id, label: words[id % 11] + ' ' + words[(id * 7) % 11], done: false }));
export const drive = (app) => async () => {
	let state = { rows: [], selected: 0 };
	const show = async (next) => { state = { ...state, ...next }; await app.show(state); await painted(); };
	await show({ rows: rows(1000) });
	await show({ rows: rows(1000) });
	for (let k = 0; k < 3; k++) await show({ rows: state.rows.map((row, i) => (i % 10 ? row : { ...row, label: row.label + ' !!!' })) });
	for (let k = 0; k < 4; k++) await show({ selected: state.rows[k * 7].id });
	for (let k = 0; k < 3; k++) { const next = state.rows.slice(); [next[1], next[998]] = [next[998], next[1]]; await show({ rows: next }); }
	for (let k = 0; k < 5; k++) await show({ rows: state.rows.filter((_, i) => i !== 5 + k) });
	for (let k = 0; k < 5; k++) await show({ rows: state.rows.map((row, i) => (i === k * 9 ? { ...row, done: !row.done } : row)) });
	await show({ rows: [...state.rows, ...rows(1000)] });
	await show({ rows: state.rows.slice().sort((a, b) => (a.label < b.label ? -1 : 1)) });
	await show({ rows: [] });
};`;

const JSX = (/** @type {string} */ cls) => `
const Row = memo(({ row, selected }) => <tr className={selected ? 'danger' : ''}><td ${cls}="col-md-1">{row.id}</td><td ${cls}="col-md-4"><a>{row.label}</a></td><td ${cls}="col-md-1"><input type="checkbox" checked={row.done} readOnly /><span ${cls}="glyphicon"></span></td><td ${cls}="col-md-6"></td></tr>);
const Table = ({ rows, selected }) => <table><tbody>{rows.map((row) => <Row key={row.id} row={row} selected={row.id === selected} />)}</tbody></table>;`;

const SVELTE = `<script>let { state } = $props();</script>
<table><tbody>{#each $state.rows as row (row.id)}<tr class={row.id === $state.selected ? 'danger' : ''}><td class="col-md-1">{row.id}</td><td class="col-md-4"><a>{row.label}</a></td><td class="col-md-1"><input type="checkbox" checked={row.done}><span class="glyphicon"></span></td><td class="col-md-6"></td></tr>{/each}</tbody></table>`;

/** @type {Record<string, string>} */
const APPS = {
	React: `import { memo } from 'react'; import { createRoot } from 'react-dom/client'; import { flushSync } from 'react-dom'; import { drive } from 'driver'; ${JSX('className')}
export const prepare = (main) => { const root = createRoot(main); return drive({ show: (state) => flushSync(() => root.render(<Table {...state} />)) }); };`,
	Preact: `import { render } from 'preact'; import { memo } from 'preact/compat'; import { drive } from 'driver'; ${JSX('class')}
export const prepare = (main) => drive({ show: (state) => render(<Table {...state} />, main) });`,
	Vue: `import { createApp, h, shallowRef, nextTick } from 'vue'; import { drive } from 'driver';
const Row = { props: ['row', 'selected'], render() { const { row } = this; return h('tr', { class: this.selected ? 'danger' : '' }, [h('td', { class: 'col-md-1' }, row.id), h('td', { class: 'col-md-4' }, h('a', row.label)), h('td', { class: 'col-md-1' }, [h('input', { type: 'checkbox', checked: row.done }), h('span', { class: 'glyphicon' })]), h('td', { class: 'col-md-6' })]); } };
export const prepare = (main) => { const state = shallowRef({ rows: [], selected: 0 }); createApp({ render: () => h('table', h('tbody', state.value.rows.map((row) => h(Row, { key: row.id, row, selected: row.id === state.value.selected })))) }).mount(main); return drive({ show: (next) => { state.value = next; return nextTick(); } }); };`,
	Svelte: `import { mount, flushSync } from 'svelte'; import { writable } from 'svelte/store'; import Table from 'table.svelte'; import { drive } from 'driver';
export const prepare = (main) => { const state = writable({ rows: [], selected: 0 }); mount(Table, { target: main, props: { state } }); return drive({ show: (next) => { state.set(next); flushSync(); } }); };`,
};

/** Every application as the text of a module with \`prepare\`, by name. @returns {Promise<Record<string, string>>} */
export async function buildApps() {
	/** @type {Record<string, string>} */
	const built = {};
	for (const [name, contents] of Object.entries(APPS)) {
		const { outputFiles } = await build({
			stdin: { contents, resolveDir: root, loader: 'jsx' },
			bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', logLevel: 'error',
			define: { 'process.env.NODE_ENV': '"production"', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
			jsx: 'automatic', jsxImportSource: name === 'Preact' ? 'preact' : 'react', conditions: ['browser', 'production'],
			plugins: [{
				name: 'bench',
				setup(on) {
					on.onResolve({ filter: /^(?:driver|table\.svelte)$/ }, ({ path }) => ({ path, namespace: 'bench' }));
					on.onLoad({ filter: /.*/, namespace: 'bench' }, ({ path }) => ({ contents: path === 'driver' ? DRIVER : compile(SVELTE, { generate: 'client', dev: false }).js.code, loader: 'js', resolveDir: root }));
				},
			}],
		});
		built[name] = outputFiles[0].text;
	}
	return built;
}
