// What the player does with a recording before the Replayer sees it: pure functions, no browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '../../web/console/frame-digest.js';
import { disarm } from '../../web/console/frame-disarm.js';

/** @param {number} id @param {string} tagName @param {Record<string, unknown>} [attributes] @param {any[]} [childNodes] */
const element = (id, tagName, attributes = {}, childNodes = []) => ({ type: 2, id, tagName, attributes, childNodes });
/** @param {any} node @param {number} [timestamp] */
const snapshot = (node, timestamp = 1000) => ({ type: 2, timestamp, data: { node: { type: 0, id: 1, childNodes: [node] }, initialOffset: { left: 0, top: 0 } } });
const meta = (timestamp = 1000, href = 'https://a.example/', width = 800, height = 600) => ({ type: 4, timestamp, data: { href, width, height } });
/** @param {number} timestamp @param {any} data */
const incremental = (timestamp, data) => ({ type: 3, timestamp, data });

test('what can act, connect or take the focus is gone; what is seen stays', () => {
	const events = disarm([meta(), snapshot(element(2, 'html', {}, [
		element(3, 'LINK', { rel: 'preconnect', href: '//x.example' }), element(4, 'link', { rel: 'stylesheet preload', href: '/x' }), element(5, 'link', { rel: 'StyleSheet', href: '/s.css', integrity: 'sha256-x' }), element(6, 'link', { href: '/x' }),
		element(7, 'meta', { 'http-equiv': 'refresh', content: '0;url=x' }), element(8, 'iframe', { src: 'https://x.example', srcdoc: '<script>', rr_src: 'kept' }), element(9, 'object', { data: 'x' }),
		element(10, 'a', { href: ' java\nscript:alert(1)', title: 'kept', onclick: 'x', OnMouseOver: 'x', target: '_top', ping: 'x' }), element(11, 'input', { autofocus: true, value: 'kept' }), element(12, 'a', { href: 'https://kept.example/' }),
	])), incremental(1500, { source: 0, adds: [{ parentId: 2, nextId: null, node: element(20, 'iframe', { src: 'x', onload: 'x' }) }], removes: [], texts: [], attributes: [
		{ id: 3, attributes: { rel: 'prefetch', class: 'kept' } }, { id: 20, attributes: { src: 'x', width: '3' } }, { id: 12, attributes: { href: 'JAVASCRIPT:1', src: 'kept.png', onerror: 'x' } },
	] })]);
	const nodes = events[1].data.node.childNodes[0].childNodes.map((/** @type {any} */ it) => it.attributes);
	assert.deepEqual(nodes, [{ rel: 'preconnect' }, { rel: 'stylesheet preload' }, { rel: 'StyleSheet', href: '/s.css' }, {}, {}, { rr_src: 'kept' }, {}, { title: 'kept' }, { value: 'kept' }, { href: 'https://kept.example/' }]);
	assert.deepEqual(events[2].data.adds[0].node.attributes, {});
	assert.deepEqual(events[2].data.attributes.map((/** @type {any} */ it) => it.attributes), [{ class: 'kept' }, { width: '3' }, { src: 'kept.png' }]);
});

test('a tree too deep for the Replayer is cut, not walked by recursion', () => {
	let node = element(200_000, 'b');
	for (let id = 199_999; id > 1; id--) node = element(id, 'div', {}, [node]);
	const [event] = disarm([snapshot(node)]);
	let depth = 0;
	for (let at = event.data.node; at.childNodes.length; at = at.childNodes[0]) depth++;
	assert.equal(depth, 700);
	assert.equal(digest(disarm([meta(), snapshot(node)])).pages.length, 1);
});

test('what is no recording becomes none, whatever its shape', () => {
	for (const it of [null, 7, 'x', {}, [], [null, 1, 'x', [], {}], [{ type: 2, timestamp: 'x' }], [{ type: 2, timestamp: 1, data: null }], [{ type: 2, timestamp: 1, data: { node: 3 } }], [{ type: 3, timestamp: 1 }]]) assert.deepEqual(disarm(it), []);
	const odd = disarm([meta(), snapshot({ type: 2, id: 2, tagName: null, attributes: 3, childNodes: [null, 4, 'x', element(3, 'p')] }), incremental(1, { source: 0, adds: [null, { node: null }], attributes: [null, { id: 1 }], removes: 'x', texts: [null] }), incremental(2, { source: 2, type: 2, id: {} }), { type: 5, timestamp: 3, data: null }]);
	assert.deepEqual(odd.map((event) => event.timestamp), [1, 2, 3, 1000, 1000]);
	assert.equal(digest(odd).acts.length, 1);
});

test('the digest names what was clicked, and knows pages and idle parts', () => {
	const events = disarm([
		meta(0), snapshot(element(2, 'html', {}, [element(3, 'button', {}, [element(4, 'span', {}, [{ type: 3, id: 5, textContent: '  Pay \n now ' }])]), element(6, 'input', { placeholder: 'Your name', value: 'secret' }), element(7, 'div', {}, [{ type: 3, id: 8, textContent: 'plain' }])]), 10),
		incremental(1000, { source: 2, type: 2, id: 4, x: 1, y: 1 }), incremental(1200, { source: 2, type: 0, id: 4, x: 1, y: 1 }),
		incremental(2000, { source: 5, id: 6, text: 's', isChecked: false }), incremental(2500, { source: 5, id: 6, text: 'se', isChecked: false }), incremental(2600, { source: 5, id: 7, text: '', isChecked: false, userTriggered: false }),
		incremental(3000, { source: 0, adds: [], removes: [], attributes: [], texts: [{ id: 8, value: 'changed' }] }), incremental(3500, { source: 2, type: 4, id: 7, x: 1, y: 1 }),
		{ type: 5, timestamp: 20_000, data: { tag: 'navigate', payload: { kind: 'push', url: 'https://a.example/2' } } }, incremental(21_000, { source: 3, id: 1, x: 0, y: 5 }),
		meta(22_000, 'https://a.example/3', 400, 700), { type: 5, timestamp: 22_500, data: { tag: 'gap', payload: { lost_ms: 5 } } }, incremental(33_000, { source: 0, adds: [], removes: [], attributes: [], texts: [] }),
	]);
	const out = digest(events);
	assert.deepEqual([out.start, out.first, out.end], [0, 10, 33_000]);
	assert.deepEqual(out.acts, [
		{ at: 1000, kind: 'click', text: 'Click on “Pay now”' }, { at: 2000, kind: 'input', text: 'Input in “Your name”' }, { at: 3500, kind: 'click', text: 'Double click on “changed”' },
		{ at: 20_000, kind: 'navigate', text: 'https://a.example/2' }, { at: 22_000, kind: 'navigate', text: 'https://a.example/3' }, { at: 22_500, kind: 'gap', text: 'Recording was interrupted' },
	]);
	assert.deepEqual(out.pages, [{ at: 0, url: 'https://a.example/', width: 800, height: 600 }, { at: 20_000, url: 'https://a.example/2', width: 800, height: 600 }, { at: 22_000, url: 'https://a.example/3', width: 400, height: 700 }]);
	assert.deepEqual(out.idle, [[3500, 21_000], [21_000, 33_000]]);
	assert.ok(!JSON.stringify(out).includes('secret'));
});
