// What the pages of the benchmark do. Each workload: prepare(root) builds its start state and returns
// the function that is measured. They run in the page; nothing here knows who records.
const frame = () => new Promise((done) => requestAnimationFrame(() => done(undefined)));
const words = ['table', 'chair', 'house', 'bbq', 'desk', 'car', 'pony', 'cookie', 'sandwich', 'burger', 'pizza', 'mouse', 'keyboard'];
let seed = 1;
const random = (/** @type {number} */ max) => (seed = (seed * 16807) % 2147483647) % max;
let id = 0;
const label = () => `pretty ${words[random(13)]} ${words[random(13)]}`;

function row() {
	const tr = document.createElement('tr');
	tr.innerHTML = `<td class="col-md-1">${++id}</td><td class="col-md-4"><a class="lbl">${label()}</a></td><td class="col-md-1"><a class="remove"><span class="glyphicon" aria-hidden="true"></span></a></td><td class="col-md-6"></td>`;
	return tr;
}
function table(/** @type {HTMLElement} */ root, /** @type {number} */ rows) {
	const t = document.createElement('table');
	const body = document.createElement('tbody');
	for (let i = 0; i < rows; i++) body.append(row());
	t.append(body);
	root.replaceChildren(t);
	return body;
}

/**
 * Each does enough of one kind of work that what a recorder adds stands clear of the noise.
 * @type {Record<string, {prepare: (root: HTMLElement) => Promise<() => Promise<void>> | (() => Promise<void>)}>}
 */
export const WORKLOADS = {
	'create 1k rows': { prepare: (root) => async () => { for (let i = 0; i < 8; i++) { table(root, 1000); await frame(); } } },
	'create 10k rows': { prepare: (root) => async () => { table(root, 10000); await frame(); } },
	'append 1k to 1k': { prepare: (root) => { const body = table(root, 1000); return async () => { for (let i = 0; i < 20; i++) { for (let k = 0; k < 250; k++) body.append(row()); await frame(); } }; } },
	'update every 10th': { prepare: (root) => { const body = table(root, 4000); return async () => { for (let i = 0; i < 40; i++) { for (let k = i % 10; k < 4000; k += 10) /** @type {any} */ (body.children[k]).querySelector('.lbl').firstChild.nodeValue += ' !!!'; await frame(); } }; } },
	'swap rows': { prepare: (root) => { const body = table(root, 1000); return async () => { for (let i = 0; i < 40; i++) { for (let k = 0; k < 50; k++) { const a = body.children[1 + k], b = body.children[998 - k]; body.insertBefore(a, b); body.insertBefore(b, body.children[1 + k]); } await frame(); } }; } },
	'remove rows': { prepare: (root) => { const body = table(root, 8000); return async () => { for (let i = 0; i < 40; i++) { for (let k = 0; k < 100; k++) body.children[k * 2]?.remove(); await frame(); } }; } },
	'add and move': { prepare: (root) => { const body = table(root, 500); return async () => { for (let i = 0; i < 20; i++) { const fresh = Array.from({ length: 50 }, row); for (const tr of fresh) body.append(tr); for (const tr of fresh) body.prepend(tr); for (let k = 0; k < 50; k++) body.insertBefore(/** @type {any} */ (body.lastChild), body.children[k * 5]); await frame(); } }; } },
	'sort 1k × 20 nodes': {
		prepare: (root) => {
			const body = table(root, 1000);
			for (const tr of body.children) for (let k = 0; k < 5; k++) /** @type {any} */ (tr.lastElementChild).append(document.createElement('i'), 'x');
			return async () => { for (let i = 0; i < 4; i++) { body.append(...[...body.children].sort((a, b) => (i % 2 ? -1 : 1) * String(a.textContent).localeCompare(String(b.textContent)))); await frame(); } };
		},
	},
	'attribute storm': { prepare: (root) => { const body = table(root, 1000); return async () => { for (let i = 0; i < 60; i++) { for (const tr of body.children) tr.className = i % 2 ? 'danger' : `row-${i}`; await frame(); } }; } },
	'animated chart': {
		prepare: (root) => {
			root.innerHTML = '<div style="position:relative;height:300px"></div>';
			const chart = /** @type {HTMLElement} */ (root.firstElementChild);
			for (let i = 0; i < 200; i++) { const bar = document.createElement('div'); bar.style.cssText = `position:absolute;bottom:0;width:4px;left:${i * 5}px;background:teal`; chart.append(bar); }
			return async () => { for (let i = 0; i < 60; i++) { for (const bar of chart.children) /** @type {HTMLElement} */ (bar).style.height = `${random(300)}px`; await frame(); } };
		},
	},
	'typing text': { prepare: (root) => { root.innerHTML = '<p></p>'.repeat(40); return async () => { for (let i = 0; i < 60; i++) { for (const p of root.children) p.textContent += 'lorem '; await frame(); } }; } },
	'css-in-js 5k rules': {
		prepare: () => {
			const styles = Array.from({ length: 4 }, () => document.head.appendChild(Object.assign(document.createElement('style'), { media: 'print' })));
			return async () => { for (const style of styles) { const sheet = /** @type {CSSStyleSheet} */ (style.sheet); for (let i = 0; i < 5000; i++) { sheet.insertRule(`.c${i}{color:rgb(${i % 255},0,0);padding:${i % 9}px}`, sheet.cssRules.length); if (i % 500 === 0) await frame(); } } };
		},
	},
	'deep trees': { prepare: (root) => async () => { for (let i = 0; i < 20; i++) { let at = document.createElement('div'); root.replaceChildren(at); for (let d = 0; d < 400; d++) { const next = document.createElement('div'); next.append(String(d)); at.append(next); at = next; } await frame(); } } },
	'virtual list': { prepare: (root) => { root.innerHTML = '<ul></ul>'; const ul = /** @type {HTMLElement} */ (root.firstElementChild); return async () => { for (let i = 0; i < 60; i++) { for (let k = 0; k < 30; k++) { const li = document.createElement('li'); li.innerHTML = `<b>${i * 30 + k}</b> <span>${label()}</span>`; ul.append(li); if (ul.children.length > 40) ul.firstElementChild?.remove(); } await frame(); } }; } },
};

/** A page of that many elements with 5,000 rules, not recorded yet. @param {HTMLElement} root @param {number} elements */
export function bigPage(root, elements) {
	const style = document.createElement('style');
	style.textContent = Array.from({ length: 5000 }, (_, i) => `.k${i}{color:rgb(${i % 255},0,0);padding:${i % 9}px;margin:0 ${i % 5}px}`).join('\n');
	document.head.append(style);
	const part = '<section class="card k1"><header><h2 class="k2">Title</h2><a href="#x" class="k3">link</a></header><p class="k4" title="some words">Some <b>text</b> of a <i>paragraph</i>.</p><ul><li class="k5">one</li><li class="k6">two</li></ul></section>';
	root.innerHTML = part.repeat(Math.ceil(elements / 11));
}

/** Ten minutes of somebody's work, a second in each step: rows that come and change, text typed, lists opened, a chart. @param {HTMLElement} root @param {number} steps */
export async function session(root, steps) {
	root.innerHTML = '<input id="field"><div id="menu" hidden><ul></ul></div><div id="chart" style="position:relative;height:50px"></div><div id="log"></div><section></section>';
	const of = (/** @type {string} */ name) => /** @type {any} */ (document.getElementById(name));
	const body = table(/** @type {HTMLElement} */ (root.lastElementChild), 200);
	for (let i = 0; i < 20; i++) of('chart').append(Object.assign(document.createElement('i'), { style: `position:absolute;left:${i * 9}px;width:8px;bottom:0;background:teal` }));
	for (let step = 0; step < steps; step++) {
		if (step % 3 === 0) of('field').value += 'x';
		if (step % 3 === 0) of('field').dispatchEvent(new Event('input', { bubbles: true }));
		if (step % 5 === 0) of('chart').childNodes.forEach((/** @type {any} */ bar) => { bar.style.height = `${random(50)}px`; });
		if (step % 7 === 0) { body.append(row()); body.firstElementChild?.remove(); }
		if (step % 10 === 0) for (let k = step % 9; k < 200; k += 20) /** @type {any} */ (body.children[k]).querySelector('.lbl').firstChild.nodeValue = label();
		if (step % 11 === 0) { of('menu').hidden = false; of('menu').firstChild.innerHTML = Array.from({ length: 12 }, () => `<li>${label()}</li>`).join(''); }
		if (step % 11 === 4) { of('menu').hidden = true; of('menu').firstChild.replaceChildren(); }
		if (step % 13 === 0) console.log('step', step, { label: label() });
		if (step % 4 === 0) { const line = document.createElement('p'); line.textContent = `${step}: ${label()}`; of('log').append(line); if (of('log').children.length > 50) of('log').firstChild.remove(); }
		if (step % 2 === 0) scrollTo(0, random(2000));
		document.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX: random(800), clientY: random(600) }));
		await new Promise((done) => setTimeout(done, 10));
	}
}
