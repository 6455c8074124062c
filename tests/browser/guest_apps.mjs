// Small real applications, built with the frameworks from npm. Each module sets `window.act`, which
// does what a person would do in a few steps and answers when the page is at rest.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compile } from 'svelte/compiler';
import { root } from './harness.mjs';

const require = createRequire(import.meta.url);

/** What every application's `act` is made of. */
const STEPS = `
const rest = () => new Promise((done) => setTimeout(() => requestAnimationFrame(() => setTimeout(done, 0)), 0));
const $ = (selector) => document.querySelector(selector);
window.act = async () => {
	for (const title of ['milk', 'bread', '<b>eggs</b>']) {
		$('#new').value = title;
		$('#new').dispatchEvent(new Event('input', { bubbles: true }));
		await rest();
		$('#add').click();
		await rest();
	}
	document.querySelectorAll('li button')[1].click();
	await rest();
	document.querySelectorAll('li input')[0].click();
	await rest();
	$('#sort').click();
	await rest();
	$('#fetch').click();
	while (!$('#said')?.textContent) await rest();
	await rest();
};
`;

const REACT = `
import React, { useEffect, useMemo, useRef, useState, StrictMode } from 'react';
export function App() {
	const [items, setItems] = useState(['one']);
	const [done, setDone] = useState({});
	const [said, setSaid] = useState('');
	const [isUp, setUp] = useState(false);
	const input = useRef(null);
	useEffect(() => { setUp(true); return () => setUp(false); }, []);
	const shown = useMemo(() => items.map((text) => ({ text, done: !!done[text] })), [items, done]);
	return <StrictMode><main data-up={isUp}>
		<input id="new" ref={input} defaultValue="" /><button id="add" onClick={() => setItems((all) => [...all, input.current.value])}>Add</button>
		<button id="sort" onClick={() => setItems((all) => [...all].sort())}>Sort</button>
		<button id="fetch" onClick={() => fetch('/data').then((r) => r.json()).then((d) => setSaid(d.text))}>Fetch</button>
		<ul>{shown.map(({ text, done }) => <li key={text} className={done ? 'done' : ''}><input type="checkbox" checked={done} onChange={() => setDone((all) => ({ ...all, [text]: !all[text] }))} /><span>{text}</span><button onClick={() => setItems((all) => all.filter((one) => one !== text))}>×</button></li>)}</ul>
		<p id="said">{said}</p>
	</main></StrictMode>;
}`;

const VUE = `
import { createApp, ref, computed } from 'vue/dist/vue.esm-bundler.js';
createApp({
	setup() {
		const items = ref(['one']), done = ref({}), text = ref(''), said = ref('');
		return {
			items, done, text, said,
			open: computed(() => items.value.filter((item) => !done.value[item]).length),
			add: () => items.value.push(text.value),
			ask: async () => { said.value = (await (await fetch('/data')).json()).text; },
		};
	},
	template: '<main><input id="new" v-model="text"><button id="add" @click="add">Add</button><button id="sort" @click="items.sort()">Sort</button><button id="fetch" @click="ask">Fetch</button><TransitionGroup tag="ul"><li v-for="item in items" :key="item" :class="{done: done[item]}"><input type="checkbox" v-model="done[item]"><span>{{ item }}</span><button @click="items.splice(items.indexOf(item), 1)">×</button></li></TransitionGroup><p id="open">{{ open }} open</p><p id="said">{{ said }}</p></main>',
}).mount('#app');
${STEPS}`;

const SVELTE = `<script>
	let items = $state(['one']), done = $state({}), text = $state(''), said = $state('');
	const open = $derived(items.filter((item) => !done[item]).length);
	const ask = async () => { said = (await (await fetch('/data')).json()).text; };
</script>
<main>
	<input id="new" bind:value={text}><button id="add" onclick={() => items.push(text)}>Add</button>
	<button id="sort" onclick={() => items.sort()}>Sort</button><button id="fetch" onclick={ask}>Fetch</button>
	<ul>{#each items as item (item)}<li class:done={done[item]}><input type="checkbox" bind:checked={done[item]}><span>{item}</span><button onclick={() => items.splice(items.indexOf(item), 1)}>×</button></li>{/each}</ul>
	<p id="open">{open} open</p>{#if said}<p id="said">{said}</p>{/if}
</main>
<style>.done { text-decoration: line-through }</style>`;

const LIT = `
import { LitElement, css, html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
class TodoItem extends LitElement {
	static properties = { text: {}, done: { type: Boolean, reflect: true } };
	static styles = css\`:host([done]) span { text-decoration: line-through }\`;
	render() { return html\`<span>\${this.text}</span><slot></slot>\`; }
}
class TodoApp extends LitElement {
	static properties = { items: { state: true }, done: { state: true }, said: { state: true } };
	static styles = css\`ul { padding: 0 } li { list-style: none }\`;
	constructor() { super(); this.items = ['one']; this.done = {}; this.said = ''; }
	createRenderRoot() { return this; }
	async ask() { this.said = (await (await fetch('/data')).json()).text; }
	render() {
		return html\`<input id="new"><button id="add" @click=\${() => { this.items = [...this.items, this.querySelector('#new').value]; }}>Add</button>
		<button id="sort" @click=\${() => { this.items = [...this.items].sort(); }}>Sort</button><button id="fetch" @click=\${this.ask}>Fetch</button>
		<ul>\${repeat(this.items, (item) => item, (item) => html\`<li><input type="checkbox" .checked=\${!!this.done[item]} @change=\${() => { this.done = { ...this.done, [item]: !this.done[item] }; }}><todo-item .text=\${item} ?done=\${this.done[item]}><i>slot</i></todo-item><button @click=\${() => { this.items = this.items.filter((one) => one !== item); }}>×</button></li>\`)}</ul><p id="said">\${this.said}</p>\`;
	}
}
customElements.define('todo-item', TodoItem);
customElements.define('todo-app', TodoApp);
document.querySelector('#app').append(document.createElement('todo-app'));
${STEPS}`;

/* Change detection as Angular does it: whenever a zone's tasks are done, everything is compared. */
const ZONE = `
const state = { items: ['one'], done: {}, said: '', ticks: 0 };
const app = document.querySelector('#app');
app.innerHTML = '<main><input id="new"><button id="add">Add</button><button id="sort">Sort</button><button id="fetch">Fetch</button><ul></ul><p id="said"></p></main>';
let shown = '';
const detect = () => {
	const key = JSON.stringify([state.items, state.done, state.said]);
	if (key === shown) return;
	shown = key;
	const list = app.querySelector('ul');
	list.replaceChildren(...state.items.map((text) => {
		const item = document.createElement('li');
		item.className = state.done[text] ? 'done' : '';
		item.innerHTML = '<input type="checkbox"><span></span><button>×</button>';
		item.querySelector('span').textContent = text;
		item.querySelector('input').checked = !!state.done[text];
		item.querySelector('input').addEventListener('change', () => { state.done[text] = !state.done[text]; });
		item.querySelector('button').addEventListener('click', () => { state.items = state.items.filter((one) => one !== text); });
		return item;
	}));
	app.querySelector('#said').textContent = state.said;
};
let depth = 0;
window.turns = 0;
const zone = Zone.current.fork({
	name: 'app',
	onInvokeTask(parent, _now, target, task, self, args) {
		depth++;
		try { return parent.invokeTask(target, task, self, args); } finally { if (--depth === 0) { window.turns++; detect(); } }
	},
	onHasTask(parent, now, target, what) { parent.hasTask(target, what); if (what.change === 'microTask' && !what.microTask) detect(); },
});
zone.run(() => {
	app.querySelector('#add').addEventListener('click', () => { state.items = [...state.items, app.querySelector('#new').value]; });
	app.querySelector('#sort').addEventListener('click', () => { state.items = [...state.items].sort(); });
	app.querySelector('#fetch').addEventListener('click', () => { fetch('/data').then((r) => r.json()).then((d) => { state.said = d.text; }); });
	new MutationObserver(() => {}).observe(app, { childList: true, subtree: true });
	detect();
});
${STEPS}`;

const JQUERY = `
import $q from 'jquery';
$q('#app').html('<main><input id="new"><button id="add">Add</button><button id="sort">Sort</button><button id="fetch">Fetch</button><ul></ul><p id="said"></p></main>');
const add = (text) => $q('<li>').append('<input type="checkbox">', $q('<span>').text(text), $q('<button>').text('×')).appendTo('ul');
add('one');
$q('#add').on('click', () => add($q('#new').val()));
$q('#app').on('click', 'li button', function () { $q(this).closest('li').remove(); });
$q('#app').on('change', 'li input', function () { $q(this).closest('li').toggleClass('done', this.checked); });
$q('#sort').on('click', () => $q('ul').append($q('li').get().sort((a, b) => $q(a).text().localeCompare($q(b).text()))));
$q('#fetch').on('click', () => $q.getJSON('/data', (data) => { $q('#said').text(data.text); }));
${STEPS}`;

const bundle = async (/** @type {string} */ contents, /** @type {import('esbuild').BuildOptions} */ more = {}) => (await build({
	stdin: { contents, resolveDir: root, loader: 'jsx' },
	bundle: true, write: false, format: 'iife', jsx: 'automatic', jsxImportSource: 'react', legalComments: 'none', logLevel: 'error', conditions: ['browser'],
	define: { 'process.env.NODE_ENV': '"development"', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'true' }, ...more,
})).outputFiles?.[0].text ?? '';

/** React on the server, in this process. @returns {Promise<string>} */
async function serverMarkup() {
	const code = await bundle(`${REACT}
import { renderToString } from 'react-dom/server';
export const markup = () => renderToString(<App/>);`, { platform: 'node', format: 'cjs', conditions: [], external: ['react', 'react-dom'] });
	const module = { exports: /** @type {any} */ ({}) };
	new Function('module', 'exports', 'require', code)(module, module.exports, require);
	return module.exports.markup();
}

/**
 * @returns {Promise<Record<string, {html: string, head?: string, script: string}>>} the container's markup, what its page's head needs, the application
 */
export async function makeApps() {
	const svelte = compile(SVELTE, { generate: 'client', dev: true, filename: 'App.svelte' }).js.code;
	const container = '<div id="app"></div>';
	return {
		react: {
			html: `<div id="app">${await serverMarkup()}</div>`,
			script: await bundle(`${REACT}
import { hydrateRoot } from 'react-dom/client';
hydrateRoot(document.querySelector('#app'), <App/>, { onRecoverableError: (error) => console.error('hydration: ' + error.message) });
${STEPS}`),
		},
		vue: { html: container, script: await bundle(VUE) },
		svelte: {
			html: container,
			script: await bundle(`import { mount } from 'svelte';\nimport App from 'rv:svelte';\nmount(App, { target: document.querySelector('#app') });\n${STEPS}`, {
				plugins: [{
					name: 'svelte',
					setup(now) {
						now.onResolve({ filter: /^rv:svelte$/ }, () => ({ path: 'App.svelte', namespace: 'svelte' }));
						now.onLoad({ filter: /.*/, namespace: 'svelte' }, () => ({ contents: svelte, loader: 'js', resolveDir: root }));
					},
				}],
			}),
		},
		lit: { html: container, script: await bundle(LIT) },
		'zone.js': { html: container, head: `<script>${readFileSync(join(root, 'node_modules/zone.js/bundles/zone.umd.js'), 'utf8').replaceAll('</script', '<\\/script')}</script>`, script: ZONE },
		jquery: { html: container, script: await bundle(JQUERY) },
	};
}
